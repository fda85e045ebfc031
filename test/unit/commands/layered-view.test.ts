import { describe, expect, it } from 'vitest'
import { layered, withAssumedNodes } from '../../../src/commands/layered-view.ts'
import { assumedNode } from '../../../src/engine/nodes/index.ts'
import type { Node } from '../../../src/engine/nodes/index.ts'
import type { ClusterView, Read } from '../../../src/engine/review/index.ts'

const signal = new AbortController().signal
const reading = { signal, fresh: true }
const amd64 = assumedNode({ os: 'linux', architecture: 'amd64' })
const arm64 = assumedNode({ os: 'linux', architecture: 'arm64' })

/** A view that gives the same answer to everything, and notes what it was asked. */
function always(read: Read<never>, asked: string[] = []): ClusterView {
  const say =
    (what: string) =>
    (...args: readonly unknown[]): Promise<Read<never>> => {
      asked.push([what, ...args.filter((each) => typeof each === 'string')].join(' '))
      expect([signal, reading]).toContain(args.at(-1))
      return Promise.resolve(read)
    }
  return { namespace: say('namespace'), serviceAccount: say('account'), secret: say('secret'), nodes: say('nodes') }
}

function all(view: ClusterView): Promise<readonly Read<unknown>[]> {
  return Promise.all([
    view.namespace('shop', signal),
    view.serviceAccount('shop', 'default', reading),
    view.secret('shop', 'regcred', reading),
    view.nodes(signal),
  ])
}

describe('layered', () => {
  const everything = ['namespace shop', 'account shop default', 'secret shop regcred', 'nodes']

  it('reads beneath what nobody said above', async () => {
    const asked: string[] = []
    const read: Read<never> = { kind: 'unreadable', detail: 'forbidden' }
    expect(await all(layered(always({ kind: 'unsaid' }), always(read, asked)))).toEqual([read, read, read, read])
    expect(asked).toEqual(everything)
  })

  it.each<Read<never>>([{ kind: 'absent' }, { kind: 'unreadable', detail: 'stale' }])(
    'asks no further where the upper one says %j',
    async (read) => {
      const asked: string[] = []
      expect(await all(layered(always(read), always({ kind: 'absent' }, asked)))).toEqual([read, read, read, read])
      expect(asked).toEqual([])
    },
  )
})

describe('withAssumedNodes', () => {
  const rows: readonly (readonly [Read<readonly Node[]>, readonly Node[], Read<readonly Node[]>])[] = [
    [{ kind: 'found', value: [] }, [amd64], { kind: 'found', value: [amd64] }],
    [{ kind: 'found', value: [] }, [], { kind: 'found', value: [] }],
    [{ kind: 'found', value: [arm64] }, [amd64], { kind: 'found', value: [arm64] }],
    [{ kind: 'unreadable', detail: 'forbidden' }, [amd64], { kind: 'unreadable', detail: 'forbidden' }],
    [{ kind: 'unreadable', detail: 'unreachable' }, [amd64], { kind: 'unreadable', detail: 'unreachable' }],
  ]
  it.each(rows)('%j', async (read, assumed, want) => {
    const view = { ...always({ kind: 'absent' }), nodes: () => Promise.resolve(read) }
    expect(await withAssumedNodes(view, assumed).nodes(signal)).toEqual(want)
  })
})
