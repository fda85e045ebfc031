import { noTotals } from '../engine/forecast/index.ts'
import { runAudit } from '../edges/cli/index.ts'
import type { ClusterSource, ObjectAnswer } from '../edges/cluster/index.ts'
import type { Config } from '../edges/config/index.ts'
import { totalsIn } from '../edges/forecasts/index.ts'
import { CommandError } from './io.ts'
import type { Io } from './io.ts'
import { connectLive, namedCluster, ownCluster } from './live-cluster.ts'

/** Where the chart is installed, if nobody says otherwise. */
const NAMESPACE = 'pullable-system'

const ANSWER_MS = 30_000

/** `pullable audit`: whether it is safe to enforce, by what the webhook has learned. */
export async function audit(config: Config, io: Io): Promise<number> {
  const { namespace: said, configMap: name, least, output: format, color } = config.audit
  const own = await place(config, io)
  const namespace = said ?? own.namespace
  const cluster = await connectLive({
    source: own.source,
    env: io.env,
    watch: false,
    log: { info: () => undefined, warn: () => undefined },
    userAgent: `pullable/${io.version}`,
  })
  try {
    const at = { resource: 'configmaps', namespace, name } as const
    const answer = await cluster.objects.get(at, AbortSignal.timeout(ANSWER_MS))
    if (answer.kind !== 'found') throw new CommandError(problemOf(answer, `ConfigMap ${namespace}/${name}`))
    const anew = `kubectl -n ${namespace} delete configmap ${name}`
    return runAudit(totalsIn(answer.object) ?? noTotals, { out: io.out, format, color, env: io.env, least, anew })
  } finally {
    await cluster.close()
  }
}

/** The cluster that the flags name, else the one that this is a pod of, else kubectl's current one. */
async function place(config: Config, io: Io): Promise<{ readonly source: ClusterSource; readonly namespace: string }> {
  const named = namedCluster(config)
  if (named !== undefined) return { source: named, namespace: NAMESPACE }
  const pod = await ownCluster(io.env)
  if (typeof pod === 'object') return pod
  return { source: { kind: 'kubeconfig' }, namespace: NAMESPACE }
}

function problemOf(answer: Exclude<ObjectAnswer, { readonly kind: 'found' }>, what: string): string {
  switch (answer.kind) {
    case 'absent':
      return `${what} is not there: name the namespace of the release with -n, and the ConfigMap with --configmap; nothing has been learned yet where the webhook runs without serve.forecasts`
    case 'forbidden':
      return `${what} cannot be read: you need the right to get it`
    case 'conflict':
      return `${what} cannot be read`
    case 'failed':
      return `${what} cannot be read: ${answer.why}`
  }
}
