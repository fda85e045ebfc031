import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readPodView } from '../../../src/engine/forecast/index.ts'
import type { Forecast, PodView, PullEvent } from '../../../src/engine/forecast/index.ts'
import { createHostNames, followForecasts } from '../../../src/edges/forecasts/index.ts'
import type { Follower, FollowLimits } from '../../../src/edges/forecasts/index.ts'
import { IMAGE, podOf, running, waiting } from '../forecast/pods.ts'

const fails = readPodView(podOf(waiting('ErrImagePull')))
const runs = readPodView(podOf(running))

function forecastOf(name: string, namespace = 'shop', uid = 'uid-1'): Forecast {
  const use = { role: 'container', name: 'app', image: IMAGE, outcome: 'failing', host: 'registry.example' } as const
  return { namespace, name, uid, uses: [{ ...use, cause: 'manifest-unknown', believed: 'no tag' }] }
}

interface Started {
  readonly follower: Follower
  /** `web: right ErrImagePull`, in order. */
  readonly settled: string[]
  /** What was asked. */
  readonly asked: string[]
}

function start(
  pods: (name: string) => PodView | 'gone' | 'unread' | 'never',
  limits: Partial<FollowLimits> = {},
  events: readonly PullEvent[] = [],
): Started {
  const settled: string[] = []
  const asked: string[] = []
  const follower = followForecasts({
    async readPod(namespace, name, signal) {
      asked.push(`${namespace}/${name}`)
      const pod = pods(name)
      if (pod !== 'never') return pod
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      return 'unread'
    },
    readEvents(_, uid) {
      asked.push(`events ${uid}`)
      return Promise.resolve(events)
    },
    onSettled: ({ forecast, uses }) => {
      settled.push(`${forecast.name}: ${uses.map(({ result, saw }) => `${result} ${saw}`).join()}`)
    },
    limits: { looks: [5, 10, 15], gapMs: 1, requestMs: 50, ...limits },
  })
  onTestFinished(() => follower.close())
  return { follower, settled, asked }
}

describe('following', () => {
  it('looks again until it is sure, and no longer', async () => {
    const { follower, settled, asked } = start(() => fails)
    follower.follow(forecastOf('web'))
    expect(follower.pending()).toBe(1)
    await expect.poll(() => settled).toEqual(['web: right ErrImagePull'])
    await sleep(30)
    expect([asked, follower.pending()]).toEqual([['shop/web', 'shop/web'], 0])
  })

  it('asks for events only where something started', async () => {
    const events = [{ kind: 'pulled', image: IMAGE, name: 'app' }] as const
    const { follower, settled, asked } = start(() => runs, {}, events)
    follower.follow(forecastOf('web'))
    await expect.poll(() => settled).toEqual(['web: wrong started'])
    expect(asked).toEqual(['shop/web', 'events uid-1'])
  })

  it('goes on after all are settled, and takes the same pod once', async () => {
    const { follower, settled, asked } = start(() => 'gone')
    follower.follow(forecastOf('a'))
    await expect.poll(() => settled.length).toBe(1)
    for (const name of ['b', 'b', 'c']) follower.follow(forecastOf(name, 'shop', name))
    await expect.poll(() => settled).toEqual(['a: unknown ', 'b: unknown ', 'c: unknown '])
    expect(asked).toEqual(['shop/a', 'shop/b', 'shop/c'])
  })

  it('takes another pod of the name for none', async () => {
    const { follower, settled } = start(() => fails)
    follower.follow(forecastOf('web', 'shop', 'another'))
    await expect.poll(() => settled).toEqual(['web: unknown '])
  })

  it('ends with the last look, whatever hangs', async () => {
    const { follower, settled, asked } = start(() => 'never')
    follower.follow(forecastOf('web'))
    await expect.poll(() => settled).toEqual(['web: unknown '])
    expect(asked.length).toBe(3)
  })

  it('follows so many, and so many of one namespace; the others are unknown at once', () => {
    const { follower, settled } = start(() => 'never', { most: 3, mostOfNamespace: 2, looks: [1_000] })
    for (const name of ['a', 'b', 'c']) follower.follow(forecastOf(name, 'shop', name))
    expect([follower.pending(), settled]).toEqual([2, ['c: unknown ']])
    for (const name of ['d', 'e']) follower.follow(forecastOf(name, 'billing', name))
    expect([follower.pending(), settled]).toEqual([3, ['c: unknown ', 'e: unknown ']])
  })

  it('says unknown of what is open when it ends, and follows nothing more', async () => {
    const { follower, settled } = start(() => 'never', { looks: [1_000] })
    follower.follow(forecastOf('a', 'shop', 'a'))
    await follower.close()
    follower.follow(forecastOf('b', 'shop', 'b'))
    expect([follower.pending(), settled]).toEqual([0, ['a: unknown ', 'b: unknown ']])
  })
})

describe('hosts that are told apart', () => {
  it('are so many of one namespace, and so many in all', () => {
    const nameOf = createHostNames()
    const brought = (namespace: string): string[] =>
      Array.from({ length: 10 }, (_, at) => nameOf(namespace, `${namespace}-${at}.example`))
    expect(brought('a').filter((name) => name === 'other').length).toBe(2)
    for (let at = 0; at < 10; at++) brought(`n${at}`)
    expect([nameOf('late', 'late.example'), nameOf('late', 'a-0.example'), nameOf('a', '')]).toEqual([
      'other',
      'a-0.example',
      '',
    ])
  })

  it.each(['x y', 'ü.example', 'a'.repeat(300), 'a"b'])('are no %j', (host) => {
    expect(createHostNames()('shop', host)).toBe('other')
  })
})
