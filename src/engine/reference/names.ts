import { namesHost, parseReference } from './parse.ts'
import type { Reference } from './reference.ts'

/**
 * The pull policy that the API server writes where none is said: `Always` without tag and digest, and for the tag
 * `latest` even beside a digest. An image that does not parse gets `IfNotPresent`.
 */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const parsed = parseReference(image)
  if (parsed.kind === 'invalid') return 'IfNotPresent'
  const { tag, digest } = parsed.reference
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent'
}

/** What the kubelet hands to the runtime: the image as written, with `:latest` where it has neither tag nor digest. */
export function imageSentToCri(image: string, reference: Reference): string {
  return reference.tag === undefined && reference.digest === undefined ? `${image}:latest` : image
}

/** What containerd pulls, `docker.io/library/nginx:latest`: normalised, and without the tag where there is a digest. */
export function pulledName(reference: Reference): string {
  if (reference.digest !== undefined) return `${reference.name}@${reference.digest}`
  return `${reference.name}:${reference.tag ?? 'latest'}`
}

/** The host that is asked: the domain, or the first path component where the grammar found no domain (`my_registry.io/foo`). */
export function registryHost(reference: Reference): string {
  return reference.domain === '' ? reference.path.slice(0, reference.path.indexOf('/')) : reference.domain
}

/** The repository that this host is asked for: `foo` of `my_registry.io/foo`, too. */
export function registryPath(reference: Reference): string {
  return reference.domain === '' ? reference.path.slice(reference.path.indexOf('/') + 1) : reference.path
}

/** True where the image names no registry host, so that Docker Hub is assumed: `my-app:2.0`, `acme/web`, but not `docker.io/acme/web`. */
export function hostAssumed(image: string): boolean {
  return !namesHost(image)
}
