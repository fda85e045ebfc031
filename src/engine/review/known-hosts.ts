import { parseReference } from '../reference/index.ts'

const MOST = 8
/** A key of a secret may be anything: what has neither dot nor port is not repeated. */
const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$/

/** The registry hosts that a pod's images and the keys of its pull secrets name, Docker Hub aside: what a name without a host may have meant. */
export function knownHosts(images: readonly string[], keys: readonly string[]): readonly string[] {
  const ofImages = images.flatMap((image) => {
    const parsed = parseReference(image)
    return parsed.kind === 'parsed' ? [parsed.reference.domain] : []
  })
  const ofKeys = keys.map((key) => key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '')
  const hosts = [...ofImages, ...ofKeys].filter(
    (host) => HOST.test(host) && /[.:]/.test(host) && !/(^|\.)docker\.(io|com)(:|$)/.test(host),
  )
  return [...new Set(hosts)].slice(0, MOST)
}
