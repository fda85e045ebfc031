import { expect, it } from 'vitest'
import { decide, defaultPolicy } from '../../../src/engine/policy/index.ts'
import type { PolicyConfig } from '../../../src/engine/policy/index.ts'
import type { Cause, Outcome } from '../../../src/engine/verdict/index.ts'

const failing = { outcome: 'failing', findings: [{ cause: 'manifest-unknown', detail: undefined }] } as const
const unknown = { outcome: 'undetermined', findings: [{ cause: 'rate-limited', detail: undefined }] } as const
const untagged = { outcome: 'pullable', findings: [{ cause: 'tag-missing', detail: undefined }] } as const

interface Row {
  readonly name: string
  readonly config?: Partial<PolicyConfig>
  readonly labels?: Readonly<Record<string, string>>
  readonly image: { readonly outcome: Outcome; readonly findings: readonly { cause: Cause; detail: undefined }[] }
  /** What is decided of a pod, and of what may yet change. */
  readonly expected: readonly [pod: string, advisory: string]
}

const rows: readonly Row[] = [
  { name: 'what fails', image: failing, expected: ['deny', 'warn'] },
  { name: 'a matter of policy', image: untagged, expected: ['deny', 'warn'] },
  { name: 'what is warned of anyway', image: unknown, expected: ['warn', 'warn'] },
  {
    name: 'what is denied by its cause',
    config: { causes: { 'rate-limited': 'deny' } },
    image: unknown,
    expected: ['deny', 'warn'],
  },
  {
    name: 'an exemption',
    labels: { 'pullable.dev/exempt-manifest-unknown': 'T-1' },
    image: failing,
    expected: ['allow', 'allow'],
  },
  {
    name: 'warnings at a lower level than enforce',
    labels: { 'pullable.dev/warn': 'baseline', 'pullable.dev/enforce': 'strict' },
    config: { causes: {} },
    image: { outcome: 'pullable', findings: [{ cause: 'tag-latest', detail: undefined }] },
    expected: ['deny', 'warn'],
  },
  {
    name: 'warnings that are silenced',
    labels: { 'pullable.dev/warn': 'none' },
    image: failing,
    expected: ['deny', 'allow'],
  },
  {
    name: 'a namespace that enforces nothing',
    labels: { 'pullable.dev/enforce': 'none' },
    image: failing,
    expected: ['warn', 'warn'],
  },
]

it.each(rows)('$name: $expected', ({ config, labels = {}, image, expected }) => {
  const context = { config: { ...defaultPolicy, ...config }, labels, maker: 'person' } as const
  const decisions = [false, true].map((advisory) => decide([image], { ...context, advisory }).decision)
  expect(decisions).toEqual(expected)
})

it('the outcome stays, and it is audited, but would not be denied', () => {
  const config: PolicyConfig = { ...defaultPolicy, mode: 'audit' }
  const decided = decide([failing], { config, labels: {}, maker: 'person', advisory: true })
  expect([decided.verdict, decided.images[0]?.findings[0]]).toMatchObject([
    'failing',
    { decision: 'warn', audited: true, wouldDeny: false },
  ])
})
