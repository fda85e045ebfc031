/** What the demo's registry holds: plain data, so that a test can alter one answer and hand it back. */
export interface Contents {
  /** Who may log in: user name to password. */
  readonly users: Readonly<Record<string, string>>
  /** By repository name, `shop/web`. */
  readonly repositories: Readonly<Record<string, Repository>>
}

export interface Repository {
  /** `public`: anybody may pull. `private`: only who has logged in. */
  readonly access: 'public' | 'private'
  readonly tags: Readonly<Record<string, Image>>
  /** Answered to every request for this repository, once the client may pull from it. */
  readonly failure?: RegistryFailure
}

/** `single` is one manifest. `index` has one for each platform; `attested` adds what BuildKit adds: an entry for `unknown/unknown`. */
export type Image =
  | { readonly kind: 'single'; readonly platform: string }
  | { readonly kind: 'index'; readonly platforms: readonly string[]; readonly attested: boolean }

/** An error body of the distribution specification (`{"errors":[{code, message}]}`), under any status and headers. */
export interface RegistryFailure {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

const PUBLIC_INDEX: Image = { kind: 'index', platforms: ['linux/amd64', 'linux/arm64'], attested: true }

/** The repositories that `docs/examples` name, in a fresh value at each call. */
export function demoContents(): Contents {
  return {
    users: { 'shop-ci': 'right-password' },
    repositories: {
      'shop/web': { access: 'public', tags: { 'v1.0': PUBLIC_INDEX, 'v1.1': PUBLIC_INDEX, latest: PUBLIC_INDEX } },
      'shop/billing': { access: 'private', tags: { '2024.10': { kind: 'single', platform: 'linux/amd64' } } },
      'shop/edge': {
        access: 'public',
        tags: { v1: { kind: 'index', platforms: ['linux/arm64'], attested: false } },
      },
      'shop/sensor': { access: 'public', tags: { v1: { kind: 'single', platform: 'linux/arm64' } } },
      // Its tags are near the one that an example asks for.
      'shop/cart': {
        access: 'public',
        tags: { 'v2.0': PUBLIC_INDEX, 'v2.1': PUBLIC_INDEX, 'v3.0-rc1': PUBLIC_INDEX },
      },
      // As Docker Hub says it: a budget of pulls for each window, and none left.
      'shop/popular': {
        access: 'public',
        tags: { v1: PUBLIC_INDEX },
        failure: {
          status: 429,
          code: 'TOOMANYREQUESTS',
          message: 'the pull rate limit is reached',
          headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' },
        },
      },
      'shop/fragile': {
        access: 'public',
        tags: { v1: PUBLIC_INDEX },
        failure: { status: 503, code: 'UNKNOWN', message: 'the storage backend does not answer', headers: {} },
      },
    },
  }
}
