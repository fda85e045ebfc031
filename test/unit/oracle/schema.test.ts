import { describe, expect, it } from 'vitest'
import { readObjects } from '../../oracle/objects.ts'
import { createPlaces } from '../../oracle/places.ts'
import { readScenarios } from '../../oracle/schema.ts'
import { buildImage } from '../../support/scripted-images.ts'

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [] }\n'

const good = {
  name: 'one',
  mechanism: 'the tag is there',
  input: 'kind: Pod # $NAME in $NAMESPACE',
  expect: { node: 'runs', cause: null },
}

it('reads every document, and puts the name in', () => {
  const text = [good, { ...good, name: 'two' }].map((each) => JSON.stringify(each)).join('\n---\n')
  expect(readScenarios(text)).toEqual([
    { ...good, input: 'kind: Pod # one in oracle-one' },
    { ...good, name: 'two', input: 'kind: Pod # two in oracle-two' },
  ])
})

describe('refuses', () => {
  const rows: Readonly<Record<string, readonly [change: object, says: string]>> = {
    'a name that is no label': [{ name: 'One' }, 'One'],
    'no mechanism': [{ mechanism: undefined }, 'mechanism'],
    'a key that it does not know': [{ inputs: '' }, 'inputs'],
    'a key of a server that it does not know': [{ server: { image: {} } }, 'image'],
    'a node that does something else': [{ expect: { node: 'hangs', cause: null } }, 'node'],
    'a cause that is none': [{ expect: { node: 'runs', cause: 'unknown' } }, 'cause'],
    'an exception without its reason': [{ exception: 'unknowable' }, 'exception'],
    'a file that no node reads': [{ files: { 'hosts.toml': '' } }, 'hosts.toml'],
  }
  for (const [title, [change, says]] of Object.entries(rows)) {
    it(title, () => expect(() => readScenarios(JSON.stringify({ ...good, ...change }))).toThrow(says))
  }
})

describe('places', () => {
  const app = buildImage({ index: ['linux/amd64', 'linux/arm64'] })
  const values = new Map([
    ['HOST', 'host-one.lab.test:4001'],
    ['HOST_PORT', '4001'],
    ['HOST_NAME', 'host-one.lab.test'],
    ['PASSWORD', 'secret'],
  ])
  const places = createPlaces(values, (name = 'app:v1') => (name === 'app:v1' ? app : undefined))

  it('puts values in, and hosts back', () => {
    const rows = {
      '$HOST/app:v1': 'host-one.lab.test:4001/app:v1',
      '*.lab.test:$HOST_PORT': '*.lab.test:4001',
      '$ORIGIN/token': '$ORIGIN/token',
      'app@$DIGEST{app:v1}': `app@${app.digest}`,
      'app@$DIGEST': `app@${app.digest}`,
      '$BASE64{ann:secret\\n}': Buffer.from('ann:secret\n').toString('base64'),
    }
    for (const [text, placed] of Object.entries(rows)) expect(places.place(text)).toBe(placed)
    expect(places.place('$CHILD{app:v1 1}')).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(places.place('$CHILD{app:v1 1}')).not.toBe(places.place('$CHILD{app:v1 0}'))
    expect(places.place('$SHA512')).toMatch(/^sha512:[0-9a-f]{128}$/)
    expect(places.placeAll([{ $HOST: '$PASSWORD', n: 1 }])).toEqual([{ 'host-one.lab.test:4001': 'secret', n: 1 }])
    expect(places.unplace('at host-one.lab.test:4001, host-one.lab.test: secret')).toBe('at $HOST, $HOST_NAME: secret')
  })

  it('does not guess', () => {
    for (const text of ['$HOTS', '$DIGEST{app:v2}', '$TIME{now}']) expect(() => places.place(text)).toThrow()
  })
})

describe('objects', () => {
  it('are in the namespace of the scenario, with an account', () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: regcred }\n'
    const objects = readObjects({ name: 'one' }, [POD, secret].join('---\n'))
    const names = (of: readonly { readonly metadata: object }[]): readonly object[] =>
      of.map(({ metadata }) => metadata)
    expect(names(objects.namespaces)).toEqual([{ name: 'oracle-one' }])
    expect(names(objects.others)).toEqual([
      { name: 'default', namespace: 'oracle-one' },
      { name: 'regcred', namespace: 'oracle-one' },
    ])
    expect(objects.workload).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'oracle-one' },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        hostNetwork: true,
        terminationGracePeriodSeconds: 0,
        containers: [],
      },
    })
  })

  it('keep fake nodes to themselves', () => {
    const node = 'apiVersion: v1\nkind: Node\nmetadata: { name: one-arm }\n'
    const objects = readObjects({ name: 'one' }, [POD, node].join('---\n'))
    expect(objects.nodes.map(({ spec }) => spec)).toEqual([
      { taints: [{ key: 'oracle.lab.test/one', effect: 'NoSchedule' }], unschedulable: true },
    ])
    expect(objects.workload['spec']).toMatchObject({
      tolerations: [{ key: 'oracle.lab.test/one', operator: 'Exists' }],
    })
    expect(() => readObjects({ name: 'two' }, [POD, node].join('---\n'))).toThrow('one-arm')
  })

  it('are one workload, and what is known', () => {
    expect(() => readObjects({ name: 'one' }, [POD, POD].join('---\n'))).toThrow('exactly one')
    expect(() => readObjects({ name: 'one' }, `${POD}---\nkind: ConfigMap\n`)).toThrow('ConfigMap')
  })
})
