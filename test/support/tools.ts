import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Where `test/registry/tools/install` puts what it builds. */
const BUILT = join(import.meta.dirname, '../../node_modules/.cache/pullable/bin')

/** The full path of a program, or of a file by its full path, that the tests need and npm does not bring; undefined where the machine lacks it. */
export function findTool(name: string): string | undefined {
  const folders = name.startsWith('/')
    ? ['']
    : [BUILT, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue
    }
  }
  return undefined
}

export function missingTools(names: readonly string[]): readonly string[] {
  return names.filter((name) => findTool(name) === undefined)
}

/** `findTool`, or an error that says what to do. */
export function tool(name: string): string {
  const path = findTool(name)
  if (path === undefined) throw new Error(`${name} not found: test/registry/tools/install brings it`)
  return path
}

/** Runs a tool to its end and gives what it printed; throws with its stderr where it fails. `env` is added to ours. */
export async function runTool(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(tool(name), args, { timeout: 60_000, env: { ...process.env, ...env } })
  return stdout
}
