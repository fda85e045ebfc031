import type { Cause } from '../../../src/engine/verdict/index.ts'
import {
  ABSENT,
  GOOD,
  LOGIN,
  NO_NODE,
  OCI_CONFIG,
  REFUSED,
  found,
  host,
  index,
  landing,
  manifest,
  single,
} from './evidence.ts'
import type { Given } from './evidence.ts'

export interface Row {
  readonly name: string
  readonly given: Given
}

/** For each cause, but those of `presence-rows.ts`: facts that must produce it, and facts close to them that must not. */
export interface CauseRows {
  readonly produces: readonly Row[]
  readonly not: readonly Row[]
}

const deployment = { kind: 'Deployment', template: true, specField: 'spec.template.spec' } as const
const index386 = found(index({ 'linux/386': single('linux/386') }))
const chart = found(
  manifest(
    undefined,
    'application/vnd.cncf.helm.config.v1+json',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  ),
)
const signature = found(manifest(undefined, OCI_CONFIG, 'application/vnd.dev.cosign.simplesigning.v1+json'))
const model = found(
  manifest(undefined, 'application/vnd.oci.empty.v1+json', 'application/vnd.acme.model.v1+safetensors'),
)
const GONE = { kind: 'invalid', detail: 'child-missing' } as const
const MISSPELT = found({
  kind: 'other',
  mediaType: 'Application/vnd.oci.image.manifest.v1+json',
  misspelt: true,
})
const armOnly = found(index({ 'linux/arm64': single('linux/arm64') }))

export const causeRows: Readonly<Record<Exclude<Cause, 'never-pull-absent' | 'cached-only'>, CauseRows>> = {
  'reference-invalid': {
    produces: [
      { name: 'capitals', given: { image: 'ghcr.io/Acme/Web:V2' } },
      { name: 'a scheme', given: { image: 'https://ghcr.io/acme/web:v2' } },
      { name: 'a variable', given: { image: '$(REGISTRY)/web:v2' } },
      { name: 'control characters', given: { image: 'ghcr.io/acme/web:v2\n\u001b[31mX' } },
      { name: 'never pulled all the same', given: { image: '$X', pullPolicy: 'Never' } },
    ],
    not: [{ name: 'a host in capitals parses', given: { image: 'GHCR.IO/acme/web:v2', answers: { anonymous: GOOD } } }],
  },
  'manifest-unknown': {
    produces: [
      {
        name: 'with closest tags',
        given: {
          answers: {
            regcred: {
              kind: 'absent',
              what: 'manifest',
              tags: ['v1.9', 'v2.0', 'v2.1', '2'],
              latest: 'sha256:' + '1'.repeat(64),
            },
          },
          secrets: { regcred: { kind: 'read' } },
        },
      },
      {
        name: 'of an object that exists',
        given: {
          answers: { anonymous: { ...ABSENT, tags: ['v2.0'] } as never },
          subject: { ...deployment, exists: true },
        },
      },
      { name: 'no tags told', given: { answers: { anonymous: ABSENT }, subject: { ...deployment, exists: true } } },
      {
        name: 'a digest',
        given: { image: `ghcr.io/acme/web@sha256:${'f'.repeat(64)}`, answers: { anonymous: ABSENT } },
      },
      { name: 'no tag, and no latest', given: { image: 'ghcr.io/acme/web', answers: { anonymous: ABSENT } } },
      {
        name: 'a tag on Docker Hub, where another host is known',
        given: { image: 'web:v2', answers: { anonymous: ABSENT }, knownHosts: ['ghcr.io'] },
      },
      {
        name: 'one account sees it absent, the other is refused',
        given: { answers: { a: LOGIN, b: ABSENT }, secrets: { a: { kind: 'read' }, b: { kind: 'read' } } },
      },
      {
        name: 'seen with the own login where the secret may yet come',
        given: { answers: { anonymous: REFUSED }, ownSight: ABSENT, secrets: { regcred: { kind: 'pending' } } },
      },
      {
        name: 'tags that are no tags are not repeated',
        given: { answers: { anonymous: { ...ABSENT, tags: ['v2;rm -rf ~', '$(id)', 'v2.1'] } as never } },
      },
    ],
    not: [
      { name: 'another account sees it', given: { answers: { a: ABSENT, b: GOOD } } },
      { name: 'another account did not get an answer', given: { answers: { a: ABSENT, b: { kind: 'throttled' } } } },
      {
        name: 'a child of a healthy index',
        given: { answers: { anonymous: found(index({ 'linux/amd64': ABSENT })) } },
      },
    ],
  },
  'repository-unknown': {
    produces: [
      { name: 'told', given: { answers: { anonymous: { kind: 'absent', what: 'repository' } } } },
      {
        name: 'on Docker Hub, no host named',
        given: { image: 'my-app:2.0', answers: { anonymous: { kind: 'absent', what: 'repository' } } },
      },
    ],
    not: [{ name: 'refused says less', given: { answers: { anonymous: REFUSED } } }],
  },
  'credentials-rejected': {
    produces: [
      { name: 'the only one', given: { answers: { regcred: LOGIN }, secrets: { regcred: { kind: 'read' } } } },
      {
        name: 'expired',
        given: {
          answers: { regcred: { kind: 'refused', at: 'login', detail: 'expired' } },
          secrets: { regcred: { kind: 'read' } },
        },
      },
      {
        name: 'both',
        given: { answers: { a: LOGIN, b: LOGIN }, secrets: { a: { kind: 'read' }, b: { kind: 'read' } } },
      },
      {
        name: 'Docker Hub',
        given: { image: 'acme/web:v2', answers: { regcred: LOGIN }, secrets: { regcred: { kind: 'read' } } },
      },
    ],
    not: [
      { name: 'one is let in', given: { answers: { a: LOGIN, b: GOOD } } },
      { name: 'one is let in, and may not read', given: { answers: { a: LOGIN, b: REFUSED } } },
      { name: 'nodes may hold one', given: { answers: { a: LOGIN }, nodeCredentials: true } },
      { name: 'no credential was sent', given: { answers: { anonymous: LOGIN } } },
    ],
  },
  'access-denied': {
    produces: [
      { name: 'no pull secret', given: { answers: { anonymous: REFUSED } } },
      {
        name: 'a secret that is not there',
        given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'absent' } } },
      },
      {
        name: 'a secret of another type',
        given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'ignored', type: 'Opaque' } } },
      },
      {
        name: 'a secret for another host, nearly this one',
        given: {
          answers: { anonymous: REFUSED },
          secrets: { regcred: { kind: 'read' } },
          nearMisses: ['pull secret "regcred" has the key "ghcr.io:443", and the image needs "ghcr.io"'],
        },
      },
      { name: 'let in, not to this', given: { answers: { regcred: REFUSED }, secrets: { regcred: { kind: 'read' } } } },
      { name: 'Docker Hub, no host named', given: { image: 'my-app:2.0', answers: { anonymous: REFUSED } } },
      {
        name: 'Docker Hub, no host named, one is known',
        given: { image: 'my-app:2.0', answers: { anonymous: REFUSED }, knownHosts: ['registry.acme.example:5000'] },
      },
      {
        name: 'docker.io in so many words',
        given: { image: 'docker.io/acme/web:2.0', answers: { anonymous: REFUSED } },
      },
      {
        name: 'names that a shell would take apart',
        given: {
          answers: { anonymous: REFUSED },
          secrets: { "x'; rm -rf ~": { kind: 'absent' } },
          subject: { namespace: 'a b' },
        },
      },
      {
        name: 'a child that is refused',
        given: {
          answers: { regcred: found(index({ 'linux/amd64': REFUSED })) },
          secrets: { regcred: { kind: 'read' } },
        },
      },
      { name: 'own login refused too, view complete', given: { answers: { anonymous: REFUSED }, ownSight: REFUSED } },
    ],
    not: [
      { name: 'nodes may hold credentials', given: { answers: { anonymous: REFUSED }, nodeCredentials: true } },
      { name: 'an account that may yet come', given: { answers: { anonymous: REFUSED }, account: 'pending' } },
      {
        name: 'a secret that could not be read',
        given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'unreadable', detail: 'forbidden' } } },
      },
      { name: 'an account that could not be read', given: { answers: { anonymous: REFUSED }, account: 'unreadable' } },
      {
        name: 'public, with a missing secret',
        given: { answers: { anonymous: GOOD }, secrets: { regcred: { kind: 'absent' } } },
      },
    ],
  },
  'pull-secret-malformed': {
    produces: [
      {
        name: 'one of two',
        given: {
          secrets: { good: { kind: 'read' }, bad: { kind: 'malformed', error: 'illegal base64 data at input byte 0' } },
        },
      },
      {
        name: 'an error that quotes the secret',
        given: {
          secrets: { bad: { kind: 'malformed', error: "invalid character 'p' looking for beginning of value" } },
        },
      },
      {
        name: 'an image volume',
        given: {
          role: 'volume',
          image: 'busybox:1',
          secrets: { bad: { kind: 'malformed', error: 'unexpected end of JSON input' } },
        },
      },
    ],
    not: [
      { name: 'never pulled', given: { pullPolicy: 'Never', secrets: { bad: { kind: 'malformed', error: 'x' } } } },
    ],
  },
  'platform-none': {
    produces: [
      { name: 'arm64 only', given: { answers: { anonymous: armOnly } } },
      {
        name: 'attestations are no platform',
        given: { answers: { anonymous: found(index({ 'linux/arm64': undefined, 'unknown/unknown': undefined })) } },
      },
      { name: 'as a volume too', given: { role: 'volume', answers: { anonymous: armOnly } } },
      {
        name: 'for two kinds of node',
        given: {
          answers: { anonymous: found(index({ 'linux/s390x': undefined })) },
          landing: landing([host('linux/amd64'), host('linux/arm64')]),
        },
      },
      {
        name: 'for one kind of node, and a missing child for the other',
        given: {
          answers: { anonymous: found(index({ 'linux/arm64': ABSENT })) },
          landing: landing([host('linux/amd64'), host('linux/arm64')]),
        },
      },
      {
        name: 'seen with the own login',
        given: { answers: { anonymous: REFUSED }, ownSight: armOnly, secrets: { regcred: { kind: 'pending' } } },
      },
      {
        name: 'a bare entry beside another platform',
        given: { answers: { anonymous: found(index({ 'linux/arm64': undefined, bare: single('linux/amd64') })) } },
      },
    ],
    not: [
      { name: 'platforms are not known', given: { answers: { anonymous: armOnly }, landing: { kind: 'unknown' } } },
      {
        name: 'some nodes do not say their platform',
        given: { answers: { anonymous: armOnly }, landing: landing([host('linux/amd64')], 1) },
      },
      {
        name: 'a nested index',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': index({ 'linux/amd64': single('linux/amd64') }) })) },
        },
      },
      { name: 'one bare entry', given: { answers: { anonymous: found(index({ bare: single('linux/amd64') })) } } },
    ],
  },
  'platform-mismatch': {
    produces: [
      { name: 'a single manifest for arm64', given: { answers: { anonymous: found(single('linux/arm64')) } } },
      {
        name: 'an entry that lies',
        given: { answers: { anonymous: found(index({ 'linux/amd64': single('linux/arm64') })) } },
      },
      { name: 'windows', given: { answers: { anonymous: found(single('windows/amd64')) } } },
    ],
    not: [
      { name: 'a volume of it', given: { role: 'volume', answers: { anonymous: found(single('linux/arm64')) } } },
      { name: '386 runs on amd64', given: { answers: { anonymous: found(single('linux/386')) } } },
      {
        name: 'a config that says nothing',
        given: { answers: { anonymous: found(manifest({ os: '', architecture: '' })) } },
      },
      {
        name: 'no node is known',
        given: { answers: { anonymous: found(single('linux/arm64')) }, landing: { kind: 'unknown' } },
      },
    ],
  },
  'manifest-unsupported': {
    produces: [
      { name: 'a chart', given: { answers: { anonymous: chart } } },
      {
        name: 'a chart, whatever the platform',
        given: { answers: { anonymous: chart }, landing: landing([host('linux/amd64')], 1) },
      },
      { name: 'a signature', given: { answers: { anonymous: signature } } },
      { name: 'a signature as a volume', given: { role: 'volume', answers: { anonymous: signature } } },
      { name: 'a model', given: { answers: { anonymous: model } } },
      {
        name: 'schema 1 on containerd 2.1',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'containerd://2.1.0')]),
        },
      },
      { name: 'an empty index', given: { answers: { anonymous: found(index({})) } } },
      {
        name: 'the withdrawn artifact manifest',
        given: {
          answers: { anonymous: found({ kind: 'other', mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }) },
        },
      },
    ],
    not: [
      { name: 'a chart as a volume', given: { role: 'volume', answers: { anonymous: chart } } },
      {
        name: 'schema 1 on containerd 1.7',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'containerd://1.7.20')]),
        },
      },
      {
        name: 'schema 1 on CRI-O',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
      {
        name: 'WebAssembly',
        given: {
          answers: {
            anonymous: found(
              manifest(
                { os: 'wasip1', architecture: 'wasm' },
                OCI_CONFIG,
                'application/vnd.wasm.content.layer.v1+wasm',
              ),
            ),
          },
        },
      },
    ],
  },
  'manifest-invalid': {
    produces: [
      { name: 'another digest', given: { answers: { anonymous: { kind: 'invalid', detail: 'digest-mismatch' } } } },
      { name: 'too large', given: { answers: { anonymous: { kind: 'invalid', detail: 'too-large' } } } },
      {
        name: 'the chosen child is missing',
        given: { answers: { anonymous: found(index({ 'linux/amd64': ABSENT })) } },
      },
      { name: 'the config is missing', given: { answers: { anonymous: found(manifest(ABSENT)) } } },
      {
        name: 'a malformed child',
        given: { answers: { anonymous: found(index({ 'linux/amd64': { kind: 'invalid', detail: 'malformed' } })) } },
      },
    ],
    not: [
      {
        name: 'a missing child that no candidate takes',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/arm64': ABSENT })) },
        },
      },
    ],
  },
  'platform-partial': {
    produces: [
      {
        name: 'amd64 of two',
        given: { answers: { anonymous: GOOD }, landing: landing([host('linux/amd64'), host('linux/arm64')]) },
      },
      {
        name: 'a single manifest',
        given: {
          answers: { anonymous: found(single('linux/arm64')) },
          subject: deployment,
          landing: landing([host('linux/amd64'), host('linux/arm64')]),
        },
      },
      {
        name: 'a child missing for one',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/arm64': ABSENT })) },
          landing: landing([host('linux/amd64'), host('linux/arm64')]),
        },
      },
      {
        name: 'and one that is open',
        given: {
          answers: {
            anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/arm64': { kind: 'throttled' } })),
          },
          landing: landing([host('linux/amd64'), host('linux/arm64'), host('linux/s390x')]),
        },
      },
    ],
    not: [
      {
        name: 'both',
        given: {
          answers: {
            anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/arm64': single('linux/arm64') })),
          },
          landing: landing([host('linux/amd64'), host('linux/arm64')]),
        },
      },
      {
        name: 'one platform, two runtimes',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'containerd://1.7.2'), host('linux/amd64')]),
        },
      },
    ],
  },
  'access-unverifiable': {
    produces: [
      { name: 'anonymous', given: { answers: { anonymous: REFUSED }, nodeCredentials: true } },
      {
        name: 'with a secret',
        given: { answers: { regcred: LOGIN }, secrets: { regcred: { kind: 'read' } }, nodeCredentials: true },
      },
      {
        name: 'a child',
        given: { answers: { anonymous: found(index({ 'linux/amd64': REFUSED })) }, nodeCredentials: true },
      },
    ],
    not: [
      { name: 'absent is no refusal', given: { answers: { anonymous: ABSENT }, nodeCredentials: true } },
      {
        name: 'unreachable is no refusal',
        given: {
          answers: { anonymous: { kind: 'unreachable', detail: 'dns', host: 'ghcr.io' } },
          nodeCredentials: true,
        },
      },
    ],
  },
  'access-blocked': {
    produces: [
      { name: 'a firewall', given: { answers: { anonymous: { kind: 'blocked', status: 403, detail: 'firewall' } } } },
      { name: 'a scan policy', given: { answers: { anonymous: { kind: 'blocked', status: 412, detail: 'policy' } } } },
      { name: 'the law', given: { answers: { anonymous: { kind: 'blocked', status: 451, detail: 'legal' } } } },
    ],
    not: [{ name: "a registry's own 403", given: { answers: { anonymous: REFUSED } } }],
  },
  'pull-secret-absent': {
    produces: [
      {
        name: 'a named secret',
        given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'pending' } }, subject: deployment },
      },
      { name: 'the default account', given: { answers: { anonymous: REFUSED }, account: 'pending' } },
      {
        name: 'another one was rejected',
        given: { answers: { old: LOGIN }, secrets: { old: { kind: 'read' }, new: { kind: 'pending' } } },
      },
      {
        name: 'a good image by the own login',
        given: { answers: { anonymous: REFUSED }, ownSight: GOOD, secrets: { regcred: { kind: 'pending' } } },
      },
      {
        name: 'the own login is refused too',
        given: { answers: { anonymous: REFUSED }, ownSight: REFUSED, secrets: { regcred: { kind: 'pending' } } },
      },
      {
        name: 'the own login meets a sick registry',
        given: {
          answers: { anonymous: REFUSED },
          ownSight: { kind: 'throttled' },
          secrets: { regcred: { kind: 'pending' } },
        },
      },
    ],
    not: [
      {
        name: 'public all the same',
        given: { answers: { anonymous: GOOD }, secrets: { regcred: { kind: 'pending' } } },
      },
      { name: 'absent for good', given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'absent' } } } },
      {
        name: 'nodes may hold credentials',
        given: { answers: { anonymous: REFUSED }, nodeCredentials: true, secrets: { regcred: { kind: 'pending' } } },
      },
    ],
  },
  'rate-limited': {
    produces: [
      {
        name: 'Docker Hub',
        given: { image: 'nginx:1.25', answers: { anonymous: { kind: 'throttled', window: 21600 } } },
      },
      {
        name: 'with an account',
        given: { answers: { regcred: { kind: 'throttled', window: 60 } }, secrets: { regcred: { kind: 'read' } } },
      },
      { name: 'a child', given: { answers: { anonymous: found(index({ 'linux/amd64': { kind: 'throttled' } })) } } },
    ],
    not: [
      {
        name: 'nearly',
        given: { answers: { anonymous: { ...GOOD, rate: { limit: 100, remaining: 7, window: 21600 } } } },
      },
    ],
  },
  'registry-unreachable': {
    produces: [
      ...(
        [
          'dns',
          'refused',
          'timeout',
          'tls-unknown-ca',
          'tls-expired',
          'tls-name',
          'tls',
          'plain-http',
          'reset',
          'network',
        ] as const
      ).map((detail) => ({
        name: detail,
        given: {
          image: 'reg.acme.example:5000/web:1',
          answers: { anonymous: { kind: 'unreachable', detail, host: 'reg.acme.example:5000' } as const },
        },
      })),
      ...([407, 403, 502, 'dns', 'refused', 'tls-unknown-ca', 'not-http'] as const).map((answer) => ({
        name: `proxy ${answer}`,
        given: {
          image: 'reg.acme.example/web:1',
          answers: {
            anonymous: {
              kind: 'unreachable',
              detail: 'proxy',
              host: 'reg.acme.example',
              proxy: { host: 'proxy.acme.example:3128', answer },
            } as const,
          },
        },
      })),
      {
        name: 'unfollowed, and nobody led there',
        given: {
          image: '169.254.169.254/web:1',
          answers: { anonymous: { kind: 'unfollowed', detail: 'address', host: '169.254.169.254' } as const },
        },
      },
      {
        name: 'unfollowed, since the webhook is not the node',
        given: {
          image: 'localhost:5000/web:1',
          answers: { anonymous: { kind: 'unfollowed', detail: 'loopback', host: 'localhost:5000' } as const },
        },
      },
      ...(['address', 'loopback', 'downgrade', 'scheme'] as const).map((detail) => ({
        name: `unfollowed ${detail}`,
        given: {
          image: 'reg.acme.example/web:1',
          answers: { anonymous: { kind: 'unfollowed', detail, host: '169.254.169.254' } as const },
        },
      })),
    ],
    not: [
      {
        name: 'an answer',
        given: { answers: { anonymous: { kind: 'faulty', detail: 'status', status: 503, host: 'ghcr.io' } } },
      },
    ],
  },
  'registry-error': {
    produces: (['status', 'token-service', 'not-a-registry', 'redirects', 'challenge'] as const).map((detail) => ({
      name: detail,
      given: {
        answers: {
          anonymous: { kind: 'faulty', detail, status: detail === 'status' ? 503 : 0, host: 'ghcr.io' } as const,
        },
      },
    })),
    not: [
      {
        name: 'another account gets it',
        given: { answers: { a: { kind: 'faulty', detail: 'status', status: 500, host: 'ghcr.io' }, b: GOOD } },
      },
    ],
  },
  'runtime-dependent': {
    produces: [
      { name: '386 in an index for amd64', given: { answers: { anonymous: index386 } } },
      {
        name: 'schema 1, no runtime known',
        given: { answers: { anonymous: found({ kind: 'schema1' }) }, landing: { kind: 'unknown' } },
      },
      {
        name: 'schema 1, runtimes differ',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'containerd://1.7.2'), host('linux/amd64')]),
        },
      },
      {
        name: 'schema 1 on cri-dockerd',
        given: {
          answers: { anonymous: found({ kind: 'schema1' }) },
          landing: landing([host('linux/amd64', 'docker://27.0.1')]),
        },
      },
      {
        name: 'a second entry for the platform is gone, which some fetch too',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/amd64/': GONE })) },
        },
      },
      {
        name: 'an entry that names no platform is gone, which some fetch too',
        given: { answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), bare: GONE })) } },
      },
      {
        name: 'a misspelt media type, on CRI-O',
        given: {
          answers: { anonymous: MISSPELT },
          landing: landing([host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
      { name: 'a model as a volume', given: { role: 'volume', answers: { anonymous: model } } },
      {
        name: 'image layers under the empty config',
        given: { answers: { anonymous: found(manifest(undefined, 'application/vnd.oci.empty.v1+json')) } },
      },
      {
        name: 'a config as very old tools pushed it',
        given: { answers: { anonymous: found(manifest(undefined, 'application/octet-stream')) } },
      },
      {
        name: 'a short name on CRI-O, absent from Docker Hub',
        given: {
          image: 'my-app:2.0',
          answers: { anonymous: ABSENT },
          landing: landing([host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
      {
        name: 'a short name on CRI-O, found on Docker Hub',
        given: {
          image: 'nginx:1',
          answers: { anonymous: GOOD },
          landing: landing([host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
    ],
    not: [
      {
        name: 'a second entry for the platform, which is there',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), bare: { kind: 'schema1' } })) },
        },
      },
      {
        name: 'a second entry for the platform is gone, and nobody fetches it',
        given: {
          answers: { anonymous: found(index({ 'linux/amd64': single('linux/amd64'), 'linux/amd64/': GONE })) },
          landing: landing([host('linux/amd64', 'containerd://1.7.2'), host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
      {
        name: 'a misspelt media type, on containerd',
        given: { answers: { anonymous: MISSPELT } },
      },
      {
        name: 'a whole name on CRI-O',
        given: {
          image: 'docker.io/acme/web:1',
          answers: { anonymous: ABSENT },
          landing: landing([host('linux/amd64', 'cri-o://1.31.0')]),
        },
      },
      {
        name: '386 in an index, for older containerd alone',
        given: { answers: { anonymous: index386 }, landing: landing([host('linux/amd64', 'containerd://1.7.2')]) },
      },
    ],
  },
  'view-incomplete': {
    produces: [
      { name: 'the namespace', given: { answers: { anonymous: GOOD }, blindNamespace: true } },
      {
        name: 'the nodes',
        given: { answers: { anonymous: GOOD }, landing: { kind: 'unreadable', detail: 'forbidden' } },
      },
      {
        name: 'the nodes, one of which must have what is never pulled',
        given: { pullPolicy: 'Never', landing: { kind: 'unreadable', detail: 'unreachable' } },
      },
      {
        name: 'the nodes, of which one may have what the registry lacks',
        given: { answers: { anonymous: ABSENT }, landing: { kind: 'unreadable', detail: 'forbidden' } },
      },
      {
        name: 'the nodes, of which one may have what is broken now',
        given: {
          answers: { anonymous: { kind: 'invalid', detail: 'malformed' } },
          landing: { kind: 'unreadable', detail: 'stale' },
        },
      },
      {
        name: 'a secret that is needed',
        given: { answers: { anonymous: REFUSED }, secrets: { regcred: { kind: 'unreadable', detail: 'stale' } } },
      },
      { name: 'too many images', given: { answers: { anonymous: { kind: 'unasked', detail: 'too-many-images' } } } },
      {
        name: 'too many credentials, all refused',
        given: { answers: { a: LOGIN, b: { kind: 'unasked', detail: 'too-many-credentials' } } },
      },
      { name: 'an index too large', given: { answers: { anonymous: found(index({ 'linux/amd64': undefined })) } } },
      {
        name: 'an index too deep',
        given: {
          answers: {
            anonymous: found(
              ['', '', '', ''].reduce<ReturnType<typeof index>>(
                (child) => index({ 'linux/amd64': child }),
                single('linux/amd64'),
              ),
            ),
          },
        },
      },
      {
        name: 'nodes without a platform',
        given: { answers: { anonymous: armOnly }, landing: landing([host('linux/amd64')], 1) },
      },
    ],
    not: [
      {
        name: 'a secret that is not needed',
        given: { answers: { anonymous: GOOD }, secrets: { regcred: { kind: 'unreadable', detail: 'stale' } } },
      },
      {
        name: 'nodes that have no part in it, since it is always pulled',
        given: {
          pullPolicy: 'Always',
          answers: { anonymous: ABSENT },
          landing: { kind: 'unreadable', detail: 'forbidden' },
        },
      },
      {
        name: 'nodes that do not say, and others that fit',
        given: { answers: { anonymous: GOOD }, landing: landing([host('linux/amd64')], 3) },
      },
    ],
  },
  deadline: {
    produces: [{ name: 'out of time', given: { answers: { anonymous: { kind: 'out-of-time' } } } }],
    not: [{ name: 'in time by the second account', given: { answers: { a: { kind: 'out-of-time' }, b: GOOD } } }],
  },
  'no-candidate-node': {
    produces: [
      { name: 'no node fits', given: { answers: { anonymous: GOOD }, landing: NO_NODE, subject: deployment } },
      { name: 'and the image is absent', given: { answers: { anonymous: ABSENT }, landing: NO_NODE } },
    ],
    not: [{ name: 'nobody knows any node', given: { answers: { anonymous: GOOD }, landing: { kind: 'unknown' } } }],
  },
  'tag-missing': {
    produces: [
      { name: 'and it is there', given: { image: 'nginx', answers: { anonymous: GOOD } } },
      { name: 'never pulled', given: { image: 'ghcr.io/acme/web', pullPolicy: 'Never' } },
    ],
    not: [{ name: 'a digest', given: { image: `nginx@sha256:${'a'.repeat(64)}`, answers: { anonymous: GOOD } } }],
  },
  'tag-latest': {
    produces: [
      {
        name: 'latest',
        given: { image: 'nginx:latest', answers: { anonymous: GOOD }, subject: { ...deployment, exists: true } },
      },
    ],
    not: [
      {
        name: 'latest, pinned',
        given: { image: `nginx:latest@sha256:${'a'.repeat(64)}`, answers: { anonymous: GOOD } },
      },
      { name: 'another tag', given: { image: 'nginx:latest-alpine', answers: { anonymous: GOOD } } },
    ],
  },
}
