// A real cluster on this machine: etcd, an API server, a scheduler, controllers, and one node that pulls and runs.
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Script } from '../support/scripted-registry.ts'
import { startApiServer, startControllers, startEtcd, startScheduler } from './control-plane.ts'
import { writeIdentities } from './identities.ts'
import { makeImages } from './images.ts'
import type { Runnable } from './images.ts'
import { CONTAINERD_SOCKET, HOSTS_FOLDER, inFolder, KUBECONFIG, NODE } from './layout.ts'
import { addAddress, addCgroups, addNames } from './machine.ts'
import { checkMachine } from './needs.ts'
import { restartKubelet, startNode } from './node.ts'
import { lastWords } from './processes.ts'
import type { Started } from './processes.ts'
import { findPrograms } from './programs.ts'
import { startServices } from './services.ts'
import { startRegistries, writeHostsFile } from './registries.ts'
import type { Registries } from './registries.ts'
import { claim, takeDown } from './state.ts'

export interface LabOptions {
  /** What the scripted registry does; it is empty by default. */
  readonly script?: Script
  /** Services answer, and have names, and so have registries, for pods too. */
  readonly services?: boolean
  /** Told, a line at a time, what takes long. */
  readonly say?: (line: string) => void
}

export interface Lab {
  /** The path of a file; its user may do anything. */
  readonly kubeconfig: string
  /** The path of kubectl. */
  readonly kubectlPath: string
  /** containerd's `certs.d`, as the node reads it. */
  readonly hostsFolder: string
  readonly registries: Registries
  /** What kubectl prints; `input` is its standard input. Throws with its words where it fails. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>
  /** Replaces the hosts.toml of a host. */
  writeHostsFile(host: string, text: string): Promise<void>
  /** Makes names resolve to this machine, for the node and for us; takes some seconds, however many. They go with the lab. */
  addNames(names: readonly string[]): Promise<void>
  /** What containerd's own client prints, in the namespace of the kubelet's images: `['images', 'rm', name]`. */
  readonly ctr: (args: readonly string[]) => Promise<string>
  /** An image that runs on the node, for a registry of one's own. */
  readonly runnable: Runnable
  /**
   * Has the Node's `status.images` say what the node holds by now, and waits until it is ready again: the kubelet looks when it
   * starts, and then every thirty seconds. Pods go on running; back-offs of pulls start anew.
   */
  restartKubelet(): Promise<void>
  /** Kills the API server, leaves it away so long, starts it again, and waits until it is ready. */
  restartApiServer(options: { readonly downMs: number }): Promise<void>
  /** Removes everything. */
  stop(): Promise<void>
}

/** How long a step of the start may take; all together take some twenty seconds on two CPUs. */
const STEP_MS = 60_000

/** Programs in Go, as the node's are, read /etc/hosts again after five seconds. */
const NAMES_MS = 5_500

/** Brings the cluster up, its node ready and its registries filled. One at a time on a machine; wants root. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { script = {}, services = false, say = () => undefined } = options
  checkMachine()
  const programs = await findPrograms(say)
  await claim()
  const started: Started[] = []
  const kubectl = (args: readonly string[], input = ''): Promise<string> =>
    run(programs.path('kubectl'), [`--kubeconfig=${KUBECONFIG}`, ...args], input)
  let registries: Registries | undefined
  const stop = async (): Promise<void> => {
    await registries?.stop()
    await takeDown()
  }
  try {
    say('starting the control plane')
    await addAddress()
    await addCgroups()
    await writeIdentities()
    let apiServer = startApiServer(programs)
    started.push(startEtcd(programs), apiServer)
    const runnable = await makeImages()
    registries = await startRegistries(script)
    const apiServerReady = (): Promise<void> => {
      return until('the API server to be ready', [apiServer], async () => {
        return (await kubectl(['get', '--raw=/readyz'])) === 'ok'
      })
    }
    await apiServerReady()
    started.push(startScheduler(programs), startControllers(programs))
    if (services) started.push(...(await startServices(programs)))
    say('starting the node')
    started.push(await startNode(programs))
    const readNode = async (): Promise<Node> => JSON.parse(await kubectl(['get', 'node', NODE, '-o=json'])) as Node
    await until('the node to be ready', started, async () => isReady(await readNode()))
    await until('the default service account', started, async () => {
      return (await kubectl(['get', 'serviceaccount', 'default', '-o=name'])) !== ''
    })
    const kubectlPath = programs.path('kubectl')
    return {
      kubeconfig: KUBECONFIG,
      kubectlPath,
      hostsFolder: HOSTS_FOLDER,
      registries,
      runnable,
      kubectl,
      ctr: (args) => run(programs.path('ctr'), [`--address=${CONTAINERD_SOCKET}`, '--namespace=k8s.io', ...args], ''),
      writeHostsFile,
      async addNames(names) {
        await addNames(names)
        await sleep(NAMES_MS)
      },
      async restartKubelet() {
        await restartKubelet()
        // With its first word it may not have looked yet.
        for (let beats = 0, last = heartbeat(await readNode()); beats < 2; beats++) {
          await until('the kubelet to be back', started, async () => heartbeat(await readNode()) !== last)
          last = heartbeat(await readNode())
        }
      },
      async restartApiServer({ downMs }) {
        await apiServer.kill()
        await sleep(downMs)
        apiServer = startApiServer(programs)
        started[1] = apiServer
        await apiServerReady()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Node {
  readonly spec: { readonly taints?: readonly unknown[] }
  readonly status: { readonly conditions?: readonly Condition[] }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly lastHeartbeatTime: string
}

function ready({ status }: Node): Condition | undefined {
  return status.conditions?.find((each) => each.type === 'Ready')
}

/** When the kubelet last spoke. */
function heartbeat(node: Node): string | undefined {
  return ready(node)?.lastHeartbeatTime
}

function isReady(node: Node): boolean {
  // The controllers take its taint away a moment later; until then nothing is scheduled.
  return ready(node)?.status === 'True' && node.spec.taints === undefined
}

/** Waits until the probe gives true; throws, with the last words of each process, where one ends or time does. */
async function until(what: string, started: readonly Started[], probe: () => Promise<boolean>): Promise<void> {
  let problem = ''
  const end = performance.now() + STEP_MS
  while (performance.now() < end) {
    const ended = started.find((each) => each.ended())
    if (ended !== undefined) throw new Error(`${ended.name} has ended: ${await lastWords(ended.log)}`)
    try {
      if (await probe()) return
    } catch (error) {
      problem = String(error)
    }
    await sleep(100)
  }
  const logs = [...started.map(({ log }) => log), inFolder('logs', 'containerd.log'), inFolder('logs', 'kubelet.log')]
  const words = await Promise.all(logs.map(async (log) => `${log}:\n${await lastWords(log)}`))
  throw new Error(`waited in vain for ${what}: ${problem}\n${words.join('\n')}`)
}

function run(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: STEP_MS, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(stderr === '' ? error.message : stderr, { cause: error }))
    })
    // It may end before it has read all.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
