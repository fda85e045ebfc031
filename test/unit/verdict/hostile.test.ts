import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { ImageFact } from '../../../src/engine/verdict/index.ts'
import { ABSENT, LOGIN, REFUSED, found, index, manifest, verdictOf } from './evidence.ts'
import type { Given } from './evidence.ts'

const NASTY = `x\n\u001b[31m\u202e';$(id)\`${'é'.repeat(900)}`

const rows: readonly (readonly [string, Given])[] = [
  ['an image', { image: NASTY }],
  ['a long host', { image: `${'a.'.repeat(1900)}b/c:d`, answers: { anonymous: REFUSED } }],
  ['a secret name', { answers: { [NASTY]: LOGIN }, secrets: { [NASTY]: { kind: 'read' } } }],
  ['an absent secret', { answers: { anonymous: REFUSED }, secrets: { [NASTY]: { kind: 'absent' } } }],
  ['a secret type', { answers: { anonymous: REFUSED }, secrets: { a: { kind: 'ignored', type: NASTY } } }],
  ['a decode error', { secrets: { a: { kind: 'malformed', error: NASTY } } }],
  ['tags', { answers: { anonymous: { kind: 'absent', what: 'manifest', tags: [NASTY, 'v2\n'] } } }],
  ['a host', { answers: { anonymous: { kind: 'unreachable', detail: 'tls-unknown-ca', host: NASTY } } }],
  ['a platform', { answers: { anonymous: found(index({ [`${NASTY}/amd64`]: undefined })) } }],
  ['a config', { answers: { anonymous: found(manifest({ os: 'linux', architecture: NASTY })) } }],
  ['a config type', { answers: { anonymous: found(manifest(undefined, NASTY, 'application/x')) } }],
  [
    'an artifact type',
    { answers: { anonymous: found({ ...manifest(undefined, '', 'application/x'), artifactType: NASTY }) } },
  ],
  ['an object', { answers: { anonymous: ABSENT }, subject: { name: NASTY, namespace: NASTY, exists: true } }],
  [
    'many secrets',
    {
      answers: { anonymous: REFUSED },
      secrets: Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`s${at}`, { kind: 'read' as const }])),
    },
  ],
  ['near misses', { answers: { anonymous: REFUSED }, nearMisses: [NASTY] }],
]

test.each(rows)('hostile %s: one line, bounded, printable', (_, given) => {
  const { findings, notes } = verdictOf(given)
  expect(findings.length + notes.length).toBeGreaterThan(0)
  for (const text of [
    ...findings.flatMap(({ message, fix }) => [message, fix]),
    ...notes.map(({ message }) => message),
  ])
    expect(text).toMatch(/^[^\p{Cc}\p{Cf}]{1,480}$/u)
})

// What stands in a fix as a command is what a shell reads: a fake kubectl prints the words that it got.
function wordsOfCommand(fix: string): readonly string[] {
  const command = fix.slice(fix.indexOf('kubectl ')).split(/, (?:and|with|or) /, 1)[0] ?? ''
  const shell = spawnSync(
    'sh',
    ['-c', `kubectl() { for word; do printf '<%s>' "$word"; done; printf '\\n'; cat >/dev/null 2>&1; }\n${command}`],
    { encoding: 'utf8', input: '' },
  )
  expect(shell.stderr).toBe('')
  return shell.stdout.trim().split('\n')
}

const ARGUMENTS = '<--docker-username=USER><--docker-password=PASSWORD>'
const absent: ImageFact = { kind: 'absent', what: 'manifest', tags: ['v2.1', 'v2;id'] }
const commands: readonly (readonly [string, Given, readonly string[]])[] = [
  [
    'set the image',
    { answers: { anonymous: absent }, subject: { kind: 'Deployment', exists: true } },
    ['<set><image><deployment/web><app=ghcr.io/acme/web:v2.1><-n><shop>'],
  ],
  [
    'set the image of a cron job, no tag known',
    { answers: { anonymous: ABSENT }, subject: { kind: 'CronJob', exists: true } },
    ['<set><image><cronjob/web><app=ghcr.io/acme/web:TAG><-n><shop>'],
  ],
  [
    'set the image of an odd name',
    { answers: { anonymous: absent }, subject: { kind: 'Deployment', name: "it's; id", exists: true } },
    ["<set><image><deployment/it's; id><app=ghcr.io/acme/web:v2.1><-n><shop>"],
  ],
  [
    'make a secret',
    { answers: { anonymous: REFUSED } },
    [`<create><secret><docker-registry><regcred><--docker-server=ghcr.io>${ARGUMENTS}<-n><shop>`],
  ],
  [
    'make a secret, no namespace known',
    { answers: { anonymous: REFUSED }, subject: { namespace: '' } },
    [`<create><secret><docker-registry><regcred><--docker-server=ghcr.io>${ARGUMENTS}`],
  ],
  [
    'make a secret for Docker Hub',
    { image: 'docker.io/acme/web:1', answers: { anonymous: REFUSED } },
    [`<create><secret><docker-registry><regcred><--docker-server=https://index.docker.io/v1/>${ARGUMENTS}<-n><shop>`],
  ],
  [
    'make a secret of an odd name',
    { answers: { anonymous: REFUSED }, secrets: { "a'$(id)": { kind: 'absent' } } },
    [`<create><secret><docker-registry><a'$(id)><--docker-server=ghcr.io>${ARGUMENTS}<-n><shop>`],
  ],
]

test.each(commands)('a shell reads the fix as it is meant: %s', (_, given, words) => {
  expect(wordsOfCommand(verdictOf(given).findings[0]?.fix ?? '')).toEqual(words)
})

test('renewing a secret pipes one kubectl into another', () => {
  const { findings } = verdictOf({ answers: { regcred: LOGIN }, secrets: { regcred: { kind: 'read' } } })
  expect(findings.map(({ fix }) => fix)).toEqual([
    'kubectl create secret docker-registry regcred --docker-server=ghcr.io --docker-username=USER --docker-password=PASSWORD --dry-run=client -o yaml | kubectl apply -n shop -f -',
  ])
})

test.each([
  ['not there yet', { subject: { kind: 'Deployment' } }],
  ['a Job cannot be changed', { subject: { kind: 'Job', exists: true } }],
  ['kubectl knows no image volumes', { subject: { kind: 'Deployment', exists: true }, role: 'volume' }],
  ['an ephemeral container stays as it is', { subject: { kind: 'Pod', exists: true }, role: 'ephemeral' }],
] as const)('no kubectl set image: %s', (_, given) => {
  const [finding] = verdictOf({ ...given, answers: { anonymous: absent } }).findings
  expect(finding?.fix).toMatch(
    /^set spec\.(containers\[0\]\.image|volumes\[0\]\.image\.reference) to ghcr\.io\/acme\/web:v2\.1$/,
  )
})

test('a pull secret is added beside those that the pod has', () => {
  const secrets = { regcred: { kind: 'read' as const }, other: { kind: 'read' as const } }
  expect(verdictOf({ answers: { anonymous: REFUSED }, secrets }).findings[0]?.fix).toMatch(
    /add imagePullSecrets: \[\{name: regcred\}, \{name: other\}, \{name: regcred-2\}\]$/,
  )
})
