import { printable } from '../../base/text.ts'
import { deniedAtBaseline } from '../policy/index.ts'
import type { Decided, PolicyConfig } from '../policy/index.ts'
import { parseReference, registryHost } from '../reference/index.ts'
import { outcomeOf } from '../verdict/index.ts'
import type { Finding } from '../verdict/index.ts'
import type { ImageUse } from '../workload/index.ts'
import type { Forecast, ForecastUse } from './forecast.ts'
import { own, textOf } from './own.ts'

/** What a review decided on a pod. */
export interface Admitted {
  readonly operation: string
  readonly subResource: string
  readonly dryRun: boolean
  readonly namespace: string
  /** The pod as it was reviewed. */
  readonly object: unknown
  readonly uses: readonly ImageUse[]
  readonly decided: Decided<Finding>
}

/** Of one pod; more than that many wrong images are nobody's pod. */
const MAX_USES = 16
const MAX_NAME = 253

/**
 * What is to be followed of a pod that was admitted: the images for which it would be denied where nothing held us back, be that
 * `mode: audit`, the namespace's level or an exemption. Undefined where there is nothing to learn.
 *
 * An API server gives a pod its name, a generated one too, and its UID before it asks validating webhooks (apiserver,
 * `rest.BeforeCreate`), so that a pod can be told from another of its name. Pods made from a template are reviewed themselves.
 */
export function makeForecast(admitted: Admitted, config: PolicyConfig): Forecast | undefined {
  const { operation, subResource, dryRun, namespace, object, uses, decided } = admitted
  if (dryRun || decided.decision === 'deny') return undefined
  const created = operation === 'CREATE' && subResource === ''
  if (!created && !(operation === 'UPDATE' && subResource === 'ephemeralcontainers')) return undefined
  const metadata = own(object, 'metadata')
  const name = textOf(metadata, 'name')
  const uid = textOf(metadata, 'uid')
  if (own(object, 'kind') !== 'Pod' || !isName(name) || !isName(uid)) return undefined
  const said = decided.images.flatMap(({ findings }, at): readonly ForecastUse[] => {
    const use = uses[at]
    const found = findings.find(
      ({ finding, wouldDeny, spared }) =>
        outcomeOf(finding.cause) !== null && (wouldDeny || spared || deniedAtBaseline(finding, config)),
    )?.finding
    const outcome = found === undefined ? null : outcomeOf(found.cause)
    if (use === undefined || found === undefined || outcome === null) return []
    const { role, name: of, image } = use
    const believed = printable(found.message, 300)
    return [{ role, name: of, image, outcome, cause: found.cause, host: hostOf(image), believed }]
  })
  return said.length === 0 ? undefined : { namespace, name, uid, uses: said.slice(0, MAX_USES) }
}

function isName(text: string): boolean {
  return text !== '' && text.length <= MAX_NAME
}

function hostOf(image: string): string {
  const parsed = parseReference(image)
  return parsed.kind === 'parsed' ? registryHost(parsed.reference) : ''
}
