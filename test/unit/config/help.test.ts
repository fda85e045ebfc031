import { describe, expect, it } from 'vitest'
import { loadConfig, misspeltCommand, programHelp, referenceMarkdown } from '../../../src/edges/config/index.ts'
import type { Command } from '../../../src/edges/config/index.ts'
import { optionList, options, variableOf } from '../../../src/edges/config/options.ts'
import { levels } from '../../../src/engine/policy/index.ts'

async function help(command: Command, ...argv: readonly string[]): Promise<string> {
  const reading = await loadConfig({
    command,
    argv,
    env: {},
    readFile: () => Promise.reject(new Error('not asked for')),
  })
  return reading.kind === 'help' ? reading.text : `not help: ${reading.kind}`
}

const flags: Readonly<Record<Command, readonly string[]>> = {
  check: [
    ...['--output', '--level', '--fail-on', '--namespace', '--docker-config', '--color', '--quiet', '--view'],
    ...[
      '--kubeconfig',
      '--context',
      '--templates',
      '--platform',
      '--hosts-dir',
      '--ca-file',
      '--insecure-registry',
      '--timeout',
      '--config',
      '--help',
    ],
  ],
  serve: [
    ...['--mode', '--port', '--metrics-port', '--tls-cert-file', '--tls-private-key-file', '--client-ca-file'],
    ...[
      '--view',
      '--kubeconfig',
      '--context',
      '--templates',
      '--platform',
      '--hosts-dir',
      '--ca-file',
      '--insecure-registry',
      '--timeout',
      '--config',
      '--help',
    ],
  ],
  audit: ['--output', '--namespace', '--configmap', '--least', '--color', '--kubeconfig', '--context', '--help'],
  demo: ['--once', '--port', '--help'],
}

describe('help', () => {
  it.each(['check', 'serve', 'audit', 'demo'] as const)(
    'of %s lists its flags, and has examples, within 100 columns',
    async (command) => {
      const text = await help(command, '--help')
      expect([...text.matchAll(/^ {2}(?:-., | {4})(--[a-z-]+)/gm)].map((match) => match[1])).toEqual(flags[command])
      expect(text).toContain(`\nExamples:\n`)
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    },
  )

  it('is shown whatever else is wrong', async () => {
    expect(await help('check', '--nonsense', '-h', '--timeout', 'x')).toBe(await help('check', '--help'))
  })

  it('of the program lists the commands', () => {
    expect([...programHelp().matchAll(/^ {2}pullable (\w+)/gm)].map((match) => match[1])).toEqual([
      'check',
      'serve',
      'audit',
      'demo',
    ])
  })

  it('names the command that was meant', () => {
    expect([misspeltCommand('chekc'), misspeltCommand('explode')]).toEqual([
      'there is no command "chekc"; did you mean check?',
      'there is no command "explode"',
    ])
  })
})

describe('the table', () => {
  it('has no flag, variable or key twice in one command', () => {
    const taken = optionList.flatMap((option) =>
      option.commands.flatMap((command) =>
        [
          `--${option.flag ?? option.key ?? ''}`,
          option.short,
          variableOf(option),
          `key ${option.key ?? option.flag ?? ''}`,
        ]
          .filter((name) => name !== undefined)
          .map((name) => `${command} ${name}`),
      ),
    )
    expect(taken.filter((name, at) => taken.indexOf(name) !== at)).toEqual([])
  })

  it('accepts its own defaults, and the levels that the policy has', () => {
    for (const option of optionList) {
      for (const text of option.fallback?.split(', ') ?? []) expect(option.kind.read(text), option.about).toBeDefined()
    }
    expect(options.floor.kind.accepts).toBe(`${levels[0]}, ${levels[1]} or ${levels[2]}`)
  })

  it('is all in the reference', () => {
    const text = referenceMarkdown()
    for (const option of optionList) {
      for (const name of [option.key, variableOf(option)]) if (name !== undefined) expect(text).toContain(`\`${name}\``)
    }
  })
})
