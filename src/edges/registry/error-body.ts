import { z } from 'zod'
import { parseJson } from './json.ts'
import type { Reply } from './transport.ts'

const Item = z.object({ code: z.string().catch(''), message: z.string().catch('') })
const Errors = z.object({ errors: z.array(Item.catch({ code: '', message: '' })).min(1) })
/** zot and Docker Hub send one bare object; Hub and Artifactory have `details` at their token endpoint. */
const Bare = z.object({
  code: z.string().catch(''),
  message: z.string().catch(''),
  details: z.string().catch(''),
  error: z.string().catch(''),
})

/** What an error body says, whichever of the registries' forms it has (registry-protocol 2.2). Never shown raw. */
export interface ErrorBody {
  /** In capitals; empty where the registry gave none. */
  readonly codes: readonly string[]
  /** All messages, lower case, for the few wordings that mean something. */
  readonly text: string
  /** A registry's own error object, and not a page or a proxy's text. */
  readonly registry: boolean
}

const MAX_CODES = 16
const MAX_TEXT = 8 * 1024

export function readErrorBody(reply: Pick<Reply, 'body' | 'over'>): ErrorBody {
  const nothing: ErrorBody = { codes: [], text: '', registry: false }
  if (reply.over) return nothing
  const json = parseJson(reply.body)
  const list = Errors.safeParse(json)
  if (list.success) {
    const items = list.data.errors.slice(0, MAX_CODES)
    const codes = items.map((item) => item.code.toUpperCase()).filter((code) => code !== '')
    return { codes, text: textOf(items.map((item) => item.message)), registry: codes.length > 0 }
  }
  const bare = Bare.safeParse(json)
  if (!bare.success) return { ...nothing, text: textOf([reply.body.subarray(0, MAX_TEXT).toString('utf8')]) }
  const { code, message, details, error } = bare.data
  return {
    codes: code === '' ? [] : [code.toUpperCase()],
    text: textOf([message, details, error]),
    registry: code !== '' || details !== '' || error !== '',
  }
}

function textOf(messages: readonly string[]): string {
  return messages.join('\n').slice(0, MAX_TEXT).toLowerCase()
}
