import { describe, expect, it, test } from 'vitest'
import {
  decide,
  defaultPolicy,
  exemptionText,
  imageExemption,
  invalidLabels,
  noExemptions,
  objectExemption,
} from '../../../src/engine/policy/index.ts'
import type { Exemption, Exemptions, ExemptionSubject, PolicyConfig } from '../../../src/engine/policy/index.ts'
import { parseImagePattern, parseReference } from '../../../src/engine/reference/index.ts'
import type { Cause } from '../../../src/engine/verdict/index.ts'

function pattern(text: string) {
  const read = parseImagePattern(text)
  if (read === undefined) throw new Error(text)
  return read
}

const exemptions: Exemptions = {
  namespaces: [{ name: 'shop', reason: 'OPS-1' }, { name: 'cert-manager' }],
  users: [{ name: 'jane@corp.test' }],
  groups: [{ name: 'platform' }],
  runtimeClasses: [{ name: 'kata', reason: 'OPS-2' }],
  images: [{ name: pattern('ghcr.io/acme/*'), reason: 'OPS-3' }, { name: pattern('ghcr.io/**') }],
  registries: { '*.corp.test': 'warn', 'a.corp.test': 'skip', 'b.*.test': 'skip', 'ghcr.io': 'skip' },
}
const nobody: ExemptionSubject = { namespace: 'web', username: '', groups: [], runtimeClass: '' }

describe('an object', () => {
  it.each<[name: string, subject: Partial<ExemptionSubject>, exempt: string | undefined]>([
    ['that nothing is said of', {}, undefined],
    ['of a namespace', { namespace: 'shop' }, 'namespace shop (OPS-1)'],
    ['of a namespace that begins so', { namespace: 'shop-2' }, undefined],
    ['of a namespace in other letters', { namespace: 'Shop' }, undefined],
    ['of a user', { username: 'jane@corp.test' }, 'user jane@corp.test'],
    ['of a user who is called as a group is', { username: 'platform' }, undefined],
    ['of a user who is called as a namespace is', { username: 'shop' }, undefined],
    ['of a group', { groups: ['system:authenticated', 'platform'] }, 'group platform'],
    ['of a group that is called as a user is', { groups: ['jane@corp.test'] }, undefined],
    ['of a runtime class', { runtimeClass: 'kata' }, 'runtime-class kata (OPS-2)'],
    ['of a namespace before all others', { namespace: 'cert-manager', runtimeClass: 'kata' }, 'namespace cert-manager'],
    ['of names of the prototype', { namespace: 'constructor', username: '__proto__', groups: ['toString'] }, undefined],
  ])('%s', (_, subject, exempt) => {
    const found = objectExemption({ ...nobody, ...subject }, exemptions)
    expect(found === undefined ? undefined : exemptionText(found)).toBe(exempt)
  })

  it('is not exempt by an empty name, where nobody is known', () => {
    expect(objectExemption(nobody, noExemptions)).toBeUndefined()
  })
})

test.each([
  ['ghcr.io/acme/web:v1', { by: 'image', name: 'ghcr.io/acme/*', reason: 'OPS-3' }],
  ['ghcr.io/other/web', { by: 'image', name: 'ghcr.io/**' }],
  ['x.corp.test/web', { by: 'registry-warn', name: '*.corp.test' }],
  ['a.corp.test/web', { by: 'registry-skip', name: 'a.corp.test' }],
  ['b.corp.test/web', { by: 'registry-warn', name: '*.corp.test' }],
  ['b.other.test/web', { by: 'registry-skip', name: 'b.*.test' }],
  ['x.corp.test:443/web', undefined],
  ['x.CORP.test/web', undefined],
  ['x.y.corp.test/web', undefined],
  ['evil.test/x.corp.test/web', undefined],
  ['nginx', undefined],
])('the image %s', (image, exempt) => {
  const parsed = parseReference(image)
  if (parsed.kind === 'invalid') throw new Error(parsed.error)
  expect(imageExemption(parsed.reference, exemptions)).toEqual(exempt)
})

// decision and warnings of a registry whose findings never deny
const WARN: Exemption = { by: 'registry-warn', name: '*.corp.test' }
const NONE = { 'pullable.dev/warn': 'none' }

interface Row {
  readonly name: string
  readonly causes: readonly Cause[]
  readonly labels?: Readonly<Record<string, string>>
  readonly config?: Partial<PolicyConfig>
  readonly decisions: readonly string[]
  readonly used: boolean
}

const rows: readonly Row[] = [
  { name: 'what would be denied is a warning', causes: ['manifest-unknown'], decisions: ['warn'], used: true },
  { name: 'a matter of policy, too', causes: ['tag-missing'], decisions: ['warn'], used: true },
  {
    name: 'at strict',
    causes: ['rate-limited'],
    labels: { 'pullable.dev/enforce': 'strict' },
    decisions: ['warn'],
    used: true,
  },
  {
    name: 'below the floor',
    causes: ['manifest-unknown'],
    config: { floor: 'strict' },
    decisions: ['warn'],
    used: true,
  },
  {
    name: 'where a cause is moved to deny',
    causes: ['rate-limited'],
    config: { causes: { 'rate-limited': 'deny' } },
    decisions: ['warn'],
    used: true,
  },
  { name: 'what warns anyway does not use it', causes: ['rate-limited'], decisions: ['warn'], used: false },
  { name: 'nothing found does not use it', causes: [], decisions: [], used: false },
  {
    name: 'who silenced warnings is left in peace, and it was used',
    causes: ['manifest-unknown'],
    labels: NONE,
    decisions: ['allow'],
    used: true,
  },
  {
    name: 'nothing is enforced, so nothing uses it',
    causes: ['manifest-unknown'],
    labels: { 'pullable.dev/enforce': 'none' },
    decisions: ['warn'],
    used: false,
  },
  {
    name: 'an exempt cause does not use it',
    causes: ['manifest-unknown'],
    labels: { 'pullable.dev/exempt-manifest-unknown': 'OPS-1' },
    decisions: ['allow'],
    used: false,
  },
  {
    name: 'in audit mode it would not be denied either',
    causes: ['manifest-unknown'],
    config: { mode: 'audit' },
    decisions: ['warn'],
    used: true,
  },
]

test.each(rows)('a registry that warns: $name', ({ causes, labels = {}, config, decisions, used }) => {
  const findings = causes.map((cause) => ({ cause, detail: undefined }))
  const context = { config: { ...defaultPolicy, ...config }, labels, maker: 'person' as const }
  const decided = decide([{ outcome: 'failing', findings, exemption: WARN }], context)
  const [image] = decided.images
  expect({
    verdict: decided.verdict,
    decisions: image?.findings.map(({ decision }) => decision),
    wouldDeny: image?.findings.some(({ wouldDeny }) => wouldDeny),
    exemption: image?.exemption,
  }).toEqual({ verdict: 'failing', decisions, wouldDeny: false, exemption: used ? WARN : undefined })
})

test('the images beside it are denied as ever', () => {
  const found = { outcome: 'failing' as const, findings: [{ cause: 'manifest-unknown' as const, detail: undefined }] }
  const context = { config: defaultPolicy, labels: {}, maker: 'person' as const }
  const { decision, images } = decide([{ ...found, exemption: WARN }, found], context)
  expect([decision, ...images.map((image) => image.decision)]).toEqual(['deny', 'warn', 'deny'])
})

test.each<[name: string, labels: Readonly<Record<string, string>> | undefined, invalid: readonly string[]]>([
  ['none said', {}, []],
  ['levels', { 'pullable.dev/enforce': 'none', 'pullable.dev/warn': 'baseline', 'pullable.dev/audit': 'strict' }, []],
  ['a word', { 'pullable.dev/enforce': 'lenient' }, ['enforce baseline']],
  [
    'in other letters, empty',
    { 'pullable.dev/warn': 'Strict', 'pullable.dev/audit': '' },
    ['warn strict', 'audit strict'],
  ],
  [
    'of the prototype',
    { 'pullable.dev/warn': 'constructor', 'pullable.dev/audit': '__proto__' },
    ['warn strict', 'audit strict'],
  ],
  ['ignored, so that nothing matters', { 'pullable.dev/ignore': '', 'pullable.dev/enforce': 'x' }, []],
  ['of others', { 'pod-security.kubernetes.io/enforce': 'privileged', 'pullable.dev/enforcement': 'x' }, []],
  ['not read', undefined, []],
  ['inherited', Object.create({ 'pullable.dev/enforce': 'x' }) as Record<string, string>, []],
])('labels that say no level: %s', (_, labels, invalid) => {
  const found = invalidLabels({ config: defaultPolicy, labels })
  expect(found.map(({ mode, level }) => `${mode} ${level}`)).toEqual(invalid)
})
