import { distance } from 'fastest-levenshtein'
import { causeNames } from '../verdict/index.ts'
import { levels } from './config.ts'
import type { Level } from './config.ts'
import { invalidLabels, LABEL, levelsOf } from './levels.ts'
import type { InvalidLabel, Labelled } from './levels.ts'

type Labels = Readonly<Record<string, string>>

/** A label of ours on a namespace that does not do what whoever set it may believe. */
export type MisleadingLabel =
  | ({ readonly kind: 'level' } & InvalidLabel)
  /** `enforce` says less than what cannot be gone below. */
  | { readonly kind: 'floor'; readonly value: string; readonly floor: Level }
  /** `exempt-<cause>`, of a cause that there is not; `nearest` is one that there is. */
  | { readonly kind: 'cause'; readonly cause: string; readonly nearest: string | undefined }
  | { readonly kind: 'unknown'; readonly key: string; readonly nearest: string | undefined }

const EXEMPT = 'exempt-'
const KNOWN = ['enforce', 'warn', 'audit', 'ignore']

/** What a change of a namespace's labels sets that is misleading; what was there before is not said again. */
export function misleadingLabels(labelled: Labelled, before: Labels): readonly MisleadingLabel[] {
  const labels = labelled.labels ?? {}
  const isSet = (key: string): boolean => Object.hasOwn(labels, key) && valueOf(before, key) !== labels[key]
  const noLevels = invalidLabels(labelled).filter(({ mode }) => isSet(LABEL + mode))
  const unknown = Object.keys(labels)
    .filter((key) => key.startsWith(LABEL) && isSet(key))
    .map((key) => key.slice(LABEL.length))
    .sort()
    .flatMap((key): MisleadingLabel[] => {
      if (key.startsWith(EXEMPT)) {
        const cause = key.slice(EXEMPT.length)
        return isCause(cause) ? [] : [{ kind: 'cause', cause, nearest: nearest(cause, causeNames) }]
      }
      return KNOWN.includes(key) ? [] : [{ kind: 'unknown', key, nearest: nearest(key, KNOWN) }]
    })
  return [
    ...noLevels.map((label) => ({ kind: 'level', ...label }) as const),
    ...(isSet(`${LABEL}enforce`) ? belowFloor(labelled, labels) : []),
    ...unknown,
  ]
}

/** Whether a change of labels can make something be refused that was not: a stricter `enforce`, an exemption that is taken away. */
export function tightens({ config, labels = {} }: Labelled, before: Labels): boolean {
  const now = levelsOf({ config, labels }).enforce
  if (now === 'none') return false
  if (levels.indexOf(levelsOf({ config, labels: before }).enforce) < levels.indexOf(now)) return true
  return Object.keys(before).some((key) => key.startsWith(LABEL + EXEMPT) && !Object.hasOwn(labels, key))
}

function belowFloor({ config }: Labelled, labels: Labels): readonly MisleadingLabel[] {
  const value = valueOf(labels, `${LABEL}enforce`) ?? ''
  const said = levels.find((level) => level === value)
  const below = said !== undefined && levels.indexOf(said) < levels.indexOf(config.floor)
  return below ? [{ kind: 'floor', value, floor: config.floor }] : []
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

function isCause(text: string): boolean {
  return causeNames.some((cause) => cause === text)
}

/** The name that is meant: one that is a slip or two away. */
function nearest(text: string, names: readonly string[]): string | undefined {
  const near = names.map((name) => ({ name, far: distance(text, name) })).filter(({ name, far }) => far <= slips(name))
  near.sort((a, b) => a.far - b.far)
  return near[0]?.name
}

function slips(name: string): number {
  return name.length < 8 ? 2 : 4
}
