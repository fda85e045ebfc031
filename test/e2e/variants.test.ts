// Installed in the ways that not everybody needs, and what somebody does to its certificates. `failurePolicy: Fail` shows every call
// that fails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates } from '../../src/edges/certificates/index.ts'
import { NAMESPACE } from '../manifests/render.ts'
import { runTool } from '../support/tools.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'
import { ask, askMeanwhile, untilAsked } from './probe.ts'
import type { Probe } from './probe.ts'

const START_MS = 20 * 60_000
const STEP_MS = 150_000

const SERVICE = 'pullable.pullable-system.svc'

let started: Cluster | undefined
let values: object = {}

beforeAll(async () => {
  started = await startCluster()
  const { lab, kubectl, nodes } = started
  const { host, login } = lab.registries.secret
  const { username, password } = login
  const words = [`--docker-server=${host}`, `--docker-username=${username}`, `--docker-password=${password}`]
  for (const name of ['shop', 'billing']) {
    await kubectl(['create', 'namespace', name])
    await kubectl(['-n', name, 'create', 'secret', 'docker-registry', 'regcred', ...words])
  }
  values = { mode: 'enforce', nodes, webhook: { failurePolicy: 'Fail' } }
  await started.helm('install', values)
  await untilAsked(started, good(), 'admitted')
}, START_MS)

afterAll(async () => {
  await started?.lab.stop()
}, STEP_MS)

describe('certificates.mode self', () => {
  const garbage = base64('garbage')
  it.each([
    { name: 'deleted', damage: () => up().kubectl([...own, 'delete', 'secret', 'pullable-tls']) },
    { name: 'emptied', damage: () => patchSecret('pullable-tls', null) },
    {
      name: 'filled with garbage',
      damage: () => patchSecret('pullable-tls', { 'tls.crt': garbage, 'ca.crt': garbage, 'ca.key': garbage }),
    },
  ])(
    'puts its Secret back as it was, and goes on answering: $name',
    async ({ damage }) => {
      const before = await certificate()
      expect(before).not.toBe('')
      const mended = async (): Promise<void> => {
        await damage()
        await expect.poll(certificate, { timeout: 60_000 }).toBe(before)
      }
      expect(await askMeanwhile(up(), good(), mended)).toEqual(['admitted'])
    },
    STEP_MS,
  )

  it('said what it found in it', async () => {
    const logs = await up().kubectl([...own, 'logs', '-l', WEBHOOK, '--tail=-1'])
    expect(logs).toMatch(
      /"secret":"pullable-tls".*"message":"the Secret of the certificates holds what cannot be used"/,
    )
  })

  it(
    'puts a caBundle back that somebody took, or replaced',
    async () => {
      const before = await bundles()
      const other = await makeCertificates({ commonName: 'another', dnsNames: [SERVICE], ipAddresses: [], days: 2 })
      for (const op of ['remove', 'replace'] as const) {
        const value = op === 'replace' ? { value: base64(other.ca) } : {}
        const paths = before.split(' ').map((_, at) => `/webhooks/${String(at)}/clientConfig/caBundle`)
        const patch = paths.map((path) => ({ op, path, ...value }))
        const what = ['patch', 'validatingwebhookconfiguration', 'pullable', '--type=json', '-p', JSON.stringify(patch)]
        await up().kubectl(what)
        await expect.poll(bundles, { timeout: 60_000 }).toBe(before)
        await untilAsked(up(), good(), 'admitted')
      }
    },
    STEP_MS,
  )

  it(
    'trusts the authority of a pair that somebody puts into its Secret, and goes on answering',
    async () => {
      const { ca, cert, key } = await makeCertificates({
        commonName: 'another',
        dnsNames: [SERVICE],
        ipAddresses: [],
        days: 30,
      })
      const data = { 'ca.crt': base64(ca), 'ca.key': '', 'tls.crt': base64(cert), 'tls.key': base64(key) }
      const mended = async (): Promise<void> => {
        await patchSecret('pullable-tls', data)
        const trusted = async (): Promise<boolean> =>
          (await bundles()).split(' ').every((each) => Buffer.from(each, 'base64').toString().includes(ca.trim()))
        await expect.poll(trusted, { timeout: 60_000 }).toBe(true)
      }
      expect(await askMeanwhile(up(), good(), mended)).toEqual(['admitted'])
      expect(await certificate()).toBe(data['tls.crt'])
      expect(await up().forbidden()).toEqual([])
    },
    STEP_MS,
  )
})

describe('certificates.mode files', () => {
  it(
    'serves a pair of yours',
    async () => {
      const pair = await makeCertificates({ commonName: 'yours', dnsNames: [SERVICE], ipAddresses: [], days: 30 })
      const data = { 'tls.crt': base64(pair.cert), 'tls.key': base64(pair.key) }
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'yours' }, type: 'kubernetes.io/tls', data }
      await up().kubectl([...own, 'create', '-f', '-'], JSON.stringify(secret))
      const files = { secretName: 'yours', caBundle: base64(pair.ca) }
      await up().helm('upgrade', { ...values, certificates: { mode: 'files', files } })
      await untilAsked(up(), good(), 'admitted')
      await untilAsked(up(), bad(), 'denied the request')
      // It asks the Service, and believes this authority alone.
      expect(await runTool('helm', ['test', 'pullable', '--logs', ...where()])).toContain('webhook: 405')
    },
    STEP_MS,
  )

  it(
    'goes on with the pair that it has where the Secret holds something else, and a new pod says so',
    async () => {
      await patchSecret('yours', { 'tls.crt': base64('something else') })
      await up().kubectl([...own, 'rollout', 'restart', 'deployment/pullable'])
      const said = await until('tls.crt', endings, STEP_MS)
      console.log(`said of a Secret that holds something else: ${said}`)
      expect(said).toContain('/etc/pullable/tls/tls.crt')
      expect(await ask(up(), good())).toBe('admitted')
      expect(await ask(up(), bad())).toContain('denied the request')
    },
    STEP_MS,
  )
})

describe('other values', () => {
  let since: Date

  it(
    'a ConfigMap of authorities that holds something else: a new pod says so, the old ones go on',
    async () => {
      await up().kubectl([...own, 'create', 'configmap', 'company-ca', '--from-literal=ca.crt=something else'])
      const wrong = { ...values, registries: { caConfigMap: { name: 'company-ca' } } }
      await expect(up().helm('upgrade', wrong, '--timeout=5s')).rejects.toThrow('pullable')
      const said = await until('ca-file', endings, STEP_MS)
      console.log(`said of a ConfigMap that holds something else: ${said}`)
      expect(said).toContain('--ca-file: /etc/pullable/ca/ca.crt holds no PEM certificate')
    },
    STEP_MS,
  )

  it(
    'rbac.clusterSecrets=false: pull secrets of the named namespaces alone',
    async () => {
      // Pods with certificates of their own lost the rights for them when the release no longer needed them.
      const leaving = '-o=jsonpath={.items[*].metadata.deletionTimestamp}'
      await expect.poll(() => up().kubectl([...own, 'get', 'pods', leaving]), { timeout: STEP_MS }).toBe('')
      since = new Date()
      await up().helm('upgrade', { ...values, rbac: { clusterSecrets: false, secretNamespaces: ['shop'] } })
      const image = `${up().lab.registries.secret.host}/team/app:2.0`
      await untilAsked(up(), { image, namespace: 'shop', pullSecret: 'regcred' }, 'admitted')
      await untilAsked(up(), { image, namespace: 'billing', pullSecret: 'regcred' }, 'view-incomplete: ')
      expect(await up().forbidden(since)).toEqual(['get secrets billing/regcred'])
    },
    STEP_MS,
  )

  it(
    "the host's network, and the mirrors of the node",
    async () => {
      await up().helm('upgrade', {
        ...values,
        replicas: 1,
        hostNetwork: true,
        port: 18_443,
        metricsPort: 18_080,
        nodes: { hostsDir: { fromNode: up().lab.hostsFolder } },
      })
      await untilAsked(up(), good(), 'admitted')
      await untilAsked(up(), bad(), 'denied the request')
      const pod = await up().kubectl([...own, 'get', 'pods', '-l', WEBHOOK, '-o=jsonpath={.items[*].spec.hostNetwork}'])
      expect(pod).toContain('true')
    },
    STEP_MS,
  )

  it('reads nothing else that it may not', async () => {
    expect(await up().forbidden(since)).toEqual(['get secrets billing/regcred'])
  })
})

const own = ['-n', NAMESPACE]
const WEBHOOK = 'app.kubernetes.io/component=webhook'

function good(): Probe {
  return { image: `${up().lab.registries.plain.host}/team/app:1.0` }
}

function bad(): Probe {
  return { image: `${up().lab.registries.plain.host}/team/app:none` }
}

function certificate(): Promise<string> {
  return up().kubectl([...own, 'get', 'secret', 'pullable-tls', '-o=jsonpath={.data.tls\\.crt}', '--ignore-not-found'])
}

function bundles(): Promise<string> {
  const path = '{.webhooks[*].clientConfig.caBundle}'
  return up().kubectl(['get', 'validatingwebhookconfiguration', 'pullable', `-o=jsonpath=${path}`])
}

/** Replaces these keys, or, with null, all. */
function patchSecret(name: string, data: Readonly<Record<string, string>> | null): Promise<string> {
  return up().kubectl([...own, 'patch', 'secret', name, '--type=merge', '-p', JSON.stringify({ data })])
}

/** The last words of containers that could not start, as "kubectl describe pod" shows them. */
function endings(): Promise<string> {
  const of = (state: string): string => `{.status.containerStatuses[0].${state}.terminated.message}`
  const path = `{range .items[*]}${of('state')}${of('lastState')}{end}`
  return up().kubectl([...own, 'get', 'pods', '-l', WEBHOOK, `-o=jsonpath=${path}`])
}

function where(): string[] {
  return [`--kubeconfig=${up().lab.kubeconfig}`, `--namespace=${NAMESPACE}`]
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function up(): Cluster {
  if (started === undefined) throw new Error('the cluster is not up')
  return started
}
