import type { Logger, Metrics } from '../base/telemetry/index.ts'
import { noResults, noTotals, resultOfPod } from '../engine/forecast/index.ts'
import type { ForecastRow, Result } from '../engine/forecast/index.ts'
import type { AdmissionAnswer } from '../engine/review/index.ts'
import type { ClusterObjects, PodEnds } from '../edges/cluster/index.ts'
import type { Config } from '../edges/config/index.ts'
import { createHostNames, followForecasts, keepTotals } from '../edges/forecasts/index.ts'
import type { FollowLimits, Settled, TotalsStore } from '../edges/forecasts/index.ts'
import { CommandError } from './io.ts'

type Answered = Extract<AdmissionAnswer, { readonly kind: 'answered' }>

/** Whether the pods that were said not to start do so all the same. */
export interface Forecasts {
  reviewed(answer: Answered): void
  close(): Promise<void>
}

export interface ForecastParts {
  /** A live cluster's, if there is one. */
  readonly objects: ClusterObjects | undefined
  readonly ends: PodEnds | undefined
  /** The product's own; empty where it is not known. */
  readonly namespace: string
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'forecast' | 'forecastsFollowed'>
  readonly times?: ForecastTimes
}

/** Milliseconds; for tests, which cannot wait for an hour. */
export interface ForecastTimes {
  readonly follow?: Partial<FollowLimits>
  readonly everyMs?: number
}

/** The name under which server-side apply knows what is ours. */
const FIELD_MANAGER = 'pullable-forecasts'

/** Undefined where nobody wants it; throws a CommandError where it is not known which cluster, or which namespace of it, keeps what is learned. */
export function startForecasts({ serve }: Config, parts: ForecastParts): Forecasts | undefined {
  const { objects, ends, namespace, log, metrics, times = {} } = parts
  const name = serve.forecasts
  if (name === undefined) return undefined
  if (objects === undefined || ends === undefined) {
    throw new CommandError(
      'serve.forecasts follows the pods of a cluster, and there is none: give --kubeconfig or --context',
    )
  }
  if (namespace === '') {
    throw new CommandError(
      'serve.forecasts keeps what it learns in the namespace of the product, and this is no pod: set POD_NAMESPACE',
    )
  }
  const every = times.everyMs === undefined ? {} : { everyMs: times.everyMs }
  const keeper = keepTotals({ store: storeIn(objects, namespace, name), log, ...every })
  const hostNames = createHostNames()
  const follower = followForecasts({
    async readPod(of, pod, signal) {
      const read = await ends.pod(of, pod, signal)
      return read.kind === 'found' ? read.value : read.kind === 'absent' ? 'gone' : 'unread'
    },
    async readEvents(of, uid, signal) {
      const read = await ends.pullEvents(of, uid, signal)
      return read.kind === 'found' ? read.value : undefined
    },
    onSettled: settled,
    ...(times.follow === undefined ? {} : { limits: times.follow }),
  })
  metrics.forecastsFollowed(() => follower.pending())

  function settled({ forecast, uses }: Settled): void {
    const { namespace: of, name: pod } = forecast
    const rows = uses.map(({ use, result, saw }): ForecastRow => {
      const { outcome, cause, image, believed } = use
      const host = hostNames(of, use.host)
      metrics.forecast({ outcome, result, cause, host })
      const about = { namespace: of, pod, container: use.name, image, host: use.host, cause, believed, saw, result }
      if (result === 'wrong') log.warn(about, 'a pod started that was said not to')
      else log.info(about, 'what became of a pod that was said not to start')
      return { cause, host, outcome, results: one(result) }
    })
    const pods = one(resultOfPod(uses.map(({ result }) => result)))
    const at = Date.now()
    // One by one: two images of a pod may be of one row.
    for (const row of rows) keeper.add({ ...noTotals, from: at, to: at, rows: [row] })
    keeper.add({ ...noTotals, from: at, to: at, pods })
  }

  return {
    reviewed({ request, response, outcome }) {
      if (outcome.kind !== 'judged' || request.dryRun || !response.response.allowed) return
      if (request.kind.kind === 'Pod' && request.operation === 'CREATE') {
        const at = Date.now()
        keeper.add({ ...noTotals, from: at, to: at, judged: 1 })
      }
      if (outcome.forecast !== undefined) follower.follow(outcome.forecast)
    },
    async close() {
      await follower.close()
      await keeper.close()
    },
  }
}

const one = (result: Result): typeof noResults => ({ ...noResults, [result]: 1 })

function storeIn(objects: ClusterObjects, namespace: string, name: string): TotalsStore {
  const place = { resource: 'configmaps', namespace, name } as const
  return {
    namespace,
    name,
    read: (signal) => objects.get(place, signal),
    update: (object, signal) => objects.update(place, object, signal),
    make: (object, signal) => objects.apply(place, object, FIELD_MANAGER, signal),
  }
}
