import type { NodeTerm, Placement, Requirement } from '../workload/index.ts'
import type { Node } from './node.ts'

/** Whether the node has what the pod's selector and required affinity ask for (facts, "Candidate nodes"). */
export function fitsSelectors(placement: Placement, node: Node): boolean {
  for (const [key, value] of Object.entries(placement.nodeSelector)) {
    const label = labelOf(node, key)
    if (label !== value && !(node.assumed && label === undefined)) return false
  }
  return placement.terms === undefined || placement.terms.some((term) => fitsTerm(term, node))
}

// A term that says nothing matches nothing, and so does one that is not valid: the others still count.
function fitsTerm(term: NodeTerm, node: Node): boolean {
  if (term.expressions.length + term.fields.length === 0) return false
  if (!term.expressions.every(isValid) || !term.fields.every(isValidField)) return false
  return (
    term.expressions.every((expression) => fitsExpression(expression, node)) &&
    term.fields.every((field) => node.assumed || fitsField(field, node))
  )
}

function isValid({ key, operator, values }: Requirement): boolean {
  if (key === '') return false
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
    case 'Gt':
    case 'Lt':
      return values.length === 1 && readInt64(values[0]) !== undefined
    default:
      return false
  }
}

function isValidField({ operator, values }: Requirement): boolean {
  return (operator === 'In' || operator === 'NotIn') && values.length === 1
}

// The scheduler knows no other field, and reads one as empty.
function fitsField({ key, operator, values }: Requirement, node: Node): boolean {
  return (values[0] === (key === 'metadata.name' ? node.name : '')) === (operator === 'In')
}

function fitsExpression({ key, operator, values }: Requirement, node: Node): boolean {
  const label = labelOf(node, key)
  if (label === undefined) return node.assumed || operator === 'NotIn' || operator === 'DoesNotExist'
  switch (operator) {
    case 'In':
      return values.includes(label)
    case 'NotIn':
      return !values.includes(label)
    case 'Exists':
      return true
    case 'Gt':
    case 'Lt': {
      const [has, bound] = [readInt64(label), readInt64(values[0])]
      if (has === undefined || bound === undefined) return false
      return operator === 'Gt' ? has > bound : has < bound
    }
    default:
      return false
  }
}

const INT64_END = 2n ** 63n

function readInt64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,63}$/.test(text)) return undefined
  const number = BigInt(text.replace('+', ''))
  return number >= -INT64_END && number < INT64_END ? number : undefined
}

function labelOf(node: Node, key: string): string | undefined {
  return Object.hasOwn(node.labels, key) ? node.labels[key] : undefined
}
