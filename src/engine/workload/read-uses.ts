import { quoted } from '../../base/text.ts'
import { defaultPullPolicy } from '../reference/index.ts'
import { note, pathOf, placeAt, placesAt, textAt } from './fields.ts'
import type { Place } from './fields.ts'
import type { ImageUse, PullPolicy } from './workload.ts'

const CONTAINERS = [
  ['initContainers', 'init'],
  ['containers', 'container'],
  ['ephemeralContainers', 'ephemeral'],
] as const

// Istio's sidecar injector replaces it in every pod (istio.io, "Customizing injection").
const PLACEHOLDER = 'auto'

/** The images that a node needs for this pod spec, in the order of the fields. Image volumes count where some container mounts them. */
export function readUses(spec: Place): readonly ImageUse[] {
  const uses: ImageUse[] = []
  const mounted = new Set<string>()
  for (const [key, role] of CONTAINERS) {
    for (const container of placesAt(spec, key)) {
      for (const mount of placesAt(container, 'volumeMounts')) mounted.add(textAt(mount, 'name'))
      addUse(uses, container, 'image', { role, name: textAt(container, 'name'), policyKey: 'imagePullPolicy' })
    }
  }
  for (const volume of placesAt(spec, 'volumes')) {
    const name = textAt(volume, 'name')
    const image = placeAt(volume, 'image')
    if (image === undefined || !mounted.has(name)) continue
    addUse(uses, image, 'reference', { role: 'volume', name, policyKey: 'pullPolicy' })
  }
  return uses
}

function addUse(
  uses: ImageUse[],
  place: Place,
  key: string,
  { role, name, policyKey }: { role: ImageUse['role']; name: string; policyKey: string },
): void {
  const image = textAt(place, key)
  const written = policyAt(place, policyKey)
  // Empty in a template: filled in later; in a Pod the API server refuses it.
  if (image === '' || image === PLACEHOLDER) return
  uses.push({ field: pathOf(place, key), image, role, name, pullPolicy: written ?? defaultPullPolicy(image) })
}

function policyAt(place: Place, key: string): PullPolicy | undefined {
  const policy = textAt(place, key)
  switch (policy) {
    case 'Always':
    case 'IfNotPresent':
    case 'Never':
      return policy
    case '':
      return undefined
    default:
      note(place, pathOf(place, key), `must be Always, IfNotPresent or Never, not ${quoted(policy, 40)}`)
      return undefined
  }
}
