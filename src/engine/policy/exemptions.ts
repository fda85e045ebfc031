import { matchesHost, matchesImage, placeOf } from '../reference/index.ts'
import type { ImagePattern, Reference } from '../reference/index.ts'

/** An entry of the configuration: what is exempt, and a ticket or a word why. */
export interface Exempt<T = string> {
  readonly name: T
  readonly reason?: string
}

/** What the configuration exempts. Names are whole names; nothing of it is the pod author's to say, but the runtime class and the image. */
export interface Exemptions {
  readonly namespaces: readonly Exempt[]
  /** Who sends the request. What a controller makes of it later is the controller's. */
  readonly users: readonly Exempt[]
  readonly groups: readonly Exempt[]
  readonly runtimeClasses: readonly Exempt[]
  readonly images: readonly Exempt<ImagePattern>[]
  /** By host, or pattern of hosts. `skip`: never asked. `warn`: what is found of its images never denies. */
  readonly registries: Readonly<Record<string, 'skip' | 'warn'>>
}

export const noExemptions: Exemptions = {
  namespaces: [],
  users: [],
  groups: [],
  runtimeClasses: [],
  images: [],
  registries: {},
}

/** An exemption that applies, as audit annotations, metrics and reports tell of it. */
export interface Exemption {
  /** `label`: of one cause, or of all (`ignore`), by the namespace; all others are of the configuration. */
  readonly by: 'label' | 'namespace' | 'user' | 'group' | 'runtime-class' | 'image' | 'registry-skip' | 'registry-warn'
  /** As the configuration has it, or the label's key. */
  readonly name: string
  /** Of a label: its value, as it is written; show it through `printable`. */
  readonly reason?: string
}

/** Who asks for what, as far as it may be exempt as a whole. `check` knows no user: that is empty, and in no group. */
export interface ExemptionSubject {
  readonly namespace: string
  readonly username: string
  readonly groups: readonly string[]
  /** Empty where the pod names none. */
  readonly runtimeClass: string
}

/** Why an object is not judged at all; undefined where it is. */
export function objectExemption(
  { namespace, username, groups, runtimeClass }: ExemptionSubject,
  exemptions: Exemptions,
): Exemption | undefined {
  return (
    named('namespace', exemptions.namespaces, [namespace]) ??
    named('user', exemptions.users, [username]) ??
    named('group', exemptions.groups, groups) ??
    named('runtime-class', exemptions.runtimeClasses, [runtimeClass])
  )
}

function named(by: Exemption['by'], entries: readonly Exempt[], names: readonly string[]): Exemption | undefined {
  const entry = entries.find(({ name }) => names.includes(name))
  return entry === undefined ? undefined : { by, ...entry }
}

/** What an image is exempt by: a pattern of images, else what is said of its registry, a host before a pattern. */
export function imageExemption(reference: Reference, { images, registries }: Exemptions): Exemption | undefined {
  const place = placeOf(reference)
  const entry = images.find(({ name }) => matchesImage(name, place))
  if (entry !== undefined) return { by: 'image', ...entry, name: entry.name.text }
  const { host } = place
  const name = Object.hasOwn(registries, host) ? host : Object.keys(registries).find((each) => matchesHost(each, host))
  if (name === undefined) return undefined
  return { by: registries[name] === 'skip' ? 'registry-skip' : 'registry-warn', name }
}

/** `image ghcr.io/acme/* (OPS-12)` */
export function exemptionText({ by, name, reason }: Exemption): string {
  return `${by} ${name}${reason === undefined ? '' : ` (${reason})`}`
}
