// What the README shows was printed by the product: its blocks are held against a run of the built command.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'dist/main.js')
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** The lines of the block whose first line begins so; `[...]` stands for what it leaves out. */
function block(first: string): readonly string[] {
  const blocks = [...README.matchAll(/^```\w+\n(.*?)\n```$/gms)].map(([, text = '']) => text.split('\n'))
  const found = blocks.find(([line = '']) => line.startsWith(first))
  if (found === undefined) throw new Error(`the README has no block that begins with ${first}`)
  return found
}

const demo = spawn(process.execPath, [MAIN, 'demo'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
let printed = ''

beforeAll(async () => {
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  while (!/--hosts-dir '.+'\n$/.test(printed)) await once(demo.stdout, 'data')
})
afterAll(async () => {
  demo.kill('SIGINT')
  await once(demo, 'close')
})

test('the demo', () => {
  const shown = block('$ npm ci && npm start')
    .slice(1)
    .filter((line) => line.trim() !== '[...]')
  const lines = printed.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT').split('\n')
  let at = 0
  const missing = shown.filter((line) => {
    const found = lines.indexOf(line, at)
    if (found !== -1) at = found + 1
    return found === -1
  })
  expect(shown.length).toBeGreaterThan(20)
  expect(missing).toEqual([])
})

test('the check', async () => {
  const [first = '', second = '', ...output] = block('$ pullable check docs/examples')
  const [, hostsDir = ''] = /--hosts-dir '(.+)'\n$/.exec(printed) ?? []
  const command = `${first.replace(/\\$/, '')} ${second}`.replace(/\/tmp\/\S+/, hostsDir).split(/\s+/)
  const args = command.slice(command.indexOf('check'))
  const run = await promisify(execFile)(process.execPath, [MAIN, ...args], { cwd: ROOT }).catch(
    (error: unknown) => error,
  )
  expect(run).toMatchObject({ code: 1, stdout: `${output.join('\n')}\n`, stderr: '' })
})

test('the denial is one that the demo prints', () => {
  const [, denial = ''] = block('admission webhook')
  const folded = printed.replaceAll(/\s+/g, ' ')
  expect(denial).toMatch(/^spec\.containers.+access-denied/)
  expect(folded).toContain(denial)
})
