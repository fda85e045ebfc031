// What an installed webhook says of an image, asked by kubectl without making anything.
import { until } from './installed.ts'
import type { Cluster } from './installed.ts'

/** In the API server's words where a call fails. */
export const FAILED = 'failed calling webhook'

export interface Probe {
  readonly image: string
  readonly namespace?: string
  readonly pullSecret?: string
  /** It may land anywhere, whatever keeps others from there. */
  readonly anywhere?: boolean
  /** A Deployment of it, in place of a Pod. */
  readonly template?: boolean
}

/** `admitted`, or what kubectl prints: warnings, `denied the request: ...`, or why the webhook could not be called. */
export async function ask({ kubectl }: Pick<Cluster, 'kubectl'>, probe: Probe): Promise<string> {
  const { image, namespace = 'shop', pullSecret, anywhere = false, template = false } = probe
  const metadata = { name: 'probe', namespace }
  const labels = { app: 'probe' }
  const spec = {
    containers: [{ name: 'probe', image }],
    ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
    ...(anywhere && { tolerations: [{ operator: 'Exists' }] }),
  }
  const object = template
    ? {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      }
    : { apiVersion: 'v1', kind: 'Pod', metadata, spec }
  // kubectl prints warnings where nobody reads them, unless they are errors.
  const args = ['create', '--dry-run=server', '--warnings-as-errors', '-f', '-']
  return kubectl(args, JSON.stringify(object)).then(
    () => 'admitted',
    (error: unknown) => String(error),
  )
}

/** Waits until that is what it says. */
export function untilAsked(cluster: Cluster, probe: Probe, words: string, timeoutMs = 30_000): Promise<string> {
  return until(words, () => ask(cluster, probe), timeoutMs)
}

/** Goes on asking while something is done, and gives all that was said, each once. */
export async function askMeanwhile(cluster: Cluster, probe: Probe, work: () => Promise<unknown>): Promise<string[]> {
  const said = new Set<string>()
  const state = { working: true }
  const end = (): void => {
    state.working = false
  }
  const done = work()
  done.then(end, end)
  while (state.working) said.add(await ask(cluster, probe))
  await done
  return [...said]
}
