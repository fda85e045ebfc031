import { z } from 'zod'
import type { Reference } from '../../engine/reference/index.ts'
import type { Absent } from '../../engine/verdict/index.ts'
import { isSuccess, saysNoRepository } from './answers.ts'
import { isDigest } from './digest.ts'
import { MANIFEST_ACCEPT } from './documents.ts'
import { readErrorBody } from './error-body.ts'
import { headerValue, parseJson } from './json.ts'
import { MAX_TAGS } from './options.ts'
import { ask } from './session.ts'
import type { Session } from './session.ts'

// Nexus lists null among its tags; an empty repository may have `tags: null`.
const TagList = z.object({ tags: z.array(z.unknown()).nullish() })
const TAG = /^\w[\w.-]{0,127}$/
/** ECR refuses more; pages are in lexical order, so a short one would miss the close ones. */
const PAGE = 1_000

/** What would help whoever reads that it is absent: one page of tags, whether the repository is there, and `latest`. Never worse than `absent`. */
export async function withHints(session: Session, reference: Reference, absent: Absent): Promise<Absent> {
  const reply = await ask(session, {
    method: 'GET',
    target: `tags/list?n=${String(PAGE)}`,
    accept: 'application/json',
    limit: MAX_TAGS,
  })
  if ('kind' in reply) return absent
  if (reply.status === 404) return saysNoRepository(readErrorBody(reply)) ? { ...absent, what: 'repository' } : absent
  const list = isSuccess(reply.status) && !reply.over ? TagList.safeParse(parseJson(reply.body)) : undefined
  if (list?.success !== true) return absent
  const tags = (list.data.tags ?? [])
    .slice(0, PAGE)
    .filter((tag) => typeof tag === 'string' && TAG.test(tag)) as string[]
  const other = reference.digest === undefined && reference.tag !== undefined && reference.tag !== 'latest'
  const latest = other && tags.includes('latest') ? await latestOf(session) : undefined
  return { ...absent, tags, ...(latest === undefined ? {} : { latest }) }
}

async function latestOf(session: Session): Promise<string | undefined> {
  const head = await ask(session, { method: 'HEAD', target: 'manifests/latest', accept: MANIFEST_ACCEPT, limit: 0 })
  if ('kind' in head || !isSuccess(head.status)) return undefined
  const digest = headerValue(head.headers['docker-content-digest'])
  return digest !== undefined && isDigest(digest) ? digest : undefined
}
