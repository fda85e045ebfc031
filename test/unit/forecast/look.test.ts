import { describe, expect, it } from 'vitest'
import {
  afterLook,
  needsEvents,
  notYet,
  readPodView,
  readPullEvents,
  resultOfPod,
} from '../../../src/engine/forecast/index.ts'
import type { Followed, Forecast, ForecastUse } from '../../../src/engine/forecast/index.ts'
import type { Cause } from '../../../src/engine/verdict/index.ts'
import { crashing, ended, eventOf, failed, IMAGE, podOf, present, pulled, running, waiting } from './pods.ts'

function useOf(cause: Cause, more: Partial<ForecastUse> = {}): ForecastUse {
  const host = 'registry.example'
  return { role: 'container', name: 'app', image: IMAGE, outcome: 'failing', cause, host, believed: 'no tag', ...more }
}

const forecastOf = (use: ForecastUse): Forecast => ({ namespace: 'shop', name: 'web', uid: 'uid-1', uses: [use] })

/** One after the other; `gone` and `unread` stand for themselves. The events are those of every look at which they are wanted. */
function followed(use: ForecastUse, looks: readonly unknown[], events?: readonly object[], last = false): Followed {
  const forecast = forecastOf(use)
  let known: readonly Followed[] = [notYet]
  looks.forEach((pod, at) => {
    const look = {
      pod: pod === 'gone' || pod === 'unread' ? pod : readPodView(pod),
      last: last && at === looks.length - 1,
    } as const
    const wanted = needsEvents(forecast, known, look)
    known = afterLook(forecast, known, look, wanted && events !== undefined ? readPullEvents(events) : undefined)
  })
  return known[0] ?? notYet
}

const absent = useOf('manifest-unknown')
const notFound = 'failed to pull and unpack image "registry.example/team/app:1": not found'
const pullFails = podOf(waiting('ErrImagePull', notFound))
const backsOff = podOf(waiting('ImagePullBackOff', `Back-off pulling image "${IMAGE}": ErrImagePull: ${notFound}`))
const runs = podOf(running, { phase: 'Running' })

const volume: ForecastUse = useOf('manifest-unknown', { role: 'volume', name: 'data' })
const mounting = (status: Parameters<typeof podOf>[0]): object =>
  podOf(status, { spec: { volumes: [{ name: 'data', image: { reference: IMAGE } }] } })

describe('what is said of a pull', () => {
  const rows: readonly (readonly [string, ForecastUse, readonly unknown[], readonly object[] | undefined, string])[] = [
    ['it fails, and fails again', absent, [pullFails, backsOff], undefined, 'right'],
    ['it fails once: a pull may overtake its secret', absent, [pullFails], undefined, 'open'],
    ['it fails and is taken away', absent, [backsOff, 'gone'], undefined, 'right'],
    ['it fails, and the server is away in between', absent, [pullFails, 'unread', backsOff], undefined, 'right'],
    ['the reference is none', useOf('reference-invalid'), [podOf(waiting('InvalidImageName'))], undefined, 'right'],
    [
      'a malformed secret: the reason is the decoder’s sentence',
      useOf('pull-secret-malformed'),
      [podOf(waiting('illegal base64 data at input byte 0')), podOf(waiting('illegal base64 data at input byte 0'))],
      undefined,
      'right',
    ],
    ['it starts, and the kubelet pulled it', absent, [runs], [pulled], 'wrong'],
    ['it starts, and the node had it', absent, [runs], [present], 'unproved'],
    ['it starts, and nobody says how: it may come', absent, [runs], [], 'open'],
    ['it starts, and events cannot be read', absent, [runs], undefined, 'unknown'],
    ['it starts, and another container pulled it', absent, [runs], [eventOf('Pulled', 'x'), present], 'unproved'],
    ['it failed before our eyes and was mended', absent, [pullFails, runs], [pulled], 'unproved'],
    ['it failed unseen and was mended', absent, [runs], [failed, pulled], 'unproved'],
    ['it was pulled, and its command is wrong', absent, [podOf(waiting('RunContainerError'))], [pulled], 'wrong'],
    ['it was pulled, and crashes', absent, [podOf(crashing(1))], [pulled], 'wrong'],
    ['it was pulled, and has ended', absent, [podOf(ended(0), { phase: 'Succeeded' })], [pulled], 'wrong'],
    ['it waits for its volumes', absent, [podOf(waiting('ContainerCreating')), podOf(undefined)], [pulled], 'open'],
    ['it waits for a ConfigMap', absent, [podOf(waiting('CreateContainerConfigError'))], [pulled], 'open'],
    ['it was evicted before', absent, [podOf(undefined, { phase: 'Failed' })], [pulled], 'unknown'],
    ['it is gone', absent, ['gone'], undefined, 'unknown'],
    ['another image is there by now', useOf('access-denied', { image: 'other' }), [runs], [pulled], 'unknown'],
    ['no such container', useOf('access-denied', { name: 'toString' }), [runs], [pulled], 'unknown'],
    ['what was undetermined starts', useOf('rate-limited', { outcome: 'undetermined' }), [runs], [pulled], 'wrong'],
    ['Never, and nowhere', useOf('never-pull-absent'), [podOf(waiting('ErrImageNeverPull'))], undefined, 'open'],
    ['Never, and it starts', useOf('never-pull-absent'), [runs], undefined, 'wrong'],
  ]
  it.each(rows)('%s', (_, use, looks, events, result) => {
    expect(followed(use, looks, events).result ?? 'open').toBe(result)
  })
})

describe('what is said of what pulls and cannot run', () => {
  const mismatch = useOf('platform-mismatch')
  const rows: readonly (readonly [string, ForecastUse, readonly unknown[], readonly object[], string])[] = [
    ['it dies', mismatch, [podOf(ended(1), { phase: 'Failed' })], [pulled], 'right'],
    ['it dies again and again', mismatch, [podOf(crashing(255))], [pulled], 'right'],
    ['it never starts', mismatch, [podOf(crashing(128, 'StartError'))], [pulled], 'right'],
    ['it cannot be made', useOf('manifest-unsupported'), [podOf(waiting('CreateContainerError'))], [pulled], 'right'],
    ['it is seen running once: it may die yet', mismatch, [runs], [pulled], 'open'],
    ['it is seen running twice', mismatch, [runs, runs], [pulled], 'wrong'],
    ['it runs, from what the node had', mismatch, [runs, runs], [present], 'unproved'],
    ['it runs for a moment', mismatch, [runs, podOf(crashing(1))], [pulled], 'right'],
    ['it did what it had to', mismatch, [podOf(ended(0), { phase: 'Succeeded' })], [pulled], 'wrong'],
  ]
  it.each(rows)('%s', (_, use, looks, events, result) => {
    expect(followed(use, looks, events).result ?? 'open').toBe(result)
  })
})

describe('image volumes', () => {
  const told = waiting('ImagePullBackOff', `Back-off pulling image "${IMAGE}"`)
  const ofPod = eventOf('Pulled', `Successfully pulled image "${IMAGE}" in 5ms (5ms including waiting).`, '')
  const rows: readonly (readonly [string, readonly unknown[], readonly object[], string])[] = [
    ['what mounts it fails by its name', [mounting(told), mounting(told)], [], 'right'],
    ['what mounts it fails of something else', [mounting(waiting('ErrImagePull', 'other'))], [], 'open'],
    ['all start', [mounting(running)], [ofPod], 'wrong'],
    ['all start, and only a container’s pull is told', [mounting(running)], [pulled], 'open'],
    ['it is another by now', [podOf(running)], [ofPod], 'unknown'],
  ]
  it.each(rows)('%s', (_, looks, events, result) => {
    expect(followed(volume, looks, events).result ?? 'open').toBe(result)
  })
})

it.each([
  ['fails at the last look alone', [pullFails], [pulled], 'right'],
  ['starts, and nobody said how', [runs], [], 'unproved'],
  ['never got anywhere', [podOf(undefined)], [pulled], 'unknown'],
  ['could not be read', ['unread'], [pulled], 'unknown'],
])('at the end: %s', (_, looks, events, result) => {
  expect(followed(absent, looks, events, true).result).toBe(result)
})

it('takes an init container, and an ephemeral one, for what they are', () => {
  const spec = { initContainers: [{ name: 'app', image: 'other' }], ephemeralContainers: [{ name: 'app', image: 'x' }] }
  const pod = readPodView({
    ...podOf(waiting('PodInitializing'), { spec }),
    status: { initContainerStatuses: [{ name: 'app', ...running }] },
  })
  expect(pod.containers.map(({ role, image, state }) => [role, image, state.kind])).toEqual([
    ['container', IMAGE, 'waiting'],
    ['init', 'other', 'started'],
    ['ephemeral', 'x', 'waiting'],
  ])
})

it.each([
  [undefined],
  ['text'],
  [{ status: [], spec: { containers: {} } }],
  [
    {
      metadata: { uid: 7 },
      spec: { containers: [null, 7, { name: '__proto__' }] },
      status: { containerStatuses: [null] },
    },
  ],
])('reads %j as a pod of which nothing is known', (object) => {
  const { uid, over } = readPodView(object)
  expect([uid, over]).toEqual(['', false])
})

it('believes only what the kubelet says, in its own words', () => {
  const events = [
    pulled,
    present,
    failed,
    { ...pulled, reportingComponent: 'someone', source: {} },
    eventOf('Pulling', `Pulling image "${IMAGE}"`),
    eventOf('Pulled', 'Successfully pulled image'),
    eventOf('Pulled', `Successfully pulled image "${IMAGE}" in 5ms`, ''),
    null,
    'text',
  ]
  expect(readPullEvents(events)).toEqual([
    { kind: 'pulled', image: IMAGE, name: 'app' },
    { kind: 'present', image: IMAGE, name: 'app' },
    { kind: 'failed', image: IMAGE, name: 'app' },
    { kind: 'pulled', image: IMAGE, name: '' },
  ])
})

it.each([
  [['right', 'wrong'], 'right'],
  [['wrong', 'unproved', 'unknown'], 'wrong'],
  [['unproved', 'unknown'], 'unproved'],
  [['unknown'], 'unknown'],
  [[], 'unknown'],
] as const)('of %j the pod is %s', (uses, result) => {
  expect(resultOfPod(uses)).toBe(result)
})
