import { describe, expect, it } from 'vitest'
import { toldOfPods, toldOnce } from '../../../src/commands/told-once.ts'
import type { ClusterView, Read } from '../../../src/engine/review/index.ts'

const { signal } = new AbortController()
const reading = { signal, fresh: false }
const away: Read<never> = { kind: 'unreadable', detail: 'unreachable' }
const forbidden: Read<never> = { kind: 'unreadable', detail: 'forbidden' }
const absent: Read<never> = { kind: 'absent' }

const AWAY =
  'C cannot be read (connection refused): what rests on its secrets, accounts, namespaces and nodes is undetermined'
const FORBIDDEN = (what: string): string => `C does not let you read ${what}: what rests on them is undetermined`

/** A cluster that gives these answers, in order, to whatever is asked. */
function given(...answers: readonly Read<never>[]): { view: ClusterView; asked: () => number; said: string[] } {
  let asked = 0
  const next = (): Promise<Read<never>> => Promise.resolve(answers[asked++] ?? absent)
  const said: string[] = []
  const view = toldOnce(
    { namespace: next, serviceAccount: next, secret: next, nodes: next },
    {
      cluster: 'C',
      why: () => 'connection refused',
      warn: (message) => said.push(message),
    },
  )
  return { view, asked: () => asked, said }
}

describe('toldOnce', () => {
  it('says once that the cluster is away, and asks no more where it has never answered', async () => {
    const { view, asked, said } = given(away, away, away, absent)
    const reads: Read<unknown>[] = []
    for (let at = 0; at < 5; at++) reads.push(await view.secret('shop', 'regcred', reading))
    expect([reads, asked(), said]).toEqual([[away, away, away, away, away], 3, [AWAY]])
  })

  it('goes on asking one that has answered', async () => {
    const { view, asked, said } = given(absent, away, away, away, away, absent)
    for (let at = 0; at < 6; at++) await view.nodes(signal)
    expect([asked(), said]).toEqual([6, [AWAY]])
  })

  it('says of each resource and namespace once that it may not be read', async () => {
    const { view, said } = given(...Array.from({ length: 10 }, () => forbidden))
    for (let again = 0; again < 2; again++) {
      await view.nodes(signal)
      await view.namespace('shop', signal)
      await view.secret('shop', 'regcred', reading)
      await view.secret('shop\u001b[31m', 'regcred', reading)
      await view.serviceAccount('shop', 'default', reading)
    }
    expect(said).toEqual(
      ['nodes', 'namespaces', 'secrets in "shop"', 'secrets in "shop [31m"', 'service accounts in "shop"'].map(
        FORBIDDEN,
      ),
    )
  })

  it('does not blame the cluster for time that was over', async () => {
    const { view, said } = given(absent, away)
    await view.nodes(signal)
    expect(await view.nodes(AbortSignal.abort())).toEqual(away)
    expect(said).toEqual([])
  })
})

it('says once that pods may not be read', async () => {
  const said: string[] = []
  const read = toldOfPods(
    () => Promise.resolve(forbidden),
    (message) => said.push(message),
  )
  expect([await read('shop', signal), await read('billing', signal)]).toEqual([forbidden, forbidden])
  expect(said).toEqual([
    'pods may not be read: an image that cannot be pulled is undetermined, since one of them may run it',
  ])
  const fine = toldOfPods(
    () => Promise.resolve(away),
    (message) => said.push(message),
  )
  expect([await fine('shop', signal), said.length]).toEqual([away, 1])
})
