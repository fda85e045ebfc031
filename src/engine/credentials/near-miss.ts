import { printable, quoted } from '../../base/text.ts'
import type { Keyring, Target } from './keyring.ts'
import { keyMatches, targetOf } from './keyring.ts'

/** A key that its owner may have meant for the image, and that the kubelet does not use for it. */
export interface NearMiss {
  readonly key: string
  readonly secret: string
  readonly why: MissReason
  /** Ready to show; holds no secret. */
  readonly message: string
}

export type MissReason =
  'space' | 'scheme' | 'letter-case' | 'hub-slash' | 'api-path' | 'tag' | 'port' | 'wildcard' | 'hub-name' | 'path'

interface Mending {
  readonly why: MissReason
  /** Mends one mistake; what remains is looked at by the mendings that follow. */
  readonly mend: (key: string, host: string) => string
  readonly rule: string
}

const MOST = 3 // more would not be read
const MAX_KEYS = 1000 // of a pull secret that may hold a megabyte of them
const MAX_KEY = 512
const HUB_NAMES = /^(?:registry-1|auth|hub|registry\.hub|registry|index|www|\*)\.docker\.(?:io|com)(?:\/.*)?$/

// In the order of likeliness that it is all that is wrong: a key with two mistakes is named after the last one mended.
const MENDINGS: readonly Mending[] = [
  { why: 'space', mend: (key) => key.trim(), rule: 'white space around a key counts' },
  {
    why: 'scheme',
    mend: (key) => key.replace(/^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\//, ''),
    rule: 'only https:// and http://, in lower case, are passed over',
  },
  { why: 'letter-case', mend: (key) => key.toLowerCase(), rule: 'letter case counts' },
  { why: 'hub-slash', mend: mendHubSlash, rule: 'the slash at its end counts' },
  {
    why: 'api-path',
    mend: (key) => key.replace(/\/v[12](?:\/.*)?$/, ''),
    rule: 'what follows the host counts as a path',
  },
  { why: 'tag', mend: (key) => key.replace(/(\/[^/:@]*)[:@].*$/, '$1'), rule: 'a key has no tag or digest' },
  { why: 'port', mend: mendPort, rule: 'the ports must be the same, or both absent' },
  { why: 'wildcard', mend: mendWildcard, rule: 'a * stands for one part of a host name, between dots' },
  { why: 'hub-name', mend: (key) => (HUB_NAMES.test(key) ? 'docker.io' : key), rule: 'Docker Hub has other keys' },
  { why: 'path', mend: (key) => key.replace(/\/.*$/, ''), rule: 'a path must be the beginning of that of the image' },
]

/**
 * The keys that come nearest to a repository name that no key matches, nearest first, three at most (design, note
 * `pull-secret-no-match`): those that would match if one kind of mistake, or several, were mended.
 */
export function nearMisses(keyring: Keyring, name: string): readonly NearMiss[] {
  const slash = name.indexOf('/')
  const host = slash < 0 ? name : name.slice(0, slash)
  const target = targetOf(name)
  // The name of an image may have capitals in its host; then they are what the key lacks.
  const lowered = targetOf(name.toLowerCase())
  const misses: NearMiss[] = []
  for (const { key, source } of keyring.credentials.slice(0, MAX_KEYS)) {
    if (key.length > MAX_KEY || keyMatches(key, target)) continue
    const mending = mendingOf(key, target, lowered)
    if (mending === undefined) continue
    const message = `pull secret ${quoted(source, 80)} has the key ${quoted(key, 100)}, and the image needs ${wanted(host)}: ${mending.rule}`
    misses.push({ key, secret: source, why: mending.why, message })
  }
  const rank = ({ why }: NearMiss): number => MENDINGS.findIndex((mending) => mending.why === why)
  return misses.sort((a, b) => rank(a) - rank(b)).slice(0, MOST)
}

function mendingOf(key: string, target: Target, lowered: Target): Mending | undefined {
  const host = lowered.name.replace(/\/.*$/, '')
  let mended = key
  let wanted = target
  for (const mending of MENDINGS) {
    mended = mending.mend(mended, host)
    if (mending.why === 'letter-case') wanted = lowered
    if (mended !== '' && keyMatches(mended, wanted)) return mending
  }
  return undefined
}

function wanted(host: string): string {
  return host === 'docker.io' ? '"https://index.docker.io/v1/"' : `"${printable(host, 100)}"`
}

function mendHubSlash(key: string, host: string): string {
  return host === 'docker.io' ? key.replace(/^index\.docker\.io\/v[12]$/, 'index.docker.io') : key
}

function mendPort(key: string, host: string): string {
  const port = /:[0-9]{1,10}$/.exec(host)?.[0] ?? ''
  return key.replace(/^([^/:]*)(?::[0-9]{0,10})?(?=\/|$)/, `$1${port}`)
}

/** `*.gcr.io`, `*.io`, `*`: the stars at the front, spread over as many parts as the host has more. */
function mendWildcard(key: string, host: string): string {
  const [place = '', ...path] = key.split('/')
  const rest = place.replace(/^(?:\*\.?)+/, '')
  if (rest === place || !(host === rest || host.endsWith(`.${rest}`) || rest === '')) return key
  return [host, ...path].join('/')
}
