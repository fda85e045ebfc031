/**
 * Secrets that no output may show: plant them wherever a secret goes, and look for them in all that comes out. They hold
 * characters that base64, URLs and JSON write in their own ways.
 */
export const canary = {
  username: 'canary-user+7Qf2',
  password: 'c@nary>pass?word/9Xk4~ü',
  token: 'canaryToken.eyJhbGciOiJub25lIn0.4vT8',
} as const

/** `user:password`, as Basic sends it and `auth` of a docker configuration holds it. */
export const canaryBasic = Buffer.from(`${canary.username}:${canary.password}`).toString('base64')

/** A docker configuration with the canary as the login for a host. */
export function canaryConfig(host: string): string {
  const { username, password } = canary
  return JSON.stringify({ auths: { [host]: { username, password, auth: canaryBasic } } })
}

const SHORTEST = 8 // of a piece of base64 that can be nobody else's

/** Which of the canaries a text shows, as they are, percent-encoded, in JSON, or in base64 (plain or for URLs, padded or not, wherever they stand in what was encoded). */
export function canariesIn(text: string): readonly string[] {
  const plain = text.toLowerCase()
  const encoded = text.replaceAll('-', '+').replaceAll('_', '/')
  return Object.entries(canary)
    .filter(([, secret]) => {
      const forms = [
        secret,
        encodeURIComponent(secret),
        asciiJson(secret),
        new URLSearchParams({ '': secret }).toString().slice(1),
      ]
      return (
        forms.some((form) => plain.includes(form.toLowerCase())) ||
        base64Forms(secret).some((form) => encoded.includes(form))
      )
    })
    .map(([name]) => name)
}

/** What base64 makes of a text at each of the three places at which it can start; the ends, which depend on its neighbours, left off. */
function base64Forms(secret: string): readonly string[] {
  const forms = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    const whole = bytes.toString('base64').replaceAll('=', '')
    return whole.slice(before === 0 ? 0 : before + 1, bytes.length % 3 === 0 ? undefined : -1)
  })
  return forms.filter((form) => form.length >= SHORTEST)
}

function asciiJson(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
