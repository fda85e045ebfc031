import type { Exempt, Exemptions } from '../../engine/policy/index.ts'
import type { Command, Config, ConfigReading } from './config.ts'
import { credentialPreset } from './credential-preset.ts'
import { helpText } from './help.ts'
import { options, optionsOf } from './options.ts'
import type { Option } from './options.ts'
import { readEnvironment } from './read-environment.ts'
import type { Environment } from './read-environment.ts'
import { readFlags } from './read-flags.ts'
import { misuse } from './setting.ts'
import type { Layer } from './setting.ts'

export interface ConfigSources {
  readonly command: Command
  /** What follows the command's name. */
  readonly argv: readonly string[]
  readonly env: Environment
  /** Rejects where the file cannot be read. */
  readonly readFile: (path: string) => Promise<string>
}

/** Flags beat environment beat file beat defaults. Nothing but a bug makes it throw. */
export async function loadConfig({ command, argv, env, readFile }: ConfigSources): Promise<ConfigReading> {
  const flags = readFlags(command, argv)
  if (flags.kind === 'misuse') return flags
  if (flags.kind === 'help') return { kind: 'help', text: helpText(command) }
  const variables = readEnvironment(command, env)
  if (variables.kind === 'misuse') return variables
  const layers: Layer[] = [flags.layer, variables.layer]

  const path = (flags.layer.get(options.config) ?? variables.layer.get(options.config)) as string | undefined
  if (path !== undefined) {
    const { readConfigFile } = await import('./config-file.ts') // zod and yaml: only who has a file waits for them
    const file = await readConfigFile(path, readFile)
    if (file.kind === 'misuse') return file
    layers.push(file.layer)
  }
  layers.push(defaults(command))

  const problem = operandProblem(command, flags.operands)
  if (problem !== undefined) return misuse(problem)
  const config = build(layers, command, flags.operands)
  const { tlsCertFile, tlsPrivateKeyFile } = config.serve
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) {
    return misuse('--tls-cert-file and --tls-private-key-file go together: give both, or neither')
  }
  if (config.serve.certificates.mode === 'self' && tlsCertFile !== undefined) {
    return misuse('serve.certificates.mode: with self there are no --tls-cert-file and --tls-private-key-file')
  }
  const { kubeconfig, context } = config.cluster
  if (config.view !== undefined && (kubeconfig !== undefined || context !== undefined)) {
    return misuse(
      `--view declares the whole cluster, and --${kubeconfig === undefined ? 'context' : 'kubeconfig'} reads one: give one of them`,
    )
  }
  return { kind: 'config', config }
}

/** The defaults hold for what the command does not take, too: the other parts of Config are then theirs. */
function defaults(command: Command): Layer {
  const layer: Layer = new Map<Option, unknown>()
  for (const option of new Set<Option>([...optionsOf(command), ...Object.values(options)])) {
    if (option.fallback !== undefined && option.shape === 'one') layer.set(option, option.kind.read(option.fallback))
  }
  layer.set(options.credentials, credentialPreset)
  return layer
}

function operandProblem(command: Command, operands: readonly string[]): string | undefined {
  if (command !== 'check') return operands.length === 0 ? undefined : `pullable ${command} takes no arguments`
  if (operands.length > 0) return undefined
  return 'nothing to check: name files or directories, or - for standard input (see pullable check --help)'
}

function build(layers: readonly Layer[], command: Command, inputs: readonly string[]): Config {
  function find<T>(option: Option<T>): T | undefined {
    return layers.find((layer) => layer.has(option))?.get(option) as T | undefined
  }
  // Only for options with a default.
  function get<T>(option: Option<T>): T {
    const value = find(option)
    if (value === undefined) throw new Error('an option without a value')
    return value
  }
  function list<T>(option: Option<T>): readonly T[] {
    return (find(option as Option) as readonly T[] | undefined) ?? []
  }
  function exempt<T>(option: Option<T>): readonly Exempt<T>[] {
    return (find(option as Option) as readonly Exempt<T>[] | undefined) ?? []
  }
  function maybe<K extends string, T>(key: K, option: Option<T>): { readonly [P in K]?: T } {
    const value = find(option)
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T }
  }
  const causes = find(options.causes as Option) as Config['causes'] | undefined
  return freeze({
    mode: command === 'check' ? 'enforce' : get(options.mode),
    defaults: { enforce: get(options.enforce), warn: get(options.warn), audit: get(options.audit) },
    floor: get(options.floor),
    causes: causes ?? {},
    exemptions: {
      namespaces: exempt(options.exemptNamespaces),
      users: exempt(options.exemptUsers),
      groups: exempt(options.exemptGroups),
      runtimeClasses: exempt(options.exemptRuntimeClasses),
      images: exempt(options.exemptImages),
      registries: (find(options.exemptRegistries as Option) as Exemptions['registries'] | undefined) ?? {},
    },
    templates: get(options.templates),
    controllers: list(options.controllers),
    workloads: list(options.workloads).flat(),
    mutators: { harmless: list(options.harmless) },
    nodes: {
      platforms: list(options.platforms),
      credentials: list(options.credentials),
      ...maybe('hostsDir', options.hostsDir),
    },
    registries: {
      insecure: list(options.insecure),
      allowAddresses: list(options.allowAddresses),
      ...maybe('caFile', options.caFile),
    },
    ...maybe('view', options.view),
    cluster: { ...maybe('kubeconfig', options.kubeconfig), ...maybe('context', options.context) },
    timeoutMs: get(options.timeout),
    check: {
      inputs: [...inputs],
      output: get(options.output),
      failOn: get(options.failOn),
      color: get(options.color),
      quiet: get(options.quiet),
      ...maybe('level', options.level),
      ...maybe('namespace', options.namespace),
      ...maybe('dockerConfig', options.dockerConfig),
    },
    serve: {
      port: get(options.port),
      metricsPort: get(options.metricsPort),
      ...maybe('tlsCertFile', options.tlsCertFile),
      ...maybe('tlsPrivateKeyFile', options.tlsPrivateKeyFile),
      ...maybe('clientCAFile', options.clientCAFile),
      certificates: {
        mode: get(options.certificates),
        secret: get(options.certificatesSecret),
        service: get(options.certificatesService),
        webhookConfiguration: get(options.certificatesConfiguration),
      },
      ...maybe('drainMs', options.drain),
      ...maybe('forecasts', options.forecasts),
    },
    audit: {
      output: get(options.auditOutput),
      color: get(options.auditColor),
      configMap: get(options.auditConfigMap),
      least: get(options.auditLeast),
      ...maybe('namespace', options.auditNamespace),
    },
    demo: { once: get(options.once), ...maybe('port', options.demoPort) },
  })
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part)
  return Object.freeze(value)
}
