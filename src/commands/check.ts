import { homedir } from 'node:os'
import { join } from 'node:path'
import type { LogFields } from '../base/telemetry/index.ts'
import { quoted } from '../base/text.ts'
import { assumedNode } from '../engine/nodes/index.ts'
import { reviewObject } from '../engine/review/index.ts'
import type { ClusterView, ReadMutators, ReadRunning, ReviewDeps } from '../engine/review/index.ts'
import { runCheck } from '../edges/cli/index.ts'
import type { Config } from '../edges/config/index.ts'
import { declaredView, readManifests } from '../edges/manifests/index.ts'
import type { ManifestReading } from '../edges/manifests/index.ts'
import { ownLogins } from '../edges/node-files/index.ts'
import { proxiesOf } from './proxies.ts'
import { connectRegistries } from './registries.ts'
import type { Io } from './io.ts'
import { layered, withAssumedNodes } from './layered-view.ts'
import { connectLive, namedCluster } from './live-cluster.ts'
import { checkedRewriting, mutatorsOfView, wantsMutators } from './rewriting.ts'
import { toldOfPods, toldOnce } from './told-once.ts'
import { readView } from './view.ts'

/** `pullable check`: the verdicts of the webhook, for files. */
export async function check(config: Config, io: Io): Promise<number> {
  const warn = (message: string): void => {
    io.err.write(`pullable: ${message}\n`)
  }
  const proxyFor = proxiesOf(io.env)
  const input = await readManifests(config.check.inputs, { stdin: io.stdin })
  const { view, mutators, running, close } = await viewOf(input, config, io, warn)
  const registries = await connectRegistries(config, { warn, proxyFor }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const deps: ReviewDeps = {
    view,
    ask: registries.ask,
    policy: { ...config, ...(config.check.level === undefined ? {} : { enforceAt: config.check.level }) },
    nodeCredentials: config.nodes.credentials,
    customKinds: config.workloads,
    running,
    rewriting: checkedRewriting(config, mutators, warn),
    ownLogins: ownLogins(dockerConfig(config, io), { warn, required: config.check.dockerConfig !== undefined }),
  }
  const defaultNamespace = config.check.namespace ?? 'default'
  try {
    return await runCheck(
      {
        objects: input.documents,
        problems: input.problems,
        skipped: input.skipped,
        review: ({ source, document, object }) =>
          reviewObject({ source, document, object, defaultNamespace }, deps, AbortSignal.timeout(config.timeoutMs)),
      },
      { ...config.check, out: io.out, err: io.err, format: config.check.output, env: io.env },
    )
  } finally {
    await registries.close()
    await close()
  }
}

interface CheckedView {
  readonly view: ClusterView
  readonly mutators: ReadMutators | undefined
  readonly running: ReadRunning | undefined
  readonly close: () => Promise<void>
}

// What is applied together counts as there. Beneath it lies the cluster: a declared one, which lacks what both lack, or a live one.
async function viewOf(
  input: ManifestReading,
  config: Config,
  io: Io,
  warn: (message: string) => void,
): Promise<CheckedView> {
  const defaultNamespace = config.check.namespace ?? 'default'
  const assumedNodes = config.nodes.platforms.map(assumedNode)
  const source = namedCluster(config)
  if (source === undefined) {
    const declared = config.view === undefined ? undefined : await readView(config.view)
    const objects = [...(declared?.documents ?? []), ...input.documents].map(({ object }) => object)
    const view = declaredView(objects, { complete: config.view !== undefined, defaultNamespace, assumedNodes })
    const mutators = declared !== undefined && wantsMutators(config) ? mutatorsOfView(declared) : undefined
    return { view, mutators, running: undefined, close: () => Promise.resolve() }
  }
  let why: string | undefined
  const log = {
    info: () => undefined,
    warn: (fields: LogFields) => {
      if (typeof fields['why'] === 'string') why = fields['why']
    },
  }
  const cluster = await connectLive({
    source,
    env: io.env,
    watch: false,
    mutators: wantsMutators(config),
    log,
    userAgent: `pullable/${io.version}`,
  })
  const objects = input.documents.map(({ object }) => object)
  const upper = declaredView(objects, { complete: false, defaultNamespace, assumedNodes: [] })
  const lower = withAssumedNodes(
    toldOnce(cluster.view, { cluster: clusterName(config), why: () => why, warn }),
    assumedNodes,
  )
  return {
    view: layered(upper, lower),
    mutators: cluster.mutators,
    running: toldOfPods(cluster.running, warn),
    close: () => cluster.close(),
  }
}

function clusterName({ cluster: { context } }: Config): string {
  return context === undefined ? 'the cluster' : `the cluster of context ${quoted(context, 100)}`
}

function dockerConfig({ check: { dockerConfig: said } }: Config, { env }: Io): string | undefined {
  if (said === 'none') return undefined
  return said ?? join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json')
}
