// The chart in the lab, installed by helm, with the image of this checkout: what the tests of this folder begin with.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLab } from '../lab/cluster.ts'
import type { Lab } from '../lab/cluster.ts'
import { AUDIT_LOG } from '../lab/layout.ts'
import { CHART, helm, NAMESPACE } from '../manifests/render.ts'
import { runTool } from '../support/tools.ts'
import { imageArchive } from './image.ts'

/** As the chart names it by default, and a node by its full name. */
export const IMAGE = 'docker.io/library/pullable:0.1.0'

export interface Cluster {
  readonly lab: Lab
  /** The chart's values that tell pods what the node is told: which registries speak plain HTTP. */
  readonly nodes: { readonly hostsDir: { readonly files: Readonly<Record<string, string>> } }
  /** What kubectl prints, and throws with its words. */
  readonly kubectl: Lab['kubectl']
  /** The same for helm: a command and its arguments for the release `pullable` of this chart, which `--wait`s. */
  helm(command: 'install' | 'upgrade', values: object, ...args: string[]): Promise<string>
  /** What the product asked of the API server since then, or since the cluster is up, and was forbidden: `get secrets shop/regcred`. */
  forbidden(since?: Date): Promise<readonly string[]>
  /** Removes the release, and waits until its pods are gone. */
  uninstall(): Promise<void>
}

/** A lab with Services whose node holds the image; nothing is installed yet. */
export async function startCluster(
  say: (line: string) => void = (line) => {
    console.log(line)
  },
): Promise<Cluster> {
  const archive = await imageArchive(IMAGE, say)
  const lab = await startLab({ services: true, say })
  try {
    say('importing the image')
    await lab.ctr(['images', 'import', '--local', archive])
    await lab.kubectl(['create', 'namespace', NAMESPACE])
  } catch (error) {
    await lab.stop()
    throw error
  }
  const { tls, ...plain } = lab.registries
  const hosts = Object.values(plain).flatMap((each) => (typeof each === 'object' ? [each.host] : []))
  const files = Object.fromEntries(hosts.map((host) => [host, `server = "http://${host}"\n`]))
  const where = [`--namespace=${NAMESPACE}`, `--kubeconfig=${lab.kubeconfig}`]
  return {
    lab,
    nodes: { hostsDir: { files: { ...files, [tls.host]: `server = "https://${tls.host}"\n` } } },
    kubectl: lab.kubectl,
    helm: (command, values, ...args) =>
      helm([command, 'pullable', CHART, ...where, '--wait', '--timeout=120s', ...args], values),
    forbidden,
    async uninstall() {
      await runTool('helm', ['uninstall', 'pullable', ...where, '--wait'])
      const pods = ['pods', '-l', 'app.kubernetes.io/component=webhook']
      await lab.kubectl(['-n', NAMESPACE, 'wait', '--for=delete', ...pods, '--timeout=60s'])
    },
  }
}

interface AuditEvent {
  readonly requestReceivedTimestamp: string
  readonly verb: string
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string }
  readonly responseStatus?: { readonly code: number }
}

async function forbidden(since = new Date(0)): Promise<readonly string[]> {
  const lines = (await readFile(AUDIT_LOG, 'utf8')).split('\n').slice(0, -1)
  const events = lines.map((line) => JSON.parse(line) as AuditEvent)
  const refused = events.filter(
    ({ responseStatus, requestReceivedTimestamp }) =>
      responseStatus?.code === 403 && new Date(requestReceivedTimestamp) >= since,
  )
  const names = refused.map(({ verb, objectRef: { resource = '', namespace = '', name = '' } = { resource: '' } }) => {
    return `${verb} ${resource} ${[namespace, name].filter((part) => part !== '').join('/')}`
  })
  return [...new Set(names)].sort()
}

/** Waits until the probe gives what holds these words, or throws them; throws what it gave last after the time. */
export async function until(words: string, probe: () => Promise<string>, timeoutMs = 20_000): Promise<string> {
  let last = ''
  const end = performance.now() + timeoutMs
  while (performance.now() < end) {
    last = await probe().catch(String)
    if (last.includes(words)) return last
    await sleep(100)
  }
  throw new Error(`waited in vain for ${words}: ${last.slice(0, 2000)}`)
}
