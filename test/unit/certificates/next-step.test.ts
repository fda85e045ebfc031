// The state machine, over certificates that are real and clocks that are not. A step is told in words: what is served, what is to be
// written (`new` is yet to be made), what is published, whether it is ready.
import { describe, expect, test } from 'vitest'

import { fill } from '../../../src/edges/certificates/fill.ts'
import type { Material } from '../../../src/edges/certificates/material.ts'
import { nextStep, trustAfter } from '../../../src/edges/certificates/next-step.ts'
import type { Configuration, Known } from '../../../src/edges/certificates/next-step.ts'

const DAY = 24 * 60 * 60 * 1000
const START = Date.parse('2026-01-01T00:00:00Z')
const lives = { authority: 300 * DAY, server: 60 * DAY, backdated: 0 }
const names = { namespace: 'system', secret: 's', service: 'hook', webhookConfiguration: 'w' }

const all = { authorities: [], signer: 'new', pair: 'new' } as const
const first = kept(await fill(all, names, lives, START))

/** Of authority A from the start, a later pair of A, of B from the 200th day; `X` is somebody's own. */
const second = kept(await fill(all, names, lives, START + 200 * DAY))
const made = {
  A: first,
  A2: kept(await fill({ ...first, pair: 'new' }, names, lives, START + 45 * DAY)),
  B: second,
  B2: kept(await fill({ ...second, pair: 'new' }, names, lives, START + 290 * DAY)),
  X: kept(await fill(all, names, lives, START)),
}

function kept(material: Omit<Material, 'problem'>): Material {
  return { ...material, problem: undefined }
}

type Name = keyof typeof made

/** `authorities` of `ca.crt`, whose `ca.key`, whose pair. */
function holding(authorities: readonly Name[], signer?: Name, pair?: Name): Material {
  return {
    authorities: authorities.flatMap((name) => made[name].authorities),
    signer: signer === undefined ? undefined : made[signer].signer,
    pair: pair === undefined ? undefined : made[pair].pair,
    problem: undefined,
  }
}

function trusting(...webhooks: (readonly Name[])[]): Configuration {
  return {
    kind: 'found',
    webhooks: webhooks.map((trusted, index) => ({
      name: `hook-${index}`,
      trusted: new Set(trusted.flatMap((name) => made[name].authorities.map(({ id }) => id))),
    })),
  }
}

interface Situation {
  readonly name: string
  readonly day: number
  readonly found?: Material | undefined
  readonly configuration?: Configuration
  /** Seen in every caBundle for so many seconds; 60 are a while. */
  readonly seen?: Partial<Record<Name, number>>
  readonly serving?: Name
  readonly last?: Material
  readonly expected: {
    readonly serve?: Name
    readonly write?: readonly [authorities: string, signer: string, pair: string]
    readonly publish?: string
    readonly ready?: boolean
    readonly againIn?: number
  }
}

function told({ day, found, configuration = trusting(), seen = {}, serving, last }: Situation): unknown {
  const now = START + day * DAY
  const trust = Object.entries(seen).map(([name, seconds]) => [idOf(name as Name), now - seconds * 1000] as const)
  const known: Known = {
    ...{ now, found, configuration, last, trust: new Map(trust), settleMs: 60_000 },
    serving: serving === undefined ? undefined : made[serving].pair,
  }
  const { serve, write, publish, whyNotReady, againAt } = nextStep(known)
  const nameOf = (key: 'signer' | 'pair', id: string | undefined): string =>
    Object.entries(made).find(
      ([, material]) => id === (key === 'pair' ? material.pair?.id : authorityId(material)),
    )?.[0] ?? '-'
  const namesOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => nameOf('signer', id)).join('+')
  return {
    ...(serve !== undefined && { serve: nameOf('pair', serve.id) }),
    ...(write !== undefined && {
      write: [
        namesOf(write.authorities),
        write.signer === 'new' ? 'new' : nameOf('signer', write.signer?.authority.id),
        write.pair === 'new' ? 'new' : nameOf('pair', write.pair.id),
      ],
    }),
    ...(publish !== undefined && { publish: namesOf(publish) }),
    ...(whyNotReady !== undefined && { ready: false }),
    ...(againAt !== undefined && { againIn: Math.round((againAt - now) / 1000) }),
  }
}

function authorityId(material: Material): string | undefined {
  return material.authorities[0]?.id
}

function idOf(name: Name): string {
  return authorityId(made[name]) ?? ''
}

const situations: readonly Situation[] = [
  { name: 'nothing is there', day: 0, expected: { write: ['', 'new', 'new'], ready: false } },
  {
    name: 'an empty Secret',
    day: 0,
    found: holding([]),
    configuration: trusting([], []),
    expected: { write: ['', 'new', 'new'], ready: false },
  },
  {
    name: 'filled, perhaps by another replica: it is served, and published in each webhook that lacks it',
    day: 0,
    found: holding(['A'], 'A', 'A'),
    configuration: trusting(['A'], []),
    expected: { serve: 'A', publish: 'A', ready: false },
  },
  {
    name: 'all is well',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: trusting(['A'], ['A']),
    seen: { A: 1000 },
    serving: 'A',
    expected: {},
  },
  {
    name: 'there is no configuration: ready, since nobody calls',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: { kind: 'none' },
    expected: { serve: 'A' },
  },
  {
    name: 'the configuration cannot be read now: who has just started is not ready',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: { kind: 'unreadable', forbidden: false },
    expected: { serve: 'A', ready: false },
  },
  {
    name: 'the configuration may not be read: that is no reason to stay away',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: { kind: 'unreadable', forbidden: true },
    expected: { serve: 'A' },
  },
  {
    name: 'two thirds of the life of the pair are over: the same authority signs another',
    day: 41,
    found: holding(['A'], 'A', 'A'),
    configuration: trusting(['A']),
    seen: { A: 1000 },
    serving: 'A',
    expected: { write: ['A', 'A', 'new'] },
  },
  {
    name: 'another pair of the same authority is served at once',
    day: 46,
    found: holding(['A'], 'A', 'A2'),
    configuration: { kind: 'unreadable', forbidden: false },
    serving: 'A',
    expected: { serve: 'A2', ready: false },
  },
  {
    name: 'CA rotation 1: its life is two thirds over: a new authority, and the pair stays',
    day: 201,
    found: holding(['A'], 'A', 'B'),
    configuration: trusting(['A']),
    serving: 'B',
    expected: { write: ['A+B', 'new', 'B'], publish: 'A+B', ready: false },
  },
  {
    name: 'CA rotation 2: both are published; nothing is signed by the new one yet',
    day: 50,
    found: holding(['B', 'A'], 'B', 'A2'),
    configuration: trusting(['A']),
    seen: { A: 1000 },
    serving: 'A2',
    expected: { publish: 'B+A' },
  },
  {
    name: 'CA rotation 3: published just now: API servers are given time to hear of it',
    day: 50,
    found: holding(['B', 'A'], 'B', 'A2'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 20 },
    serving: 'A2',
    expected: { againIn: 40 },
  },
  {
    name: 'CA rotation 3, where one webhook does not have it, or has lost it: no time counts',
    day: 50,
    found: holding(['B', 'A'], 'B', 'A2'),
    configuration: trusting(['B', 'A'], ['A']),
    seen: { A: 1000 },
    serving: 'A2',
    expected: { publish: 'B+A' },
  },
  {
    name: 'CA rotation 4: settled: the new one signs',
    day: 50,
    found: holding(['B', 'A'], 'B', 'A2'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 61 },
    serving: 'A2',
    expected: { write: ['B+A', 'B', 'new'] },
  },
  {
    name: 'CA rotation 4, while the configuration cannot be read: what was seen before does not count',
    day: 50,
    found: holding(['B', 'A'], 'B', 'A2'),
    configuration: { kind: 'unreadable', forbidden: true },
    seen: { A: 1000, B: 61 },
    serving: 'A2',
    expected: {},
  },
  {
    name: 'CA rotation 5: another replica has written it, and here it has not been seen for long enough: the old pair goes on',
    day: 210,
    found: holding(['B', 'A'], 'B', 'B'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 20 },
    serving: 'A2',
    expected: { serve: 'B', againIn: 40 },
  },
  {
    name: 'CA rotation 5, in the life of the old pair',
    day: 50,
    found: holding(['B', 'A'], 'B', 'B'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 20 },
    serving: 'A2',
    expected: { againIn: 40 },
  },
  {
    name: 'CA rotation 6: settled here, too',
    day: 50,
    found: holding(['B', 'A'], 'B', 'B'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 61 },
    serving: 'A2',
    expected: { serve: 'B' },
  },
  {
    name: 'CA rotation 7: the old authority is trusted until it expires',
    day: 299,
    found: holding(['B', 'A'], 'B', 'B2'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 1000 },
    serving: 'B2',
    expected: {},
  },
  {
    name: 'CA rotation 8: then it is dropped',
    day: 301,
    found: holding(['B', 'A'], 'B', 'B2'),
    configuration: trusting(['B', 'A']),
    seen: { A: 1000, B: 1000 },
    serving: 'B2',
    expected: { write: ['B', 'B', 'B2'], publish: 'B' },
  },
  {
    name: 'somebody deleted the Secret: what is remembered is put back',
    day: 30,
    configuration: trusting(['A']),
    seen: { A: 1000 },
    serving: 'A',
    last: holding(['A'], 'A', 'A'),
    expected: { write: ['A', 'A', 'A'] },
  },
  {
    name: 'somebody emptied it',
    day: 30,
    found: holding([]),
    configuration: trusting(['A']),
    serving: 'A',
    last: holding(['A'], 'A', 'A'),
    expected: { write: ['A', 'A', 'A'] },
  },
  {
    name: 'somebody took the key of the authority',
    day: 30,
    found: holding(['A'], undefined, 'A'),
    configuration: trusting(['A']),
    serving: 'A',
    last: holding(['A'], 'A', 'A'),
    expected: { write: ['A', 'A', 'A'] },
  },
  {
    name: 'somebody emptied the caBundle of one webhook',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: trusting(['A'], []),
    serving: 'A',
    last: holding(['A'], 'A', 'A'),
    expected: { publish: 'A', ready: false },
  },
  {
    name: 'somebody added an authority to the caBundle',
    day: 30,
    found: holding(['A'], 'A', 'A'),
    configuration: trusting(['A', 'X']),
    serving: 'A',
    expected: { publish: 'A' },
  },
  {
    name: 'only a pair that has expired: the authority that is there signs another',
    day: 70,
    found: holding(['A'], 'A'),
    configuration: trusting(['A']),
    expected: { write: ['A', 'A', 'new'], ready: false },
  },
  {
    name: 'an authority that will not last, and no pair',
    day: 250,
    found: holding(['A'], 'A'),
    configuration: trusting(['A']),
    expected: { write: ['A', 'new', 'new'], ready: false },
  },
  {
    name: "somebody's own pair and authority, without its key: it is used",
    day: 30,
    found: holding(['X'], undefined, 'X'),
    configuration: trusting(['X']),
    expected: { serve: 'X' },
  },
  {
    name: "somebody's own, while ours is served: both are trusted first",
    day: 30,
    found: holding(['X'], undefined, 'X'),
    configuration: trusting(['A']),
    seen: { A: 1000 },
    serving: 'A',
    last: holding(['A'], 'A', 'A'),
    expected: { write: ['X+A', '-', 'X'], publish: 'X+A' },
  },
  {
    name: "somebody's own, where the webhooks trust nothing but that: it is served at once",
    day: 30,
    found: holding(['X', 'A'], undefined, 'X'),
    configuration: trusting(['X']),
    serving: 'A',
    expected: { serve: 'X', publish: 'X+A' },
  },
  {
    name: "somebody's own, without its key, near its end: an authority of ours is trusted in time",
    day: 41,
    found: holding(['X'], undefined, 'X'),
    configuration: trusting(['X']),
    serving: 'X',
    expected: { write: ['X', 'new', 'X'] },
  },
]

describe('the next step', () => {
  test.each(situations)('$name', (situation) => {
    expect(told(situation)).toEqual(situation.expected)
  })
})

describe('trust', () => {
  const other = trusting(['A', 'B'], ['B'])
  test.each([
    ['all webhooks', { A: 5 }, trusting(['A', 'B'], ['B', 'A']), { A: 5, B: 9 }],
    ['not all of them', { A: 5, B: 5 }, other, { B: 5 }],
    ['no configuration', { A: 5 }, { kind: 'none' }, {}],
    ['one that cannot be read', { A: 5 }, { kind: 'unreadable', forbidden: false }, { A: 5 }],
  ] as const)('is since when it was seen in %s', (_, before, configuration, after) => {
    const mapOf = (since: Partial<Record<Name, number>>) =>
      new Map(Object.entries(since).map(([name, at]) => [idOf(name as Name), at]))
    expect(trustAfter(mapOf(before), configuration, 9)).toEqual(mapOf(after))
  })
})
