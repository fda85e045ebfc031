import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asksRegistry, decide, defaultPolicy } from '../../../src/engine/policy/index.ts'
import type { PolicyConfig } from '../../../src/engine/policy/index.ts'
import { causeNames, outcomeOf } from '../../../src/engine/verdict/index.ts'
import type { Cause, Outcome } from '../../../src/engine/verdict/index.ts'

interface Row {
  readonly name: string
  readonly config?: Partial<PolicyConfig>
  readonly labels?: Record<string, string>
  readonly maker?: 'person' | 'controller'
  readonly images: readonly { field: string; causes: string[] }[]
  readonly expect: {
    verdict: Outcome
    decision: string
    images: { field: string; outcome: string; cause: string | null; decision: string }[]
    denied: string[][]
    warned: string[][]
    audited: string[][]
    exempted: string[][]
    asksRegistry: boolean
  }
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/decisions.json', import.meta.url), 'utf8')) as {
  rows: Row[]
}

/** Causes in no order, a detail after a dot, to what the verdict would give. */
function judged(causes: readonly string[]) {
  const findings = causes.map((name) => {
    const [cause, detail] = name.split('.')
    expect(causeNames).toContain(cause)
    return { cause: cause as Cause, detail }
  })
  const outcomes = findings.map(({ cause }) => outcomeOf(cause))
  const outcome: Outcome = outcomes.includes('failing')
    ? 'failing'
    : outcomes.includes('undetermined')
      ? 'undetermined'
      : 'pullable'
  return { outcome, findings }
}

test('the decision vectors are there', () => expect(vectors.rows.length).toBeGreaterThan(20))

test.each(vectors.rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
  const { defaults, ...rest } = row.config ?? {}
  const config: PolicyConfig = { ...defaultPolicy, ...rest, defaults: { ...defaultPolicy.defaults, ...defaults } }
  const context = { config, labels: row.labels ?? {}, maker: row.maker ?? 'person' }
  const images = row.images.map(({ causes }) => judged(causes))
  const decided = decide(images, context)
  const pairs = (
    pick: (finding: (typeof decided.images)[number]['findings'][number]) => boolean,
    order: readonly string[][],
  ) => {
    const found = decided.images.flatMap(({ findings }, index) =>
      findings
        .filter(pick)
        .map(({ finding: { cause, detail } }) => [
          row.images[index]?.field ?? '',
          detail === undefined ? cause : `${cause}.${detail}`,
        ]),
    )
    // The vectors name the findings of an image in no particular order.
    return found.sort(
      (a, b) =>
        order.findIndex((pair) => String(pair) === String(a)) - order.findIndex((pair) => String(pair) === String(b)),
    )
  }
  expect({
    verdict: decided.verdict,
    decision: decided.decision,
    images: decided.images.map(({ decision, findings }, index) => ({
      field: row.images[index]?.field,
      outcome: images[index]?.outcome,
      cause: findings[0]?.finding.cause ?? null,
      decision,
    })),
    denied: pairs(({ decision }) => decision === 'deny', row.expect.denied),
    warned: pairs(({ decision }) => decision === 'warn', row.expect.warned),
    audited: pairs(({ audited }) => audited, row.expect.audited),
    exempted: pairs(({ exemption }) => exemption !== undefined, row.expect.exempted),
    asksRegistry: asksRegistry(context),
  }).toEqual({
    verdict: row.expect.verdict,
    decision: row.expect.decision,
    images: row.expect.images,
    denied: row.expect.denied,
    warned: row.expect.warned,
    audited: row.expect.audited,
    exempted: row.expect.exempted,
    asksRegistry: row.expect.asksRegistry,
  })
})

test('audit mode says that a finding would be denied, and is silent where warn is none', () => {
  const images = [judged(['manifest-unknown'])]
  const config = { ...defaultPolicy, mode: 'audit' as const }
  const said = decide(images, { config, labels: {}, maker: 'person' }).images[0]?.findings[0]
  expect(said).toMatchObject({ decision: 'warn', wouldDeny: true, audited: true })
  const silent = decide(images, { config, labels: { 'pullable.dev/warn': 'none' }, maker: 'person' }).images[0]
    ?.findings[0]
  expect(silent).toMatchObject({ decision: 'allow', wouldDeny: true, audited: true })
})

test('a label that is no level counts as none said, and labels of the prototype are no labels', () => {
  const odd = { 'pullable.dev/enforce': 'lenient' }
  expect(decide([judged(['manifest-unknown'])], { config: defaultPolicy, labels: odd, maker: 'person' }).decision).toBe(
    'deny',
  )
  const inherited = Object.create({ 'pullable.dev/exempt-manifest-unknown': 'x' }) as Record<string, string>
  expect(
    decide([judged(['manifest-unknown'])], { config: defaultPolicy, labels: inherited, maker: 'person' }).decision,
  ).toBe('deny')
})

// A namespace that may have opted out: its labels could not be read.
test.each<[name: string, config: Partial<PolicyConfig>, causes: readonly string[], decisions: readonly string[]]>([
  ['what the default would deny is a warning', {}, ['manifest-unknown', 'tag-latest'], ['warn', 'warn']],
  [
    'also where warnings are less than that',
    { defaults: { enforce: 'strict', warn: 'none', audit: 'none' } },
    ['manifest-unknown', 'rate-limited', 'tag-latest'],
    ['warn', 'warn', 'warn'],
  ],
  [
    'nothing is asked of it: nothing is said',
    { defaults: { enforce: 'none', warn: 'none', audit: 'none' } },
    ['manifest-unknown'],
    ['allow'],
  ],
  ['the floor denies', { floor: 'baseline' }, ['manifest-unknown', 'rate-limited'], ['deny', 'warn']],
  ['the level of a command line denies', { enforceAt: 'baseline' }, ['manifest-unknown'], ['deny']],
  [
    'in audit mode nothing is denied, and silence kept',
    { mode: 'audit', floor: 'strict', defaults: { enforce: 'strict', warn: 'none', audit: 'none' } },
    ['manifest-unknown'],
    ['allow'],
  ],
])('a namespace that cannot be read: %s', (_, config, causes, decisions) => {
  const context = { config: { ...defaultPolicy, ...config }, labels: undefined, maker: 'person' as const }
  const found = decide([judged(causes)], context).images[0]?.findings ?? []
  expect(found.map(({ finding, decision }) => [finding.cause, decision])).toEqual(
    causes.map((cause, at) => [cause, decisions[at]]),
  )
})
