// The built command against real registries: from YAML to the cause, over the wire.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { CheckReport } from '../../src/engine/report/index.ts'
import { canariesIn, canary } from '../support/canary.ts'
import { pullable } from '../support/command.ts'
import { startProxy } from '../support/scripted-proxy.ts'
import { startRegistries } from './registries.ts'
import type { Registries } from './registries.ts'

let registries: Registries
let folder: string

beforeAll(async () => {
  registries = await startRegistries()
  folder = await mkdtemp(join(tmpdir(), 'pullable-check-'))
  await mkdir(join(folder, 'hosts/registry.test'), { recursive: true })
  await writeFile(join(folder, 'hosts/registry.test/hosts.toml'), `server = "${registries.tls.url}"\n`)
  await writeFile(join(folder, 'ca.crt'), registries.ca)
})

afterAll(async () => {
  await registries.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Run {
  readonly exit: number | null
  readonly output: string
  /** By the pod's name: the leading cause, or the outcome where there is none. */
  readonly causes: Readonly<Record<string, string>>
}

function check(objects: readonly object[], ...flags: readonly string[]): Promise<Run> {
  return checkIn({}, objects, ...flags)
}

async function checkIn(
  env: Readonly<Record<string, string>>,
  objects: readonly object[],
  ...flags: readonly string[]
): Promise<Run> {
  const stdin = objects.map((object) => `---\n${stringify(object)}`).join('')
  const args = ['check', '-', '-o', 'json', '--platform', 'linux/amd64', ...flags]
  const { code, stdout, stderr } = await pullable(args, { cwd: folder, stdin, env })
  const { results } = JSON.parse(stdout) as CheckReport
  const causes = results.map(({ name, images }) => [name, images[0]?.cause ?? images[0]?.outcome ?? ''] as const)
  return { exit: code, output: stdout + stderr, causes: Object.fromEntries(causes) }
}

function pod(name: string, image: string, ...pullSecrets: readonly string[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name: 'app', image }], imagePullSecrets: pullSecrets.map((secret) => ({ name: secret })) },
  }
}

function pullSecret(name: string, password: string): object {
  const auths = { [registries.secret.host]: { username: registries.login.username, password } }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop' },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
  }
}

it('tells each pod what would become of it', async () => {
  const { plain, secret, login } = registries
  const { exit, output, causes } = await check([
    pullSecret('right', login.password),
    pullSecret('wrong', `${canary.password} of last year`),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
    pod('index', `${plain.host}/team/app:1.0`),
    pod('docker-format', `${plain.host}/team/app:1.1`),
    pod('absent-tag', `${plain.host}/team/app:1.2`),
    pod('absent-repository', `${plain.host}/team/nothing:1.0`),
    pod('other-platform', `${plain.host}/team/app:1.0-arm64`),
    pod('no-tag', `${plain.host}/team/app`),
    pod('private', `${secret.host}/team/app:2.0`, 'right'),
    pod('private-wrong', `${secret.host}/team/app:2.0`, 'wrong'),
    pod('private-without', `${secret.host}/team/app:2.0`),
  ])
  expect(causes).toEqual({
    index: 'pullable',
    'docker-format': 'pullable',
    'absent-tag': 'manifest-unknown',
    'absent-repository': 'repository-unknown',
    'other-platform': 'platform-mismatch',
    'no-tag': 'tag-missing',
    private: 'pullable',
    'private-wrong': 'credentials-rejected',
    'private-without': 'access-denied',
  })
  expect(exit).toBe(1)
  expect(canariesIn(output)).toEqual([])
})

it('believes a private CA once it is told of it', async () => {
  const objects = [pod('private-ca', 'registry.test/team/app:2.0')]
  const hosts = ['--hosts-dir', join(folder, 'hosts')]
  const before = await check(objects, ...hosts, '--fail-on', 'undetermined')
  expect(before).toMatchObject({ exit: 3, causes: { 'private-ca': 'registry-unreachable' } })
  const after = await check(objects, ...hosts, '--ca-file', join(folder, 'ca.crt'))
  expect(after).toMatchObject({ exit: 0, causes: { 'private-ca': 'pullable' } })
})

it('finds its way through the proxies of its environment, and nowhere without them', async () => {
  const { plain, tls, login } = registries
  const proxy = await startProxy({ login: `${login.username}:${login.password}` })
  // Names that only the proxy knows.
  const named = (host: string): string => host.replace('127.0.0.1', 'registry.test')
  const objects = [pod('tls', `${named(tls.host)}/team/app:2.0`), pod('plain', `${named(plain.host)}/team/app:1.0`)]
  const flags = ['--ca-file', join(folder, 'ca.crt'), '--insecure-registry', named(plain.host)]
  const user = `${encodeURIComponent(login.username)}:${encodeURIComponent(login.password)}`
  const url = proxy.url.replace('://', `://${user}@`)
  const both = { HTTPS_PROXY: url, http_proxy: url }
  try {
    expect(await checkIn(both, objects, ...flags)).toMatchObject({
      exit: 0,
      causes: { tls: 'pullable', plain: 'pullable' },
    })
    expect(proxy.log).toContain(`CONNECT ${named(tls.host)} as ${login.username}:${login.password}`)
    const lost = { tls: 'registry-unreachable', plain: 'registry-unreachable' }
    const { causes, output } = await checkIn({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }, objects, ...flags)
    expect(causes).toEqual(lost)
    expect(output).toContain(`the proxy ${proxy.host} on the way to ${named(tls.host)} wants a user and password`)
    const before = proxy.log.length
    expect((await checkIn({ ...both, NO_PROXY: 'elsewhere.test,.test' }, objects, ...flags)).causes).toEqual(lost)
    expect(proxy.log).toHaveLength(before)
  } finally {
    await proxy.close()
  }
})
