import { expect, test } from 'vitest'
import type { Document, ImageFact } from '../../../src/engine/verdict/index.ts'
import { FOUND, admit, deployment, pod } from './cluster.ts'
import type { World } from './cluster.ts'

const WEB = 'ghcr.io/acme/web:v2'
const config = 'application/vnd.oci.image.config.v1+json'

function imageFor(architecture: string): ImageFact {
  const document: Document = {
    kind: 'manifest',
    configType: config,
    layerTypes: [],
    config: { os: 'linux', architecture },
  }
  return { kind: 'found', digest: `sha256:${'b'.repeat(64)}`, document }
}

test.each([
  [
    'no node can run it: it is looked at afresh before that is said',
    ['linux/amd64'],
    'arm64',
    ['- ghcr.io/acme/web:v2', '- ghcr.io/acme/web:v2, afresh'],
    ['platform-mismatch'],
  ],
  [
    'one kind of node can: nothing is denied, so nothing is asked',
    ['linux/amd64', 'linux/arm64'],
    'arm64',
    ['- ghcr.io/acme/web:v2 for 2 hosts'],
    ['platform-partial'],
  ],
  ['it runs', ['linux/amd64'], 'amd64', ['- ghcr.io/acme/web:v2'], ['']],
])('%s', async (_, nodes, architecture, asked, causes) => {
  const seen = await admit({ nodes, answers: { '*': imageFor(architecture) } }, pod([WEB]))
  expect({ asked: seen.asked, causes: seen.causes }).toEqual({ asked, causes })
})

const REFUSED: ImageFact = { kind: 'refused', at: 'login' }
const OLD = { 'ghcr.io': 'old' }
const NEW = { 'ghcr.io': 'new' }
const answers = { old: REFUSED, new: FOUND, '-': { kind: 'refused', at: 'registry' } as const }
const withSecret = pod([WEB], { imagePullSecrets: [{ name: 'regcred' }] })

interface Row {
  readonly name: string
  readonly world: World
  readonly object?: object
  /** Without the namespace and the nodes, which are read once. */
  readonly read: readonly string[]
  readonly asked: readonly string[]
  readonly causes: readonly string[]
}

const SECRET = 'secret shop/regcred'
const ACCOUNT = 'account shop/default'

const rows: readonly Row[] = [
  {
    name: 'a secret that was mended since: the second look decides',
    world: { cached: { secrets: { regcred: OLD } }, secrets: { regcred: NEW } },
    read: [SECRET, `${SECRET}, afresh`],
    asked: ['old ghcr.io/acme/web:v2', 'new ghcr.io/acme/web:v2'],
    causes: [''],
  },
  {
    name: 'a secret that is as it was',
    world: { cached: { secrets: { regcred: OLD } }, secrets: { regcred: OLD } },
    read: [SECRET, `${SECRET}, afresh`],
    asked: ['old ghcr.io/acme/web:v2', 'old ghcr.io/acme/web:v2'],
    causes: ['credentials-rejected'],
  },
  {
    name: 'a secret that is gone since',
    world: { cached: { secrets: { regcred: OLD } } },
    read: [SECRET, `${SECRET}, afresh`],
    asked: ['old ghcr.io/acme/web:v2', '- ghcr.io/acme/web:v2'],
    causes: ['access-denied'],
  },
  {
    name: 'a secret that cannot be read any more leaves it open',
    world: {
      cached: { secrets: { regcred: OLD } },
      secrets: { regcred: { kind: 'unreadable', detail: 'unreachable' } },
    },
    read: [SECRET, `${SECRET}, afresh`],
    asked: ['old ghcr.io/acme/web:v2', '- ghcr.io/acme/web:v2'],
    causes: ['view-incomplete'],
  },
  {
    name: 'an account that names another secret by now',
    world: { cached: { accounts: { default: [] } }, accounts: { default: ['regcred'] }, secrets: { regcred: NEW } },
    object: deployment([WEB]),
    read: [ACCOUNT, `${ACCOUNT}, afresh`, `${SECRET}, afresh`],
    asked: ['- ghcr.io/acme/web:v2', 'new ghcr.io/acme/web:v2'],
    causes: [''],
  },
  {
    name: 'what was read live is not read again',
    world: { secrets: { regcred: OLD } },
    read: [SECRET],
    asked: ['old ghcr.io/acme/web:v2'],
    causes: ['credentials-rejected'],
  },
  {
    name: 'nothing is denied',
    world: { cached: { secrets: { regcred: NEW } } },
    read: [SECRET],
    asked: ['new ghcr.io/acme/web:v2'],
    causes: [''],
  },
  {
    name: 'no secret would change it',
    world: { cached: { secrets: { regcred: NEW } }, answers: { new: { kind: 'throttled' } } },
    read: [SECRET],
    asked: ['new ghcr.io/acme/web:v2'],
    causes: ['rate-limited'],
  },
]

test.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
  const { read, asked, causes } = await admit({ answers, ...row.world }, row.object ?? withSecret)
  const about = read.filter((what) => what !== 'namespace shop' && what !== 'nodes')
  expect({ read: about, asked, causes }).toEqual({ read: row.read, asked: row.asked, causes: row.causes })
  expect(read.length - about.length).toBe(2)
})
