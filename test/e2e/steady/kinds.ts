// Calls that a busy cluster makes: good and bad images, in pods and templates, tried and for real.
import type { Lab } from '../../lab/cluster.ts'
import type { Call, Kind } from './calls.ts'

const PODS = '/api/v1/namespaces/shop/pods'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments'
const TRIED = '?dryRun=All'

/** What the scripted registry must do: it never answers for one repository, and fails for another. */
export const SCRIPT = {
  routes: [
    { path: '/v2/team/hangs/*', answer: { hang: true } },
    { path: '/v2/team/fails/*', answer: { status: 503 } },
  ],
}

/** Makes the namespace `shop` with its pull secret. */
export async function openShop({ kubectl, registries }: Lab): Promise<void> {
  const { host, login } = registries.secret
  await kubectl(['create', 'namespace', 'shop'])
  const flags = [
    `--docker-server=${host}`,
    `--docker-username=${login.username}`,
    `--docker-password=${login.password}`,
  ]
  await kubectl(['create', 'secret', 'docker-registry', 'regcred', '--namespace=shop', ...flags])
}

/** Takes as long as the API server gives; the others take no time. */
export const HANGS = 'a registry that hangs'

/** Nothing of it runs: pods wait at a gate, Deployments have no replicas. */
export function kindsFor({ registries }: Lab): readonly Kind[] {
  const { plain, secret, scripted } = registries
  const good = `${plain.host}/team/app:1.0`
  const bad = `${plain.host}/team/app:nope`
  const one = (name: string, wants: 'admitted' | 'denied', path: string, object: object): Kind => ({
    name,
    async run(call) {
      await call(wants, 'POST', `${path}${TRIED}`, object)
    },
  })
  return [
    one('pod', 'admitted', PODS, pod(good)),
    one('wrong tag', 'denied', PODS, pod(bad)),
    one('template', 'admitted', DEPLOYMENTS, deployment(good)),
    one('wrong tag in a template', 'denied', DEPLOYMENTS, deployment(bad)),
    one(
      'private image',
      'admitted',
      PODS,
      pod(`${secret.host}/team/app:2.0`, { imagePullSecrets: [{ name: 'regcred' }] }),
    ),
    { name: 'pod for real', run: (call) => makePod(call, good) },
    one(HANGS, 'admitted', PODS, pod(`${scripted.host}/team/hangs:1`)),
    { name: 'wrong tag for real', run: (call) => call('denied', 'POST', PODS, pod(bad)).then(() => undefined) },
    { name: 'deployment for real', run: (call) => makeDeployment(call, good, bad) },
    one('a registry that fails', 'admitted', PODS, pod(`${scripted.host}/team/fails:1`)),
  ]
}

async function makePod(call: Call, image: string): Promise<void> {
  const made = await call('admitted', 'POST', PODS, pod(image))
  if (made.said === 'admitted') await call('admitted', 'DELETE', `${PODS}/${made.name}`, AT_ONCE)
}

async function makeDeployment(call: Call, good: string, bad: string): Promise<void> {
  const made = await call('admitted', 'POST', DEPLOYMENTS, deployment(good))
  if (made.said !== 'admitted') return
  const path = `${DEPLOYMENTS}/${made.name}`
  const set = (image: string): object => ({ spec: { template: { spec: { containers: [{ name: 'app', image }] } } } })
  await call('denied', 'PATCH', path, set(bad))
  await call('admitted', 'PATCH', path, { spec: { replicas: 0, minReadySeconds: 1 } })
  await call('admitted', 'DELETE', path, AT_ONCE)
}

const AT_ONCE = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Background' }

export function pod(image: string, spec: object = {}): object {
  const containers = [{ name: 'app', image, imagePullPolicy: 'Always' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'pod-' },
    spec: { containers, schedulingGates: [{ name: 'pullable.dev/test' }], ...spec },
  }
}

export function deployment(image: string, replicas = 0): object {
  const labels = { app: 'shop' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { generateName: 'deployment-' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
    },
  }
}
