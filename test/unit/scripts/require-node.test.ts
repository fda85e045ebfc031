import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

const SCRIPT = pathToFileURL(join(import.meta.dirname, '../../../scripts/require-node.js')).href

/** The script's end and words, on a Node that says it is of this version. */
function on(version: string): { status: number | null; words: string } {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); await import('${SCRIPT}')`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', pretend])
  return { status, words: `${stdout.toString()}${stderr.toString()}` }
}

it.each(['22.19.0', '22.20.1', '23.0.0', '24.21.0'])('lets %s pass without a word', (version) => {
  expect(on(version)).toEqual({ status: 0, words: '' })
})

it.each(['12.22.0', '20.20.2', '22.18.9'])('stops %s with one line that has the fix', (version) => {
  expect(on(version)).toEqual({
    status: 1,
    words:
      `pullable needs Node 22.19 or newer and this is ${version}: run \`npm ci\` without --ignore-scripts ` +
      '(it brings Node 24 for this folder), or install a newer Node.\n',
  })
})
