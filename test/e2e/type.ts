// Types a step of a story into a shell, as the person who types it.
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { writeAccountKubeconfig } from '../lab/account.ts'
import type { Lab } from '../lab/cluster.ts'
import type { Step, Story } from './story.ts'

const ROOT = join(import.meta.dirname, '../..')

/** How long the API server, the webhook or a controller may take to learn of something. */
const LEARN_MS = 60_000

/** Where the service accounts of people are. */
const PEOPLE = 'people'

export interface Typed {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** Types a step once. */
export type Typing = (step: Step) => Promise<Typed>

/** Who the people are. A service account's token stands for a person's login. */
export async function makePeople(lab: Lab, folder: string): Promise<void> {
  const rules = [{ apiGroups: ['', 'apps', 'batch', 'autoscaling', 'policy'], resources: ['*'], verbs: ['*'] }]
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'dev' }, rules }
  await lab.kubectl(['create', '-f', '-'], JSON.stringify(role))
  await lab.kubectl(['create', 'namespace', PEOPLE])
  await lab.kubectl(['-n', PEOPLE, 'create', 'serviceaccount', 'dev'])
  await lab.kubectl(['create', 'clusterrolebinding', 'dev', '--clusterrole=dev', `--serviceaccount=${PEOPLE}:dev`])
  await writeAccountKubeconfig(lab, { namespace: PEOPLE, name: 'dev' }, join(folder, 'dev'))
  await cp(lab.kubeconfig, join(folder, 'admin'))
}

/**
 * Makes the namespace of a story, and the files; gives what types its steps. The shell knows the variables, and what is said has
 * their names for what they hold.
 */
export async function begin(
  lab: Lab,
  folder: string,
  story: Story,
  variables: Readonly<Record<string, string>>,
): Promise<Typing> {
  const { namespace, labels, files } = story
  const home = join(folder, namespace)
  await mkdir(home, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text)
  for (const person of ['dev', 'admin']) {
    const config = parse(await readFile(join(folder, person), 'utf8')) as { contexts: { context: object }[] }
    const contexts = config.contexts.map((each) => ({ ...each, context: { ...each.context, namespace } }))
    await writeFile(join(home, `.${person}`), stringify({ ...config, contexts }), { mode: 0o600 })
  }
  const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }
  await lab.kubectl(['apply', '-f', '-'], JSON.stringify(made))
  await settled(async () => (await lab.kubectl(['-n', namespace, 'get', 'sa', 'default', '-o=name'])) !== '')
  const cwd = story.folder === undefined ? home : join(ROOT, story.folder)
  return (step) => {
    const env = {
      ...process.env,
      ...variables,
      HOME: folder,
      TMPDIR: home,
      KUBECONFIG: join(home, `.${step.by}`),
      PATH: `${dirname(lab.kubectlPath)}:${process.env['PATH'] ?? ''}`,
    }
    return shell(step.typed, { cwd, env }, variables)
  }
}

/** What the API server says where a controller wrote the object at the same moment: it judged nothing, and people type it again. */
const CONFLICT = 'the object has been modified'

/** Types a step, until it comes to what it should where that takes its time; gives what came of it last. */
export async function type(step: Step, once: Typing): Promise<Typed> {
  let typed = await once(step)
  await settled(async () => {
    if (step.eventually === true ? isAsSaid(step, typed) : !typed.stderr.includes(CONFLICT)) return true
    typed = await once(step)
    return false
  })
  return typed
}

/** What of a step is to be compared. */
export function said(step: Step, typed: Typed): Partial<Typed> {
  return {
    exit: typed.exit,
    ...(step.stdout === undefined ? {} : { stdout: typed.stdout }),
    ...(step.stderr === undefined ? {} : { stderr: typed.stderr }),
  }
}

/** What it should be. */
export function expected({ exit, stdout, stderr, decision }: Step): Partial<Typed> {
  return {
    exit: exit ?? (decision === 'deny' ? 1 : 0),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
  }
}

function isAsSaid(step: Step, typed: Typed): boolean {
  return JSON.stringify(said(step, typed)) === JSON.stringify(expected(step))
}

/** Gives up in silence: what is compared then tells more. */
async function settled(probe: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LEARN_MS
  while (!(await probe().catch(() => false)) && performance.now() < end) await sleep(100)
}

/** The name of the file that `kubectl edit` leaves for who was refused. */
const RANDOM = /\/\S*\/kubectl-edit-\d+/g

function shell(
  line: string,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  variables: Readonly<Record<string, string>>,
): Promise<Typed> {
  const shown = (text: string): string => {
    let named = text.replace(RANDOM, '/tmp/kubectl-edit-RANDOM').trimEnd()
    for (const [name, value] of Object.entries(variables)) named = named.replaceAll(value, `$${name}`)
    return named
  }
  return new Promise((resolve) => {
    execFile('bash', ['-o', 'pipefail', '-c', line], { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ exit, stdout: shown(stdout), stderr: shown(stderr) })
    })
  })
}
