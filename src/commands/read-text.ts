import { readFile } from 'node:fs/promises'
import { whyUnreadable } from '../base/file-error.ts'
import { printable } from '../base/text.ts'
import { CommandError } from './io.ts'

/** The text of a file that a flag names; a CommandError that names the flag where it cannot be read. */
export async function readText(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CommandError(`${flag}: cannot read ${printable(path, 1024)}: ${whyUnreadable(error)}`)
  }
}
