import { lookup, nearMisses } from '../credentials/index.ts'
import type { Credential } from '../credentials/index.ts'
import type { Host } from '../platform/index.ts'
import { matchesHost, registryHost } from '../reference/index.ts'
import type { Reference } from '../reference/index.ts'
import { cannotRun } from '../verdict/index.ts'
import type { Answer, ImageEvidence, ImageFact } from '../verdict/index.ts'
import type { AskImage, ImageQuestion, OwnLogins } from './ports.ts'
import { isAsked } from './place-uses.ts'
import type { PlacedUse } from './place-uses.ts'
import type { PullSecrets } from './secrets.ts'

const MOST_IMAGES = 256 // different images of one pod that are looked up; a pod of 1.5 MB could name tens of thousands
const MOST_CREDENTIALS = 8 // attempts for one image; two are there while one is rotated, more are rare

export interface ImagesTask {
  readonly uses: readonly PlacedUse[]
  readonly pullSecrets: PullSecrets
  readonly hosts: readonly Host[]
  readonly nodeCredentials: readonly string[]
  readonly discreet: boolean
}

export interface ImagePorts {
  readonly ask: AskImage
  readonly ownLogins?: OwnLogins | undefined
}

/**
 * What is known of each image: the kubelet's attempts, one for each matching credential in its order, or one with none. `onKnown` is told
 * of each as it comes.
 */
export async function gatherImages(
  task: ImagesTask,
  ports: ImagePorts,
  signal: AbortSignal,
  onKnown: (image: ImageEvidence, at: number) => Promise<void>,
): Promise<readonly ImageEvidence[]> {
  const seen = new Map<string, Promise<ImageSight>>()
  let asked = 0
  return Promise.all(
    task.uses.map(async (placed, at) => {
      const evidence = { ...placed, ...(isAsked(placed) ? await sightOf(placed) : NOTHING) }
      await onKnown(evidence, at)
      return evidence
    }),
  )

  function sightOf(placed: PlacedUse): Promise<ImageSight> {
    const { image } = placed.use
    let known = seen.get(image)
    if (known === undefined) {
      asked += 1
      known = gatherImage(placed, asked <= MOST_IMAGES, task, ports, signal)
      seen.set(image, known)
    }
    return known
  }
}

/** No more than the host that was asked about, written otherwise. */
const PLAIN_KEY = /^(?:https?:\/\/)?[^/]*(?:\/(?:v[12]\/?)?)?$/

type ImageSight = Omit<ImageEvidence, keyof PlacedUse>

const NOTHING: ImageSight = { nodeCredentials: false, answers: [], ownSight: undefined, nearMisses: [] }

async function gatherImage(
  { parsed }: PlacedUse,
  within: boolean,
  task: ImagesTask,
  ports: ImagePorts,
  signal: AbortSignal,
): Promise<ImageSight> {
  const malformed = task.pullSecrets.secrets.some(({ state }) => state.kind === 'malformed')
  if (parsed.kind === 'invalid' || malformed) return NOTHING
  if (!within)
    return { ...NOTHING, answers: [{ credential: undefined, fact: { kind: 'unasked', detail: 'too-many-images' } }] }
  const { reference } = parsed
  const credentials = lookup(task.pullSecrets.keyring, reference.name)
  const answers = await attempts(reference, credentials, task.hosts, ports.ask, signal)
  const refused = answers.every(({ fact }) => fact.kind === 'refused')
  const host = registryHost(reference).toLowerCase()
  return {
    nodeCredentials: task.nodeCredentials.some((pattern) => matchesHost(pattern.toLowerCase(), host)),
    answers,
    ownSight:
      refused && lacksSecrets(task.pullSecrets) ? await lookMyself(reference, task.hosts, ports, signal) : undefined,
    nearMisses: refused && credentials.length === 0 ? showableMisses(task, reference) : [],
  }
}

// What stands before an @ or after a ? in a key may be a password; the kubelet drops both, and we do not repeat them.
function showableMisses({ pullSecrets, discreet }: ImagesTask, { name }: Reference): ImageEvidence['nearMisses'] {
  return nearMisses(pullSecrets.keyring, name)
    .filter(({ key }) => !/[@?]/.test(key) && (!discreet || PLAIN_KEY.test(key)))
    .map(({ message }) => ({ message }))
}

// The kubelet goes through them one after the other, and stops at the first that gets the image.
async function attempts(
  reference: Reference,
  credentials: readonly Credential[],
  hosts: readonly Host[],
  ask: AskImage,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const credential of credentials.length === 0 ? [undefined] : credentials) {
    if (answers.length === MOST_CREDENTIALS)
      return [...answers, { credential, fact: { kind: 'unasked', detail: 'too-many-credentials' } }]
    const fact = await askFreshly({ reference, credential, hosts }, ask, signal)
    answers.push({ credential, fact })
    if (fact.kind === 'found') return answers
  }
  return answers
}

// A registry's "no" is never old; an image that nobody can run may have been mended since it was last looked at.
async function askFreshly(question: ImageQuestion, ask: AskImage, signal: AbortSignal): Promise<ImageFact> {
  const fact = await ask(question, signal)
  const again = fact.kind === 'found' && cannotRun(fact.document, question.hosts)
  return again ? ask({ ...question, fresh: true }, signal) : fact
}

function lacksSecrets({ account, secrets }: PullSecrets): boolean {
  return account.state === 'pending' || secrets.some(({ state }) => state.kind === 'pending')
}

/** With the user's own logins, only to look: the node will not have them. */
async function lookMyself(
  reference: Reference,
  hosts: readonly Host[],
  { ask, ownLogins }: ImagePorts,
  signal: AbortSignal,
): Promise<ImageFact | undefined> {
  if (ownLogins === undefined) return undefined
  for (const credential of await ownLogins(reference.name, signal)) {
    const fact = await ask({ reference, credential, hosts }, signal)
    if (fact.kind !== 'refused') return fact
  }
  return undefined
}
