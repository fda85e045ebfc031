// What is to be followed of an admitted pod: that which would be denied, were it not for the mode, the level or an exemption.
import { describe, expect, it } from 'vitest'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import { defaultPolicy } from '../../../src/engine/policy/index.ts'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { noExemptions } from '../../../src/engine/policy/index.ts'
import { admission, deployment, pod, watch } from './cluster.ts'
import type { World } from './cluster.ts'

const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }
const LIMITED: ImageFact = { kind: 'throttled' }
const audit = { mode: 'audit' } as const
const image = 'ghcr.io/acme/web:v2'
const web = pod([image], {}, { uid: 'uid-1' })

async function followed(world: World, object: object, more: object = {}): Promise<string | undefined> {
  const answer = await reviewAdmission(admission(object, more), watch(world).deps, new AbortController().signal)
  if (answer.kind === 'unreadable' || answer.outcome.kind !== 'judged') return undefined
  const { forecast } = answer.outcome
  if (forecast === undefined) return undefined
  const { namespace, name, uid, uses } = forecast
  return [`${namespace}/${name} ${uid}`, ...uses.map(({ name: of, cause, host }) => `${of} ${cause} ${host}`)].join(
    ', ',
  )
}

const gone = { '*': ABSENT }
const yes = 'shop/web uid-1, c0 manifest-unknown ghcr.io'

describe('what is followed', () => {
  const rows: readonly (readonly [string, World, object, object, string | undefined])[] = [
    ['mode audit', { answers: gone, policy: audit }, web, {}, yes],
    ['a namespace that only warns', { answers: gone, labels: { 'pullable.dev/enforce': 'none' } }, web, {}, yes],
    ['an exempt cause', { answers: gone, labels: { 'pullable.dev/exempt-manifest-unknown': 'OPS-1' } }, web, {}, yes],
    [
      'a registry that never denies',
      { answers: gone, policy: { exemptions: { ...noExemptions, registries: { 'ghcr.io': 'warn' } } } },
      web,
      {},
      yes,
    ],
    [
      'two images of three',
      { answers: { '-@ghcr.io/acme/a:1': ABSENT, '-@quay.io/acme/c:1': ABSENT }, policy: audit },
      pod(['ghcr.io/acme/a:1', 'ghcr.io/acme/b:1', 'quay.io/acme/c:1'], {}, { uid: 'uid-1' }),
      {},
      'shop/web uid-1, c0 manifest-unknown ghcr.io, c2 manifest-unknown quay.io',
    ],
    [
      'a generated name',
      { answers: gone, policy: audit },
      pod([image], {}, { uid: 'u', name: 'web-x7k2p' }),
      { name: '' },
      'shop/web-x7k2p u, c0 manifest-unknown ghcr.io',
    ],
    [
      'no reference',
      { policy: audit },
      pod(['Web:1'], {}, { uid: 'uid-1' }),
      {},
      'shop/web uid-1, c0 reference-invalid ',
    ],
    ['enforced: it is denied', { answers: gone }, web, {}, undefined],
    ['a good image', { policy: audit }, web, {}, undefined],
    ['a dry run', { answers: gone, policy: audit }, web, { dryRun: true }, undefined],
    ['a template: its pods come by themselves', { answers: gone, policy: audit }, deployment([image]), {}, undefined],
    ['a pod without a UID', { answers: gone, policy: audit }, pod([image]), {}, undefined],
    ['a foul UID', { answers: gone, policy: audit }, pod([image], {}, { uid: { a: 1 } }), {}, undefined],
    [
      'an image that is changed',
      { answers: gone, policy: audit },
      web,
      { operation: 'UPDATE', oldObject: pod(['b:1'], {}, { uid: 'uid-1' }) },
      undefined,
    ],
    ['a rule, which says nothing of starting', { policy: audit }, pod(['web'], {}, { uid: 'uid-1' }), {}, undefined],
    ['what could not be found out', { answers: { '*': LIMITED }, policy: audit }, web, {}, undefined],
    [
      'what could not be found out, and is denied',
      { answers: { '*': LIMITED }, policy: { ...audit, defaults: { ...defaultPolicy.defaults, enforce: 'strict' } } },
      web,
      {},
      'shop/web uid-1, c0 rate-limited ghcr.io',
    ],
    [
      'a cause that is moved to warn',
      { answers: gone, policy: { ...audit, causes: { 'manifest-unknown': 'warn' } } },
      web,
      {},
      undefined,
    ],
    [
      'a namespace where nobody is asked',
      { answers: gone, policy: audit, labels: { 'pullable.dev/ignore': 'OPS-1' } },
      web,
      {},
      undefined,
    ],
  ]
  it.each(rows)('%s', async (_, world, object, more, says) => {
    expect(await followed(world, object, more)).toBe(says)
  })

  it('is an ephemeral container, too, of the pod that it is added to', async () => {
    const old = pod(['ghcr.io/acme/good:1'], {}, { uid: 'uid-1' })
    const debugged = pod(['ghcr.io/acme/good:1'], { ephemeralContainers: [{ name: 'debug', image }] }, { uid: 'uid-1' })
    const world: World = { answers: { '-@ghcr.io/acme/web:v2': ABSENT }, policy: audit }
    const more = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: old }
    expect(await followed(world, debugged, more)).toBe('shop/web uid-1, debug manifest-unknown ghcr.io')
  })

  it('is no more of one pod than can matter', async () => {
    const many = pod(
      Array.from({ length: 40 }, (_, at) => `ghcr.io/acme/a:${at}`),
      {},
      { uid: 'uid-1' },
    )
    expect((await followed({ answers: gone, policy: audit }, many))?.split(', ').length).toBe(17)
  })
})
