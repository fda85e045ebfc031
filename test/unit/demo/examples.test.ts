import { describe, expect, test } from 'vitest'
import { demoContents } from '../../../src/edges/demo/index.ts'
import {
  EXAMPLE_CLUSTER,
  EXAMPLES,
  expectationOf,
  readAccounts,
  readExamples,
} from '../../../src/edges/demo/examples.ts'

describe('the examples', () => {
  test('are these, and each names what must come of it', async () => {
    const examples = await readExamples(EXAMPLES)
    const seen = examples.map(({ name, object, expect: { decision, causes } }) =>
      [name, `${object.kind}/${object.metadata.namespace}`, decision, ...causes].join(' '),
    )
    expect(seen).toEqual([
      '01-good Pod/shop allow',
      '02-good-private Deployment/shop allow',
      '03-no-tag Pod/shop deny tag-missing',
      '04-absent-tag Deployment/shop deny manifest-unknown',
      '05-no-secret Pod/shop deny access-denied',
      '06-wrong-password Deployment/shop deny credentials-rejected',
      '07-arm64-index Deployment/shop deny platform-none',
      '08-arm64-single Pod/shop deny platform-mismatch',
      '09-several-faults CronJob/shop deny manifest-unknown tag-missing',
      '10-rate-limit Deployment/shop warn rate-limited',
      '11-broken Pod/shop warn registry-error',
      '12-exempt Deployment/shop-migration allow manifest-unknown',
    ])
  })

  test('use every repository that the registry holds, and no other', async () => {
    const text = JSON.stringify(await readExamples(EXAMPLES))
    const named = [...text.matchAll(/"image":"registry\.demo\.test\/([a-z/]+)/g)].map((match) => match[1])
    expect([...new Set(named)].sort()).toEqual(Object.keys(demoContents().repositories).sort())
  })

  test('an account brings its pull secrets', async () => {
    expect(await readAccounts(EXAMPLE_CLUSTER)).toEqual(
      new Map([
        ['shop/default', []],
        ['shop/billing', ['registry-login']],
        ['shop-migration/default', []],
      ]),
    )
  })
})

test.each([
  ['# expect: allow', { decision: 'allow', causes: [] }],
  [
    '# words\n# expect: deny manifest-unknown tag-missing\nkind: Pod',
    { decision: 'deny', causes: ['manifest-unknown', 'tag-missing'] },
  ],
  ['# expect: deny manifest-unknwon', undefined],
  ['# expect: refuse', undefined],
  ['  # expect: allow', undefined],
  ['kind: Pod', undefined],
])('%j expects %j', (text, expected) => {
  expect(expectationOf(text)).toEqual(expected)
})
