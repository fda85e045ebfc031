import { describe, expect, it } from 'vitest'
import { checkedRewriting, mutatorsOfView, rewritingOf } from '../../../src/commands/rewriting.ts'
import { loadConfig } from '../../../src/edges/config/index.ts'
import type { Config } from '../../../src/edges/config/index.ts'
import { declaredMutators } from '../../../src/edges/manifests/index.ts'
import type { Read, ReadMutators } from '../../../src/engine/review/index.ts'

const { signal } = new AbortController()
const none: Read<readonly never[]> = { kind: 'found', value: [] }

async function config(): Promise<Config> {
  const text = 'mutators: { harmless: [inject.test] }'
  const reading = await loadConfig({
    command: 'serve',
    argv: ['--config', 'p.yaml'],
    env: {},
    readFile: () => Promise.resolve(text),
  })
  if (reading.kind !== 'config') throw new Error(reading.kind)
  return reading.config
}

/** Gives these answers, in order. */
function given(...answers: readonly Read<readonly never[]>[]): { read: ReadMutators; asked: () => number } {
  let asked = 0
  return { read: () => Promise.resolve(answers[asked++] ?? none), asked: () => asked }
}

describe('rewriting', () => {
  it('in the webhook: what cannot be read may hide a rewriter', async () => {
    const { read } = given()
    expect(rewritingOf(await config(), read)).toEqual({ mutators: read, harmless: ['inject.test'], unread: 'rewriter' })
    expect(rewritingOf(await config(), undefined)).toBeUndefined()
  })

  it('in check: what may not be read is told once, and not asked for again', async () => {
    const said: string[] = []
    const forbidden = { kind: 'unreadable', detail: 'forbidden' } as const
    const { read, asked } = given(forbidden)
    const rewriting = checkedRewriting(await config(), read, (message) => said.push(message))
    expect([await rewriting?.mutators(signal), await rewriting?.mutators(signal)]).toEqual([forbidden, forbidden])
    expect([rewriting?.unread, asked(), said]).toEqual([
      'none',
      1,
      ['mutating webhooks and policies may not be read: everything is judged as if nothing rewrote it'],
    ])
  })

  it('in check: a cluster that is away is not waited for again, and told elsewhere', async () => {
    const said: string[] = []
    const { read, asked } = given({ kind: 'unreadable', detail: 'unreachable' })
    const rewriting = checkedRewriting(await config(), read, (message) => said.push(message))
    await rewriting?.mutators(signal)
    expect([await rewriting?.mutators(signal), asked(), said]).toMatchObject([{ kind: 'unreadable' }, 1, []])
  })
})

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const configuration = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'a' },
  webhooks: [{ name: 'rewrite.test', rules }],
}
const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1beta1',
  kind: 'MutatingAdmissionPolicy',
  metadata: { name: 'pin' },
  spec: { matchConstraints: { resourceRules: rules } },
}
const binding = { ...policy, kind: 'MutatingAdmissionPolicyBinding', spec: { policyName: 'pin' } }

it.each<[string, readonly Record<string, unknown>[], readonly string[]]>([
  ['nothing', [], []],
  ['a webhook', [configuration], ['rewrite.test']],
  ['a policy that is not bound', [policy], []],
  ['one that is', [binding, policy], ['pin']],
  ['the same kinds of another group', [{ ...configuration, apiVersion: 'acme.test/v1' }], []],
  ['a validating one', [{ ...configuration, kind: 'ValidatingWebhookConfiguration' }], []],
  ['no apiVersion', [{ kind: 'MutatingWebhookConfiguration', webhooks: configuration.webhooks }], []],
])('a declared cluster with %s', async (_, objects, names) => {
  expect(declaredMutators(objects).map(({ name }) => name)).toEqual(names)
  const documents = objects.map((object, at) => ({ source: 'a.yaml', document: at + 1, line: 1, object }))
  const read = await mutatorsOfView({ documents, problems: [], skipped: 0 })(signal)
  expect(read.kind === 'found' && read.value.map(({ name }) => name)).toEqual(names)
})
