import { listOf, own, textOf, textsOf } from './fields.ts'

interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: readonly string[]
}

/** A LabelSelector (meta/v1); an empty one selects everything. */
export type Selector = readonly Requirement[]

/** Labels as far as they are known. */
export interface Labels {
  readonly known: Readonly<Record<string, string>>
  /** A key that is not among them may be there all the same, and one that is may change. */
  readonly open: (key: string) => boolean
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const

/** What cannot be read as a requirement is left out, so that the selector selects more rather than less. */
export function readSelector(selector: unknown): Selector {
  const labels = own(selector, 'matchLabels')
  const pairs = typeof labels === 'object' && labels !== null ? Object.entries(labels) : []
  const equal = pairs.flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [{ key, operator: 'In', values: [value] } as const] : [],
  )
  const expressions = listOf(selector, 'matchExpressions').flatMap((each) => {
    const operator = OPERATORS.find((known) => known === textOf(each, 'operator'))
    const values = textsOf(each, 'values')
    return operator === undefined || values === undefined ? [] : [{ key: textOf(each, 'key'), operator, values }]
  })
  return [...equal, ...expressions]
}

/** Whether a selector could select an object with these labels (apimachinery, `labels.Requirement`). */
export function maySelect(selector: Selector, { known, open }: Labels): boolean {
  return selector.every(({ key, operator, values }) => {
    if (open(key)) return true
    const value = Object.hasOwn(known, key) ? known[key] : undefined
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
    }
  })
}
