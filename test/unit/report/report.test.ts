import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide, defaultPolicy, invalidLabels } from '../../../src/engine/policy/index.ts'
import type { Exemption, PolicyConfig } from '../../../src/engine/policy/index.ts'
import {
  auditAnnotations,
  checkReport,
  denialText,
  exemptAnnotations,
  exemptResult,
  invalidLabelLine,
  objectText,
  resultOf,
  summaryText,
  warningLines,
} from '../../../src/engine/report/index.ts'
import type { ObjectResult, Style } from '../../../src/engine/report/index.ts'
import { causeNames } from '../../../src/engine/verdict/index.ts'
import type { Cause, Finding, ImageVerdict } from '../../../src/engine/verdict/index.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function finding(cause: Cause, message = 'because', fix = 'mend it', detail?: string): Finding {
  return { cause, detail, message, fix }
}

function image(at: number, name: string, outcome: ImageVerdict['outcome'], ...findings: Finding[]): ImageVerdict {
  return { field: `spec.containers[${at}].image`, image: name, outcome, findings, notes: [], resolved: undefined }
}

function report(
  verdicts: readonly (ImageVerdict & { readonly exemption?: Exemption })[],
  labels: Readonly<Record<string, string>> = {},
  config: Partial<PolicyConfig> = {},
) {
  const decided = decide(verdicts, { config: { ...defaultPolicy, ...config }, labels, maker: 'person' })
  const object = { source: 'shop.yaml', document: 2, kind: 'Pod', namespace: 'shop', name: 'web' }
  const result = resultOf(object, verdicts, decided)
  const wouldDeny = (at: number, which: number) => decided.images[at]?.findings[which]?.wouldDeny === true
  const invalid = invalidLabels({ config: defaultPolicy, labels })
  return {
    result,
    decided,
    warnings: warningLines(result, wouldDeny),
    annotations: auditAnnotations(result, decided, invalid),
    invalid: invalid.map((label) => invalidLabelLine(label, 'shop')),
  }
}

test('the JSON form, whole', () => {
  const { result } = report([
    {
      ...image(0, 'ghcr.io/acme/web', 'failing', finding('tag-missing'), finding('manifest-invalid', 'm', 'f', 'size')),
      notes: [{ code: 'digest-available', message: 'pin it' }],
      resolved: { digest: DIGEST, platforms: ['linux/amd64'] },
    },
    image(1, 'nginx:1', 'pullable'),
  ])
  expect(JSON.parse(JSON.stringify(checkReport([result])))).toEqual({
    apiVersion: 'pullable.dev/v1',
    kind: 'CheckReport',
    results: [
      {
        source: 'shop.yaml',
        document: 2,
        kind: 'Pod',
        namespace: 'shop',
        name: 'web',
        verdict: 'failing',
        decision: 'deny',
        images: [
          {
            field: 'spec.containers[0].image',
            image: 'ghcr.io/acme/web',
            resolved: { reference: 'ghcr.io/acme/web:latest', digest: DIGEST, platforms: ['linux/amd64'] },
            outcome: 'failing',
            cause: 'manifest-invalid',
            decision: 'deny',
            message: 'm',
            fix: 'f',
            findings: [
              {
                cause: 'manifest-invalid',
                detail: 'size',
                outcome: 'failing',
                decision: 'deny',
                message: 'm',
                fix: 'f',
              },
              { cause: 'tag-missing', outcome: null, decision: 'deny', message: 'because', fix: 'mend it' },
            ],
            notes: [{ code: 'digest-available', message: 'pin it' }],
          },
          {
            field: 'spec.containers[1].image',
            image: 'nginx:1',
            resolved: null,
            outcome: 'pullable',
            cause: null,
            decision: 'allow',
            message: null,
            fix: null,
            findings: [],
            notes: [],
          },
        ],
      },
    ],
    summary: { objects: 1, pullable: 0, failing: 1, undetermined: 0, denied: 1, warned: 0 },
  })
})

test('an object without images is pullable', () => {
  expect(report([]).result).toMatchObject({ verdict: 'pullable', decision: 'allow', images: [] })
})

test.each([
  ['nothing', [image(0, 'a:1', 'pullable')], undefined],
  ['a warning denies nothing', [image(0, 'a:1', 'undetermined', finding('rate-limited'))], undefined],
  [
    'one',
    [image(0, 'a:1', 'failing', finding('access-denied', 'no', 'yes'))],
    'spec.containers[0].image "a:1": access-denied: no. Fix: yes',
  ],
  [
    'in the order of the fields, the worst of an image first, warnings left out',
    [
      image(0, 'a', 'failing', finding('tag-missing'), finding('manifest-unknown'), finding('rate-limited')),
      image(1, 'b:1', 'failing', finding('reference-invalid')),
    ],
    [
      'spec.containers[0].image "a": manifest-unknown: because. Fix: mend it',
      'spec.containers[0].image "a": tag-missing: because. Fix: mend it',
      'spec.containers[1].image "b:1": reference-invalid: because. Fix: mend it',
    ].join('\n'),
  ],
  [
    'an image that plays tricks',
    [image(0, 'a\n\u001b[2J\u202eb', 'failing', finding('reference-invalid'))],
    'spec.containers[0].image "a [2J b": reference-invalid: because. Fix: mend it',
  ],
] as const)('the denial: %s', (_, verdicts, text) => {
  expect(denialText(report(verdicts).result)).toBe(text)
})

const denying = (count: number, message: string) =>
  Array.from({ length: count }, (_, at) =>
    image(at, 'ghcr.io/acme/web:v2', 'failing', finding('manifest-unknown', message)),
  )

test('the denial of 200 containers fits 1 KiB, and counts the rest', () => {
  const lines = denialText(report(denying(200, 'no tag "v2" in ghcr.io/acme/web')).result)?.split('\n') ?? []
  expect(lines.slice(0, -1)).toEqual(
    lines
      .slice(0, -1)
      .map(
        (_, at) =>
          `spec.containers[${at}].image "ghcr.io/acme/web:v2": manifest-unknown: no tag "v2" in ghcr.io/acme/web. Fix: mend it`,
      ),
  )
  expect(lines.length).toBeGreaterThan(7)
  expect(lines.at(-1)).toBe(`and ${200 - lines.length + 1} more`)
})

test('one huge line is cut, and says so', () => {
  const text = denialText(report(denying(1, 'é'.repeat(5000))).result) ?? ''
  expect([Buffer.byteLength(text) > 950, Buffer.byteLength(text) <= 1024, text.endsWith('é…')]).toEqual([
    true,
    true,
    true,
  ])
  expect(denialText(report(denying(3, 'é'.repeat(5000))).result)).toBe(`${text}\nand 2 more`)
})

test('whatever is denied, the text is at most 1 KiB of whole characters, and accounts for every finding', () => {
  const messages = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(messages, fc.string({ unit: 'binary', maxLength: 300 }), (said, name) => {
      const verdicts = said.map((message, at) =>
        image(at, name, 'failing', finding('manifest-unknown', message.replace(/[\r\n]/g, ' '))),
      )
      const text = denialText(report(verdicts).result) ?? ''
      const lines = text.split('\n')
      const more = Number(/^and (\d+) more$/.exec(lines.at(-1) ?? '')?.[1] ?? 0)
      return (
        Buffer.byteLength(text) <= 1024 &&
        !text.includes('\uFFFD') === !said.join('').includes('\uFFFD') &&
        lines.length - (more > 0 ? 1 : 0) + more === said.length
      )
    }),
    { numRuns: 100 },
  )
})

test('warnings: one line each, 1 KiB in all, and the rest counted', () => {
  const warned = (message: string) =>
    report(Array.from({ length: 30 }, (_, at) => image(at, 'a:1', 'undetermined', finding('rate-limited', message))))
      .warnings
  const long = warned('w'.repeat(900))
  expect([long.length, long.at(-1)]).toEqual([2, 'pullable: and 29 more warnings'])
  const short = warned('slow')
  expect(short.length).toBeGreaterThan(8)
  expect(short.at(-1)).toBe(`pullable: and ${31 - short.length} more warnings`)
  for (const warnings of [long, short]) expect(Buffer.byteLength(warnings.join('\n'))).toBeLessThanOrEqual(1024)
})

test('a denied object warns of what does not deny', () => {
  const { warnings, annotations } = report([
    image(0, 'a:1', 'failing', finding('manifest-unknown')),
    image(1, 'b:latest', 'undetermined', finding('rate-limited'), finding('tag-latest')),
  ])
  expect(warnings).toEqual([
    'spec.containers[1].image "b:latest": rate-limited: because. Fix: mend it',
    'spec.containers[1].image "b:latest": tag-latest: because. Fix: mend it',
  ])
  expect(annotations).toEqual({
    decision: 'deny',
    verdict: 'failing',
    findings:
      'spec.containers[0].image: manifest-unknown, spec.containers[1].image: rate-limited, spec.containers[1].image: tag-latest',
  })
})

test('mode audit: would be denied, and is annotated', () => {
  const verdicts = [image(0, 'a:1', 'failing', finding('manifest-unknown'))]
  const { result, warnings, annotations } = report(verdicts, {}, { mode: 'audit' })
  expect(denialText(result)).toBe(undefined)
  expect(warnings).toEqual(['would be denied: spec.containers[0].image "a:1": manifest-unknown: because. Fix: mend it'])
  expect(annotations).toEqual({
    decision: 'warn',
    verdict: 'failing',
    findings: 'spec.containers[0].image: manifest-unknown',
    'would-deny': 'spec.containers[0].image: manifest-unknown',
  })
})

test('an exemption is annotated; the outcome stays', () => {
  const verdicts = [image(0, 'a:1', 'undetermined', finding('registry-unreachable', 'm', 'f', 'dns'))]
  const { result, warnings, annotations } = report(verdicts, { 'pullable.dev/exempt-registry-unreachable': 'OPS-1' })
  expect([result.verdict, result.decision, warnings]).toEqual(['undetermined', 'allow', []])
  expect(result.images[0]?.findings[0]?.exempt).toEqual({
    by: 'label',
    name: 'pullable.dev/exempt-registry-unreachable',
    reason: 'OPS-1',
  })
  expect(objectText(result, style, false).split('\n').slice(-3)).toEqual([
    '    Fix: f',
    '    exempt: label pullable.dev/exempt-registry-unreachable (OPS-1)',
    '',
  ])
  expect(annotations).toEqual({
    decision: 'allow',
    verdict: 'undetermined',
    exempt: 'spec.containers[0].image: registry-unreachable.dns',
  })
})

const BY_IMAGE: Exemption = { by: 'image', name: 'ghcr.io/acme/*', reason: 'OPS-12' }
const LENIENT: Exemption = { by: 'registry-warn', name: '*.corp.test' }

test('exempt images are annotated and reported, each with what exempts it', () => {
  const { result, warnings, annotations } = report([
    { ...image(0, 'ghcr.io/acme/web', 'pullable'), exemption: BY_IMAGE },
    { ...image(1, 'a.corp.test/x:1', 'failing', finding('manifest-unknown')), exemption: LENIENT },
    { ...image(2, 'a.corp.test/x:2', 'undetermined', finding('rate-limited')), exemption: LENIENT },
    { ...image(3, 'b:1', 'pullable'), exemption: { by: 'registry-skip', name: 'docker.io' } },
  ])
  expect([result.verdict, result.decision]).toEqual(['failing', 'warn'])
  expect(result.images.map(({ decision, exempt }) => [decision, exempt])).toEqual([
    ['allow', BY_IMAGE],
    ['warn', LENIENT],
    ['warn', undefined],
    ['allow', { by: 'registry-skip', name: 'docker.io' }],
  ])
  expect(warnings).toEqual([
    'spec.containers[1].image "a.corp.test/x:1": manifest-unknown: because. Fix: mend it',
    'spec.containers[2].image "a.corp.test/x:2": rate-limited: because. Fix: mend it',
  ])
  expect(annotations).toEqual({
    decision: 'warn',
    verdict: 'failing',
    findings: 'spec.containers[1].image: manifest-unknown, spec.containers[2].image: rate-limited',
    exempt:
      'spec.containers[0].image: image ghcr.io/acme/* (OPS-12), spec.containers[1].image: registry-warn *.corp.test, spec.containers[3].image: registry-skip docker.io',
  })
})

test('an exempt object says by what', () => {
  const exemption: Exemption = { by: 'namespace', name: 'shop', reason: 'the move, until May' }
  const object = { source: 'shop.yaml', document: 2, kind: 'Pod', namespace: 'shop', name: 'web' }
  expect(exemptAnnotations(exemption)).toEqual({ exempt: 'namespace shop (the move, until May)' })
  const result = exemptResult(object, exemption)
  expect(result).toEqual({ ...object, verdict: 'pullable', decision: 'allow', images: [], exempt: exemption })
  expect([objectText(result, style, false), objectText(result, style, true)]).toEqual([
    'shop.yaml: Pod shop/web: allowed\n  exempt: namespace shop (the move, until May)\n',
    '',
  ])
})

test('as text: what exempts an image', () => {
  const { result } = report([
    { ...image(0, 'ghcr.io/acme/web', 'pullable'), exemption: BY_IMAGE },
    { ...image(1, 'a.corp.test/x:1', 'failing', finding('manifest-unknown')), exemption: LENIENT },
  ])
  expect(objectText(result, style, false).split('\n')).toEqual([
    'shop.yaml: Pod shop/web: warned (failing)',
    '  spec.containers[0].image "ghcr.io/acme/web"',
    '    exempt: image ghcr.io/acme/* (OPS-12)',
    '  spec.containers[1].image "a.corp.test/x:1"',
    '    manifest-unknown: because',
    '    Fix: mend it',
    '    exempt: registry-warn *.corp.test',
    '',
  ])
  expect(objectText(result, style, true)).not.toContain('exempt')
})

test('labels that say no level', () => {
  const labels = { 'pullable.dev/enforce': 'len\u001bient', 'pullable.dev/warn': 'none', 'pullable.dev/audit': '' }
  const { annotations, invalid } = report([image(0, 'a:1', 'pullable')], labels)
  expect(annotations).toEqual({ decision: 'allow', verdict: 'pullable', 'invalid-labels': 'enforce, audit' })
  expect(invalid).toEqual([
    'label pullable.dev/enforce of namespace shop is "len ient", not none, baseline or strict: the default holds, baseline',
    'label pullable.dev/audit of namespace shop is "", not none, baseline or strict: the default holds, strict',
  ])
})

const plain = (text: string) => text
const style: Style = { bold: plain, dim: plain, red: plain, yellow: plain, green: plain }
const tagged = (name: string) => (text: string) => `<${name}>${text}</>`
const coloured: Style = {
  bold: plain,
  dim: tagged('dim'),
  red: tagged('red'),
  yellow: tagged('yellow'),
  green: tagged('green'),
}

const mixed: ObjectResult = report([
  {
    ...image(0, 'a', 'failing', finding('manifest-unknown'), finding('tag-latest')),
    notes: [{ code: 'host-assumed', message: 'n' }],
  },
  { ...image(1, 'b:1', 'pullable'), notes: [{ code: 'digest-available', message: 'not shown' }] },
]).result

test.each([
  [
    'whole',
    style,
    false,
    [
      'shop.yaml: Pod shop/web: denied (failing)',
      '  spec.containers[0].image "a"',
      '    manifest-unknown: because',
      '    Fix: mend it',
      '  spec.containers[0].image "a"',
      '    tag-latest: because',
      '    Fix: mend it',
      '    note: host-assumed: n',
    ],
  ],
  [
    'quiet, in colour',
    coloured,
    true,
    [
      'shop.yaml: Pod shop/web: <red>denied</><dim> (failing)</>',
      '  spec.containers[0].image "a"',
      '    <red>manifest-unknown</>: because',
      '    Fix: mend it',
      '  spec.containers[0].image "a"',
      '    <yellow>tag-latest</>: because',
      '    Fix: mend it',
    ],
  ],
] as const)('as text: %s', (_, how, quiet, lines) => {
  expect(objectText(mixed, how, quiet)).toBe(`${lines.join('\n')}\n`)
})

test('as text: what is allowed is silent where it should be quiet', () => {
  const { result } = report([image(0, 'a:1', 'pullable')])
  expect([objectText(result, style, false), objectText(result, style, true)]).toEqual([
    'shop.yaml: Pod shop/web: allowed\n',
    '',
  ])
})

test('the last line', () => {
  const allowed = report([image(0, 'a:1', 'pullable')]).result
  expect(summaryText([mixed, allowed], 0, 0, style)).toBe('2 objects: 1 denied, 0 warned, 1 allowed\n')
  expect(summaryText([allowed], 2, 1, style)).toBe(
    '1 object: 0 denied, 0 warned, 1 allowed, 2 skipped (no Kubernetes object), 1 broken\n',
  )
})

test('every cause leads in its place', () => {
  const all = [...causeNames].reverse().map((cause) => finding(cause))
  const { result } = report([image(0, 'a', 'failing', ...all)], {
    'pullable.dev/enforce': 'none',
    'pullable.dev/warn': 'none',
  })
  expect(result.images[0]?.findings.map(({ cause }) => cause)).toEqual(causeNames)
})

test('a warning that an API server cuts to 256 characters still names the field, the image and the cause', () => {
  const name = `registry.example.com/${'a'.repeat(200)}:v1`
  const [verdict] = [
    image(0, name, 'undetermined', finding('registry-unreachable', 'x'.repeat(300), 'mend it', 'proxy')),
  ]
  const field = 'spec.jobTemplate.spec.template.spec.initContainers[12].image'
  const { warnings } = report([{ ...verdict, field }])
  expect(warnings[0]?.slice(0, 200)).toContain(
    `${field} "registry.example.com/${'a'.repeat(78)}…": registry-unreachable: `,
  )
})
