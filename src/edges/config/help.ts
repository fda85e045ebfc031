import type { Command } from './config.ts'
import { optionsOf } from './options.ts'
import type { Option } from './options.ts'
import { boolean } from './value-kinds.ts'

interface CommandHelp {
  readonly about: string
  readonly operands: string
  readonly more: string
  readonly examples: readonly string[]
}

/** The commands, in the order of help. */
export const commands: Readonly<Record<Command, CommandHelp>> = {
  check: {
    about: 'Say of YAML whether its pods could pull their images, before it is applied.',
    operands: ' FILE|DIR|- ...',
    more: 'Exit status: 0 admitted, 1 something denied, 2 misuse or broken input, 3 undetermined (only with\n--fail-on undetermined).',
    examples: [
      'pullable check deploy/',
      'helm template shop ./chart | pullable check --platform linux/amd64 -',
      'pullable check --context production --level strict -o json shop.yaml',
    ],
  },
  serve: {
    about: 'Run the admission webhook.',
    operands: '',
    more: 'It judges by --view, else by the cluster of --kubeconfig or --context, else by its own.\nFlags beat PULLABLE_* variables, which beat the configuration file.',
    examples: [
      'pullable serve --tls-cert-file tls.crt --tls-private-key-file tls.key --context kind',
      'pullable serve --config /etc/pullable/config.yaml --mode audit',
    ],
  },
  audit: {
    about: 'Say whether it is safe to enforce, by what became of the pods that would have been denied.',
    operands: '',
    more: 'It reads what the webhook has learned, in the cluster of --kubeconfig or --context, else in\nits own, else in the current one of kubectl.\nExit status: 0 safe to enforce, 1 some started that would have been denied, 2 misuse or no answer\nof the cluster, 3 not known yet.',
    examples: [
      'pullable audit',
      'pullable audit --context production -n policy --least 1000',
      'pullable audit -o json | jq .configureFirst',
    ],
  },
  demo: {
    about: 'Run the webhook with an embedded registry and examples; no cluster is needed.',
    operands: '',
    more: '',
    examples: ['pullable demo', 'pullable demo --once'],
  },
}

/** `pullable --help`. */
export function programHelp(): string {
  const rows = Object.entries(commands).map(([name, each]) => [`pullable ${name}${each.operands}`, each.about] as const)
  return [
    'pullable refuses pods that could not pull their images.',
    '',
    'Usage:',
    ...aligned(rows),
    '',
    'See pullable COMMAND --help for its flags and examples.',
    '',
  ].join('\n')
}

/** `pullable check --help`. */
export function helpText(command: Command): string {
  const { about, operands, more, examples } = commands[command]
  const flags = optionsOf(command).filter((option) => option.flag !== undefined)
  const rows = flags.map((option) => [flagColumn(option), aboutColumn(option)] as const)
  return [
    about,
    '',
    'Usage:',
    `  pullable ${command} [flags]${operands}`,
    '',
    'Flags:',
    ...aligned([...rows, ['-h, --help', 'Show this.']]),
    '',
    ...(more === '' ? [] : [more, '']),
    'Examples:',
    ...examples.map((line) => `  ${line}`),
    '',
  ].join('\n')
}

function flagColumn(option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  const value = option.kind === boolean ? '' : ` ${option.kind.placeholder}`
  return `${short}--${option.flag ?? ''}${value}`
}

function aboutColumn(option: Option): string {
  const repeated = option.shape === 'list' ? ' Repeat it, or use commas.' : ''
  const given = option.kind === boolean ? undefined : option.fallback
  return `${option.about}${repeated}${given === undefined ? '' : ` (default ${given})`}`
}

const WIDTH = 100

/** Two columns, the right one wrapped. */
function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines: string[] = []
  for (const [left, right] of rows) {
    let start = left
    let line = ''
    for (const word of right.split(' ')) {
      if (line !== '' && width + line.length + word.length + 5 > WIDTH) {
        lines.push(`  ${start.padEnd(width)}  ${line}`)
        start = line = ''
      }
      line += line === '' ? word : ` ${word}`
    }
    lines.push(`  ${start.padEnd(width)}  ${line}`)
  }
  return lines
}
