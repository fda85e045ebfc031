// What `npm pack` carries, unpacked as npm would and run.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

let folder: string
let files: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-package-'))
  // Without scripts: it is built already, and building again would take dist from under the tests beside this one.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  })
  const [packed] = JSON.parse(stdout) as readonly { filename: string }[]
  await run('tar', ['-xzf', join(folder, packed?.filename ?? ''), '-C', folder])
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  files = await filesOf(join(folder, 'package'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function filesOf(base: string): Promise<readonly string[]> {
  const entries = await readdir(base, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .sort()
}

it('carries what was built for every file of src, and nothing else that was built', async () => {
  const sources = (await filesOf(join(ROOT, 'src'))).map((name) => join('dist', name.replace(/\.ts$/, '.js')))
  expect(files.filter((name) => name.startsWith('dist/'))).toEqual(sources.sort())
})

it('carries the examples, the licence and the words, and no test, source or secret', () => {
  expect(files).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'dist/main.js']),
  )
  expect(files.some((name) => name.startsWith('docs/examples/'))).toBe(true)
  const known = /^(dist\/.+\.js|docs\/examples\/.+\.(yaml|md)|certs\/.+\.(md|cnf|conf)|[A-Z]+(\.md)?|package\.json)$/
  expect(files.filter((name) => !known.test(name))).toEqual([])
})

it('has a command that runs from where it is unpacked', async () => {
  const main = join(folder, 'package/dist/main.js')
  expect((await readFile(main, 'utf8')).split('\n', 1)).toEqual(['#!/usr/bin/env node'])
  expect((await stat(main)).mode & 0o111).toBe(0o111)
  const { stdout, stderr } = await run(main, ['--help'])
  expect(stderr).toBe('')
  expect(stdout).toContain('pullable check')
})
