import type { ImageVerdict, Running } from '../verdict/index.ts'
import type { Candidates } from './landing.ts'
import type { PlacedUse } from './place-uses.ts'
import type { ReadRunning } from './ports.ts'

interface Sight {
  readonly namespace: string
  readonly uses: readonly PlacedUse[]
  readonly verdicts: readonly ImageVerdict[]
  readonly candidates: Candidates
}

/**
 * The images that pods of the namespace run where this one may land, as a runtime names them; undefined where that changes nothing. Pods are
 * only read where something fails that need not be pulled.
 */
export async function runningImages(
  { namespace, uses, verdicts, candidates }: Sight,
  read: ReadRunning | undefined,
  signal: AbortSignal,
): Promise<Running | undefined> {
  const matters = verdicts.some(
    ({ outcome }, at) => outcome === 'failing' && uses[at]?.use.pullPolicy === 'IfNotPresent',
  )
  if (!matters || read === undefined) return undefined
  const pods = await read(namespace, signal)
  if (pods.kind === 'unreadable') return { unread: pods.detail }
  if (pods.kind !== 'found') return undefined
  const { landing, nodes } = candidates
  const names = new Set(nodes.map(({ name }) => name))
  const anywhere = landing.kind === 'unknown' || nodes.some(({ assumed }) => assumed)
  const here = pods.value.filter(({ node }) => anywhere || names.has(node))
  return new Set(here.flatMap(({ images }) => images))
}
