import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { noExemptions } from '../../../src/engine/policy/index.ts'
import type { Exemptions } from '../../../src/engine/policy/index.ts'
import { parseImagePattern } from '../../../src/engine/reference/index.ts'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { admit, check, deployment, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const ABSENT: ImageFact = { kind: 'absent', what: 'manifest' }
const WEB = 'ghcr.io/acme/web:v2'
const OTHER = 'quay.io/acme/web:v2'

function images(...patterns: string[]): Pick<Exemptions, 'images'> {
  return {
    images: patterns.map((text) => {
      const name = parseImagePattern(text)
      if (name === undefined) throw new Error(text)
      return { name }
    }),
  }
}

/** Where no image is to be had. */
function world(exemptions: Partial<Exemptions>, more: World = {}): World {
  return {
    answers: { '*': ABSENT },
    ...more,
    policy: { ...more.policy, exemptions: { ...noExemptions, ...exemptions } },
  }
}

const robot = {
  userInfo: { username: 'system:serviceaccount:ci:robot', groups: ['system:serviceaccounts', 'platform'] },
}

describe('an exempt object is admitted, and nothing is asked or read for it', () => {
  it.each<[by: string, exemptions: Partial<Exemptions>, exempt: string, more?: object, spec?: object]>([
    ['namespace', { namespaces: [{ name: 'shop', reason: 'OPS-1' }] }, 'namespace shop (OPS-1)'],
    ['user', { users: [{ name: robot.userInfo.username }] }, 'user system:serviceaccount:ci:robot', robot],
    ['group', { groups: [{ name: 'platform' }] }, 'group platform', robot],
    ['runtime-class', { runtimeClasses: [{ name: 'kata' }] }, 'runtime-class kata', {}, { runtimeClassName: 'kata' }],
  ])('by its %s', async (by, exemptions, exempt, more = {}, spec = {}) => {
    for (const object of [pod([WEB], spec), deployment([WEB], spec)]) {
      const said = await admit(world(exemptions), object, more)
      expect([said.causes, said.asked, said.read]).toEqual([`exempt: ${by}`, [], []])
      expect(said.response).toEqual({ uid: 'a-uid', allowed: true, auditAnnotations: { exempt } })
    }
    expect((await admit(world(exemptions), pod([WEB], {}, { namespace: 'other' }))).allowed).toBe(false)
  })

  it('by the label of its namespace, where we are called all the same', async () => {
    const said = await admit(world({}, { labels: { 'pullable.dev/ignore': 'OPS-1' } }), pod([WEB]))
    expect([said.asked, said.read]).toEqual([[], ['namespace shop']])
    const auditAnnotations = { exempt: 'label pullable.dev/ignore (OPS-1)' }
    expect(said.response).toEqual({ uid: 'a-uid', allowed: true, auditAnnotations })
    const labels = { 'pullable.dev/ignore': '', 'pullable.dev/enforce': 'lenient' }
    expect((await check(world({}, { labels }), pod([WEB]))).reviewed).toMatchObject({
      result: { decision: 'allow', images: [], exempt: { by: 'label', name: 'pullable.dev/ignore' } },
      warnings: [],
    })
  })

  it('the namespace is that of the request, whatever the object says', async () => {
    const exemptions = { namespaces: [{ name: 'shop' }] }
    const elsewhere = pod([WEB], {}, { namespace: 'other' })
    expect((await admit(world(exemptions), elsewhere, { namespace: 'other' })).allowed).toBe(false)
    expect((await admit(world(exemptions), pod([WEB]), { namespace: 'other' })).allowed).toBe(false)
    expect((await admit(world(exemptions), elsewhere, { namespace: 'shop' })).causes).toBe('exempt: namespace')
  })

  it('what is not judged anyway uses no exemption', async () => {
    const exemptions = { namespaces: [{ name: 'shop' }], users: [{ name: 'jane' }] }
    const unchanged = { operation: 'UPDATE', oldObject: pod([WEB]) }
    expect((await admit(world(exemptions), pod([WEB]), unchanged)).causes).toBe('unchanged')
  })

  it('what leaves an exempt runtime class is judged', async () => {
    const exempt = world({ runtimeClasses: [{ name: 'kata' }] })
    const old = deployment([WEB], { runtimeClassName: 'kata' })
    const said = await admit(exempt, deployment([WEB]), { operation: 'UPDATE', oldObject: old })
    expect([said.causes, said.allowed]).toEqual([['manifest-unknown'], false])
  })

  it("a controller's pod is the controller's, not that of who made the Deployment", async () => {
    const ofReplicaSet = {
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', controller: true }],
    }
    const byReplicaSet = {
      userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: [] },
    }
    const exempt = world({ users: [{ name: robot.userInfo.username }] })
    expect((await admit(exempt, pod([WEB], {}, ofReplicaSet), byReplicaSet)).allowed).toBe(false)
  })
})

interface Row {
  readonly name: string
  readonly exemptions: Partial<Exemptions>
  readonly object?: object
  readonly more?: World
  readonly causes: readonly string[]
  readonly allowed: boolean
  readonly asked: readonly string[]
  readonly exempted: readonly string[]
}

const SECRETS = { imagePullSecrets: [{ name: 'bad' }] }
const BAD: World = {
  secrets: {
    bad: { name: 'bad', type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': new Secret('bm8=') } },
  },
}

const rows: readonly Row[] = [
  {
    name: 'an exempt image alone',
    exemptions: images('ghcr.io/acme/*'),
    causes: [''],
    allowed: true,
    asked: [],
    exempted: ['image'],
  },
  {
    name: 'an exempt image beside another',
    exemptions: images('ghcr.io/acme/*'),
    object: pod([WEB, OTHER]),
    causes: ['', 'manifest-unknown'],
    allowed: false,
    asked: ['- quay.io/acme/web:v2'],
    exempted: ['image'],
  },
  {
    name: 'without a tag',
    exemptions: images('docker.io/library/*'),
    object: pod(['nginx', 'docker.io/nginx:latest', 'acme/nginx']),
    causes: ['', '', 'manifest-unknown tag-missing'],
    allowed: false,
    asked: ['- docker.io/acme/nginx'],
    exempted: ['image', 'image'],
  },
  {
    name: 'an invalid reference is never exempt',
    exemptions: images('ghcr.io/acme/*', 'docker.io/**'),
    object: pod(['ghcr.io/acme/Web:v2']),
    causes: ['reference-invalid'],
    allowed: false,
    asked: [],
    exempted: [],
  },
  {
    name: 'a malformed secret fails the images that are judged',
    exemptions: images('ghcr.io/acme/*'),
    object: pod([WEB, OTHER], SECRETS),
    more: BAD,
    causes: ['', 'pull-secret-malformed'],
    allowed: false,
    asked: [],
    exempted: ['image'],
  },
  {
    name: 'secrets of exempt images alone are not read',
    exemptions: images('ghcr.io/acme/*'),
    object: pod([WEB], SECRETS),
    more: BAD,
    causes: [''],
    allowed: true,
    asked: [],
    exempted: ['image'],
  },
  {
    name: 'where nobody may be read, an exempt image stays so',
    exemptions: images('ghcr.io/acme/*'),
    more: { labels: { kind: 'unreadable', detail: 'stale' }, nodes: { kind: 'unreadable', detail: 'stale' } },
    causes: [''],
    allowed: true,
    asked: [],
    exempted: ['image'],
  },
  {
    name: 'a registry that is passed over',
    exemptions: { registries: { 'ghcr.io': 'skip' } },
    object: pod([WEB, OTHER]),
    causes: ['', 'manifest-unknown'],
    allowed: false,
    asked: ['- quay.io/acme/web:v2'],
    exempted: ['registry-skip'],
  },
  {
    name: 'a registry that is passed over: what needs no registry is judged',
    exemptions: { registries: { 'docker.io': 'skip' } },
    object: pod(['nginx'], SECRETS),
    more: BAD,
    causes: ['pull-secret-malformed tag-missing'],
    allowed: false,
    asked: [],
    exempted: ['registry-skip'],
  },
  {
    name: 'a registry that nobody would ask is not passed over',
    exemptions: { registries: { 'ghcr.io': 'skip' } },
    object: pod([], { containers: [{ name: 'a', image: WEB, imagePullPolicy: 'Never' }] }),
    causes: [''],
    allowed: true,
    asked: [],
    exempted: [],
  },
  {
    name: 'a registry that only warns',
    exemptions: { registries: { '*.io': 'warn' } },
    object: pod([WEB]),
    causes: ['manifest-unknown'],
    allowed: true,
    asked: ['- ghcr.io/acme/web:v2'],
    exempted: ['registry-warn'],
  },
  {
    name: 'a registry that only warns, beside one that denies',
    exemptions: { registries: { 'ghcr.io': 'warn' } },
    object: pod([WEB, OTHER]),
    causes: ['manifest-unknown', 'manifest-unknown'],
    allowed: false,
    asked: ['- ghcr.io/acme/web:v2', '- quay.io/acme/web:v2'],
    exempted: ['registry-warn'],
  },
  {
    name: 'an image is exempt before its registry is',
    exemptions: { ...images('ghcr.io/acme/*'), registries: { 'ghcr.io': 'warn' } },
    object: pod([WEB, 'ghcr.io/other/web:v2']),
    causes: ['', 'manifest-unknown'],
    allowed: true,
    asked: ['- ghcr.io/other/web:v2'],
    exempted: ['image', 'registry-warn'],
  },
  {
    name: 'all levels none: nothing is used',
    exemptions: images('ghcr.io/acme/*'),
    more: { labels: { 'pullable.dev/enforce': 'none', 'pullable.dev/warn': 'none', 'pullable.dev/audit': 'none' } },
    causes: [],
    allowed: true,
    asked: [],
    exempted: [],
  },
]

test.each(rows)('$name', async ({ exemptions, object = pod([WEB]), more, causes, allowed, asked, exempted }) => {
  const said = await admit(world(exemptions, more), object)
  expect([said.causes, said.allowed, said.asked, said.exempted]).toEqual([causes, allowed, asked, exempted])
})

describe('check', () => {
  it.each<[by: string, exemptions: Partial<Exemptions>, exempt: object, spec?: object]>([
    [
      'a namespace',
      { namespaces: [{ name: 'shop', reason: 'OPS-1' }] },
      { by: 'namespace', name: 'shop', reason: 'OPS-1' },
    ],
    [
      'a runtime class',
      { runtimeClasses: [{ name: 'kata' }] },
      { by: 'runtime-class', name: 'kata' },
      { runtimeClassName: 'kata' },
    ],
  ])('honours %s', async (_, exemptions, exempt, spec = {}) => {
    const { reviewed, asked, read } = await check(world(exemptions), pod([WEB], spec))
    expect([reviewed, asked, read]).toEqual([
      {
        kind: 'reviewed',
        result: {
          ...{ source: 'shop.yaml', document: 1, kind: 'Pod', namespace: 'shop', name: 'web' },
          ...{ verdict: 'pullable', decision: 'allow', images: [], exempt },
        },
        warnings: [],
      },
      [],
      [],
    ])
  })

  it('honours images and registries, and says so', async () => {
    const exemptions = { ...images('ghcr.io/acme/*'), registries: { 'quay.io': 'warn' as const } }
    const { reviewed, asked } = await check(world(exemptions), pod([WEB, OTHER]))
    const said =
      reviewed.kind === 'reviewed' ? reviewed.result.images.map(({ exempt, decision }) => [exempt, decision]) : []
    expect([said, asked]).toEqual([
      [
        [{ by: 'image', name: 'ghcr.io/acme/*' }, 'allow'],
        [{ by: 'registry-warn', name: 'quay.io' }, 'warn'],
      ],
      ['- quay.io/acme/web:v2'],
    ])
  })

  it('knows no user', async () => {
    const exemptions = { users: [{ name: 'jane' }], groups: [{ name: 'system:authenticated' }] }
    expect((await check(world(exemptions), pod([WEB]))).causes).toEqual(['manifest-unknown'])
  })
})

describe('a label that says no level', () => {
  const labels = { 'pullable.dev/enforce': 'lenient' }
  const line =
    'label pullable.dev/enforce of namespace shop is "lenient", not none, baseline or strict: the default holds, baseline'

  it('is told to who is denied, and to the audit log', async () => {
    const { response, allowed } = await admit({ answers: { '*': ABSENT }, labels }, pod([WEB]))
    expect([allowed, response.warnings, response.auditAnnotations?.['invalid-labels']]).toEqual([
      false,
      [line],
      'enforce',
    ])
  })

  it('is told to the audit log alone where all is well', async () => {
    const { response } = await admit({ labels }, pod([WEB]))
    expect(response).toEqual({
      uid: 'a-uid',
      allowed: true,
      auditAnnotations: { decision: 'allow', verdict: 'pullable', 'invalid-labels': 'enforce' },
    })
  })

  it('is told by check', async () => {
    const { reviewed } = await check({ labels }, pod([WEB]))
    expect(reviewed).toMatchObject({ warnings: [line] })
  })
})
