import type { Decided } from '../policy/index.ts'
import { fullName } from '../verdict/index.ts'
import type { Finding } from '../verdict/index.ts'
import type { ObjectResult } from './result.ts'

const LONGEST = 1024 // bytes of one annotation: enough for a pod's worth of findings

/** Audit annotations, without their webhook's prefix; each only where it has something to say. */
export function auditAnnotations(result: ObjectResult, decided: Decided<Finding>): Readonly<Record<string, string>> {
  const pick = (wanted: 'audited' | 'exempted' | 'wouldDeny'): string => {
    const pairs = decided.images.flatMap(({ findings }, index) =>
      findings
        .filter((finding) => finding[wanted])
        .map(({ finding }) => `${result.images[index]?.field ?? ''}: ${fullName(finding)}`),
    )
    return pairs.join(', ').slice(0, LONGEST)
  }
  const annotations: Record<string, string> = { decision: result.decision, verdict: result.verdict }
  const findings = pick('audited')
  const exempt = pick('exempted')
  const wouldDeny = pick('wouldDeny')
  if (findings !== '') annotations['findings'] = findings
  if (exempt !== '') annotations['exempt'] = exempt
  if (wouldDeny !== '') annotations['would-deny'] = wouldDeny
  return annotations
}
