import { exemptionText } from '../policy/index.ts'
import type { Decided, Exemption, InvalidLabel } from '../policy/index.ts'
import { fullName } from '../verdict/index.ts'
import type { Finding } from '../verdict/index.ts'
import type { ObjectResult } from './result.ts'

const LONGEST = 1024 // bytes of one annotation: enough for a pod's worth of findings

/** Of an object that is exempt as a whole. */
export function exemptAnnotations(exemption: Exemption): Readonly<Record<string, string>> {
  return { exempt: exemptionText(exemption) }
}

/** Audit annotations, without their webhook's prefix; each only where it has something to say. */
export function auditAnnotations(
  result: ObjectResult,
  decided: Decided<Finding>,
  invalid: readonly InvalidLabel[],
): Readonly<Record<string, string>> {
  const pick = (wanted: 'audited' | 'exemption' | 'wouldDeny'): string => {
    const pairs = decided.images.flatMap(({ findings }, index) =>
      findings
        .filter((finding) => finding[wanted] !== false && finding[wanted] !== undefined)
        .map(({ finding }) => `${result.images[index]?.field ?? ''}: ${fullName(finding)}`),
    )
    return pairs.join(', ').slice(0, LONGEST)
  }
  const annotations: Record<string, string> = { decision: result.decision, verdict: result.verdict }
  const findings = pick('audited')
  const exempt = [...exemptImages(result), pick('exemption')]
    .filter((part) => part !== '')
    .join(', ')
    .slice(0, LONGEST)
  const wouldDeny = pick('wouldDeny')
  if (findings !== '') annotations['findings'] = findings
  if (exempt !== '') annotations['exempt'] = exempt
  if (wouldDeny !== '') annotations['would-deny'] = wouldDeny
  if (invalid.length > 0) annotations['invalid-labels'] = invalid.map(({ mode }) => mode).join(', ')
  return annotations
}

// `spec.containers[0].image: image ghcr.io/acme/* (OPS-12)`
function exemptImages({ images }: ObjectResult): readonly string[] {
  return images.flatMap(({ field, exempt }) => (exempt === undefined ? [] : [`${field}: ${exemptionText(exempt)}`]))
}
