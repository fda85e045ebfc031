// What became of pods is read from an API server, and what was learned is kept there, by replicas that know nothing of each other.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger, createMetrics } from '../../../src/base/telemetry/index.ts'
import { startForecasts } from '../../../src/commands/forecasts.ts'
import type { Forecasts, ForecastTimes } from '../../../src/commands/forecasts.ts'
import { loadConfig } from '../../../src/edges/config/index.ts'
import type { Config } from '../../../src/edges/config/index.ts'
import { readTotals } from '../../../src/engine/forecast/index.ts'
import type { Totals } from '../../../src/engine/forecast/index.ts'
import type { AdmissionAnswer } from '../../../src/engine/review/index.ts'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import type { ScriptedApi } from '../../support/scripted-api-server.ts'
import { IMAGE, podOf, present, pulled, running, waiting } from '../../unit/forecast/pods.ts'
import type { Status } from '../../unit/forecast/pods.ts'
import { admission, pod, watch } from '../../unit/review/cluster.ts'
import { connect, serve, until } from './connecting.ts'
import type { Served } from './connecting.ts'

const NAMESPACE = 'system'
const NAME = 'pullable-forecasts'
const STORE = `/api/v1/namespaces/${NAMESPACE}/configmaps/${NAME}`
const EVENTS = '/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3Duid-1&limit=200'

const times: ForecastTimes = { everyMs: 40, follow: { looks: [5, 30, 60], gapMs: 1 } }

interface Replica {
  readonly forecasts: Forecasts
  readonly told: () => readonly Readonly<Record<string, unknown>>[]
  readonly metrics: () => Promise<readonly string[]>
}

async function replica(served: Served, other: ForecastTimes = times): Promise<Replica> {
  const { cluster } = await connect(served)
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const metrics = createMetrics({ version: 'test' })
  const forecasts = startForecasts(await configOf(`serve: { forecasts: ${NAME} }`), {
    objects: cluster.objects,
    ends: cluster.ends,
    namespace: NAMESPACE,
    log: createLogger({ level: 'debug', stream }),
    metrics,
    times: other,
  })
  if (forecasts === undefined) throw new Error('nobody wants it')
  onTestFinished(() => forecasts.close())
  return {
    forecasts,
    told: () => lines.map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => name !== 'time'))),
    metrics: async () => (await metrics.render()).split('\n').filter((line) => line.startsWith('pullable_forecasts')),
  }
}

async function configOf(text: string): Promise<Config> {
  const reading = await loadConfig({
    command: 'serve',
    argv: ['--config=c.yaml'],
    env: {},
    readFile: () => Promise.resolve(text),
  })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  return reading.config
}

/** A review of a pod whose image no registry has, or has. */
async function reviewed(image = IMAGE, more: object = {}): Promise<Extract<AdmissionAnswer, { kind: 'answered' }>> {
  const object = { ...pod([], {}, { uid: 'uid-1' }), spec: { containers: [{ name: 'app', image }] } }
  const answers = { [`-@${IMAGE}`]: { kind: 'absent', what: 'manifest' } } as const
  const { deps } = watch({ answers, policy: { mode: 'audit' } })
  const answer = await reviewAdmission(admission(object, more), deps, new AbortController().signal)
  if (answer.kind === 'unreadable') throw new Error(answer.problem)
  return answer
}

function setPod(api: ScriptedApi, status: Status, events: readonly object[] = []): void {
  api.set('pods', podOf(status) as Parameters<ScriptedApi['set']>[1])
  events.forEach((event, at) => {
    api.set('events', { ...event, metadata: { name: `web.${String(at)}`, namespace: 'shop' } })
  })
}

const stored = (api: ScriptedApi): Totals | undefined => {
  const data = api.get('configmaps', NAME, NAMESPACE)?.['data'] as { readonly totals?: string } | undefined
  return readTotals(data?.totals ?? '')
}

const install = (api: ScriptedApi): void => {
  api.set('configmaps', { metadata: { name: NAME, namespace: NAMESPACE, labels: { app: 'x' } } })
}

describe('what became of a pod', () => {
  it('that failed as was said: it is looked at by name, twice, and counted', async () => {
    const served = await serve()
    install(served.api)
    setPod(served.api, waiting('ImagePullBackOff'))
    const { forecasts, told, metrics } = await replica(served)
    forecasts.reviewed(await reviewed())
    await until('it is written', () => stored(served.api)?.pods.right === 1)
    expect(served.api.lines().filter((line) => line.includes('/shop/'))).toEqual([
      'GET /api/v1/namespaces/shop/pods/web 200',
      'GET /api/v1/namespaces/shop/pods/web 200',
    ])
    expect(served.api.get('configmaps', NAME, NAMESPACE)).toMatchObject({
      metadata: { labels: { app: 'x' } },
      data: {
        summary:
          '1 pod judged, 1 would have been denied: 1 failed to start, 0 started, 0 started from what their node had, 0 unknown',
      },
    })
    const labels = 'outcome="failing",result="right",cause="manifest-unknown",host="registry.example"'
    expect(await metrics()).toEqual([`pullable_forecasts_total{${labels}} 1`, 'pullable_forecasts_followed 0'])
    expect(told()).toMatchObject([{ level: 'info', pod: 'web', result: 'right', saw: 'ImagePullBackOff' }])
  })

  it('that was pulled and runs: it is told, with what was believed', async () => {
    const served = await serve()
    install(served.api)
    setPod(served.api, running, [pulled, { ...present, involvedObject: { uid: 'uid-2' } }])
    const { forecasts, told } = await replica(served)
    forecasts.reviewed(await reviewed())
    await until('it is written', () => stored(served.api)?.pods.wrong === 1)
    expect(served.api.lines()).toContain(`GET ${EVENTS} 200`)
    expect(told()).toEqual([
      {
        level: 'warn',
        namespace: 'shop',
        pod: 'web',
        container: 'app',
        image: IMAGE,
        host: 'registry.example',
        cause: 'manifest-unknown',
        believed: 'no tag "1" in registry.example/team/app (read anonymously)',
        saw: 'started',
        result: 'wrong',
        message: 'a pod started that was said not to',
      },
    ])
  })

  it('that the node had: nothing is proved', async () => {
    const served = await serve()
    install(served.api)
    setPod(served.api, running, [present])
    const { forecasts } = await replica(served)
    forecasts.reviewed(await reviewed())
    await until('it is written', () => stored(served.api)?.pods.unproved === 1)
  })

  it('is not asked of a good pod, nor of a dry run', async () => {
    const served = await serve()
    install(served.api)
    const { forecasts } = await replica(served)
    forecasts.reviewed(await reviewed('registry.example/team/good:1'))
    forecasts.reviewed(await reviewed(IMAGE, { dryRun: true }))
    await until('it is written', () => stored(served.api)?.judged === 1)
    await sleep(100)
    expect(served.api.lines().filter((line) => line.includes('/shop/'))).toEqual([])
    expect(stored(served.api)).toMatchObject({ judged: 1, rows: [] })
  })

  it('that may not be read: it is unknown, and the rule is told once', async () => {
    const served = await serve()
    install(served.api)
    served.api.route({ path: '/api/v1/namespaces/shop/*', answer: { status: 403 } })
    const { forecasts } = await replica(served)
    forecasts.reviewed(await reviewed())
    await until('it is written', () => stored(served.api)?.pods.unknown === 1)
  })
})

describe('what was learned', () => {
  it('is added up by replicas that write at the same time', async () => {
    const served = await serve()
    install(served.api)
    const replicas = await Promise.all([1, 2, 3, 4].map(() => replica(served)))
    const good = await reviewed('registry.example/team/good:1')
    for (let round = 0; round < 25; round++) {
      for (const { forecasts } of replicas) forecasts.reviewed(good)
      await sleep(10)
    }
    await until('all are written', () => stored(served.api)?.judged === 100)
    expect(served.api.lines().filter((line) => line.startsWith('PUT')).length).toBeLessThan(60)
  })

  it('is kept while the server is away, and written when it is back', async () => {
    const served = await serve()
    install(served.api)
    served.api.route({ path: STORE, method: 'PUT', times: 3, answer: { status: 500 } })
    const { forecasts, told } = await replica(served)
    forecasts.reviewed(await reviewed('registry.example/team/good:1'))
    await until('it is written', () => stored(served.api)?.judged === 1)
    expect(told()).toEqual([
      {
        level: 'warn',
        namespace: NAMESPACE,
        configMap: NAME,
        why: 'HTTP 500',
        message: 'what is learned cannot be kept',
      },
      { level: 'info', namespace: NAMESPACE, configMap: NAME, message: 'what is learned can be kept again' },
    ])
  })

  it('is begun anew where the ConfigMap was deleted, or holds what is none', async () => {
    const served = await serve()
    const { forecasts } = await replica(served)
    const good = await reviewed('registry.example/team/good:1')
    forecasts.reviewed(good)
    await until('it is made', () => stored(served.api)?.judged === 1)
    served.api.set('configmaps', {
      metadata: { name: NAME, namespace: NAMESPACE },
      data: { totals: '{', other: 'kept' },
    })
    forecasts.reviewed(good)
    await until('it is written', () => stored(served.api)?.judged === 1)
    expect(served.api.get('configmaps', NAME, NAMESPACE)?.['data']).toMatchObject({ other: 'kept' })
  })

  it('says which rule lacks, and writes nothing where nothing was learned', async () => {
    const served = await serve()
    served.api.route({ path: STORE, answer: { status: 403 } })
    const { forecasts, told } = await replica(served)
    await sleep(100)
    expect(served.api.lines()).toEqual([])
    forecasts.reviewed(await reviewed('registry.example/team/good:1'))
    await until('it is told', () => told().length > 0)
    expect(told()).toEqual([
      {
        level: 'warn',
        namespace: NAMESPACE,
        configMap: NAME,
        rule: `apiGroups: [""], resources: [configmaps], resourceNames: [${NAME}], verbs: [get, create, update, patch]`,
        message: 'not allowed to keep what is learned',
      },
    ])
  })

  it('is written at the end, with what was still open', async () => {
    const served = await serve()
    install(served.api)
    const { forecasts } = await replica(served, { everyMs: 60_000, follow: { looks: [60_000] } })
    forecasts.reviewed(await reviewed())
    await forecasts.close()
    expect(stored(served.api)).toMatchObject({ judged: 1, pods: { unknown: 1 } })
  })
})

it('wants a cluster, and a namespace of its own', async () => {
  const parts = { log: createLogger({ level: 'silent' }), metrics: createMetrics({ version: 'test' }), ends: undefined }
  const config = await configOf(`serve: { forecasts: ${NAME} }`)
  expect(() => startForecasts(config, { ...parts, objects: undefined, namespace: NAMESPACE })).toThrow('there is none')
  const { cluster } = await connect(await serve())
  const { objects, ends } = cluster
  expect(() => startForecasts(config, { ...parts, objects, ends, namespace: '' })).toThrow('set POD_NAMESPACE')
  expect(startForecasts(await configOf('mode: audit'), { ...parts, objects: undefined, namespace: '' })).toBe(undefined)
})
