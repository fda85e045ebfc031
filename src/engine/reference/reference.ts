/**
 * An image reference as the kubelet parses it (distribution/reference `ParseNormalizedNamed`).
 * `nginx` is `{ domain: 'docker.io', path: 'library/nginx', name: 'docker.io/library/nginx' }`, with neither tag nor digest.
 */
export interface Reference {
  /** The registry as written, after normalisation: `docker.io`, `quay.io:443`. Empty where only the path rule matched (`my_registry.io/foo`). */
  readonly domain: string
  readonly path: string
  /** `domain/path`: what keyrings are looked up by. */
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

export type ParsedReference =
  | { readonly kind: 'parsed'; readonly reference: Reference }
  /** `error` is the kubelet's own wording, without its `couldn't parse image name` prefix. */
  | { readonly kind: 'invalid'; readonly error: string }
