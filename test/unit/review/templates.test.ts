import { describe, expect, it } from 'vitest'
import type { Read } from '../../../src/engine/review/index.ts'
import { admit, check, deployment, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const absent = { '*': { kind: 'absent', what: 'manifest' } } as const
const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
const rewriter = { name: 'rewrite.test', rules: [rule] }
const forbidden: Read<never> = { kind: 'unreadable', detail: 'forbidden' }

const image = 'ghcr.io/acme/web:v2'
const web = deployment([image])
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ image }] } } },
}

interface Row {
  readonly name: string
  readonly world: World
  readonly object: object
  readonly says: 'deny' | 'warn'
  readonly advisory?: string
}

const by = 'may be rewritten by webhook rewrite.test'
const unread = 'mutating webhooks could not be read'

const rows: readonly Row[] = [
  { name: 'nothing rewrites', world: { mutators: [] }, object: web, says: 'deny' },
  { name: 'nobody looks', world: {}, object: web, says: 'deny' },
  { name: 'something rewrites', world: { mutators: [rewriter] }, object: web, says: 'warn', advisory: by },
  {
    name: 'something rewrites what a Job makes',
    world: { mutators: [rewriter] },
    object: job,
    says: 'warn',
    advisory: by,
  },
  { name: 'a pod has been rewritten', world: { mutators: [rewriter] }, object: pod([image]), says: 'deny' },
  {
    name: 'it is known to be harmless',
    world: { mutators: [rewriter], harmless: ['rewrite.test'] },
    object: web,
    says: 'deny',
  },
  {
    name: 'it is for other namespaces',
    world: { mutators: [{ ...rewriter, namespaceSelector: { matchLabels: { team: 'db' } } }], labels: { team: 'web' } },
    object: web,
    says: 'deny',
  },
  {
    name: 'it is for other pods',
    world: { mutators: [{ ...rewriter, objectSelector: { matchLabels: { rewrite: 'yes' } } }] },
    object: web,
    says: 'deny',
  },
  {
    name: 'what rewrites may not be read',
    world: { mutators: forbidden },
    object: web,
    says: 'warn',
    advisory: unread,
  },
  { name: 'a pod, where it may not be read', world: { mutators: forbidden }, object: pod([image]), says: 'deny' },
  {
    name: 'no cluster says what rewrites',
    world: { mutators: { kind: 'unsaid' } },
    object: web,
    says: 'deny',
  },
  {
    name: 'templates: deny',
    world: { mutators: [rewriter], policy: { templates: 'deny' } },
    object: web,
    says: 'deny',
  },
  {
    name: 'templates: warn',
    world: { mutators: [], policy: { templates: 'warn' } },
    object: web,
    says: 'warn',
    advisory: 'templates: warn',
  },
  {
    name: 'templates: warn, and a pod',
    world: { policy: { templates: 'warn' } },
    object: pod([image]),
    says: 'deny',
  },
]

describe('a template', () => {
  it.each(rows)('$name: $says', async ({ world, object, says, advisory }) => {
    const { allowed, warned, said, response } = await admit({ answers: absent, ...world }, object)
    const lines = says === 'deny' ? said : warned
    expect([allowed, lines.map((line) => line.split(': ')[1])]).toEqual([says === 'warn', ['manifest-unknown']])
    expect(response.auditAnnotations?.['advisory']).toBe(advisory)
    expect(response.auditAnnotations?.['decision']).toBe(says)
  })

  it('that is as it should be asks nobody what rewrites', async () => {
    const { allowed, read, response } = await admit({ mutators: [rewriter] }, web)
    expect([allowed, read.includes('mutators'), response.auditAnnotations?.['advisory']]).toEqual([
      true,
      false,
      undefined,
    ])
  })

  it('is warned of without "would be denied" in mode audit, since it would not be', async () => {
    const world: World = { answers: absent, mutators: [rewriter], policy: { mode: 'audit' } }
    const { warned, response } = await admit(world, web)
    expect([warned[0]?.startsWith('spec.template'), response.auditAnnotations?.['would-deny']]).toEqual([
      true,
      undefined,
    ])
    expect((await admit({ ...world, mutators: [] }, web)).warned[0]).toMatch(/^would be denied: spec\.template/)
  })

  it('is left in peace where its namespace silenced warnings', async () => {
    const labels = { 'pullable.dev/warn': 'none', 'pullable.dev/enforce': 'baseline' }
    const { allowed, warned } = await admit({ answers: absent, mutators: [rewriter], labels }, web)
    expect([allowed, warned]).toEqual([true, []])
  })
})

describe('check', () => {
  const decision = async (world: World, object: object): Promise<string | undefined> => {
    const { reviewed } = await check({ answers: absent, unread: 'none', ...world }, object)
    return reviewed.kind === 'reviewed' ? reviewed.result.decision : reviewed.kind
  }
  const decisions: readonly (readonly [string, World, object, string])[] = [
    ['a template', {}, web, 'deny'],
    ['a template that something rewrites', { mutators: [rewriter] }, web, 'warn'],
    ['a pod that something rewrites, once it is applied', { mutators: [rewriter] }, pod([image]), 'warn'],
    ['where that may not be read', { mutators: forbidden }, web, 'deny'],
    ['templates: warn', { policy: { templates: 'warn' } }, web, 'warn'],
    ['templates: warn, and a pod', { policy: { templates: 'warn' } }, pod([image]), 'deny'],
  ]
  it.each(decisions)('%s', async (_, world, object, expected) => {
    expect(await decision(world, object)).toBe(expected)
  })
})
