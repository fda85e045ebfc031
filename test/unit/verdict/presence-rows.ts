import type { Cause } from '../../../src/engine/verdict/index.ts'
import type { CauseRows } from './cause-rows.ts'
import { ABSENT, GOOD, LOGIN, REFUSED, found, index, listed, manifest, single } from './evidence.ts'
import type { Given } from './evidence.ts'

const DIGESTED = `ghcr.io/acme/web@sha256:${'f'.repeat(64)}`
const MALFORMED: Given['secrets'] = { bad: { kind: 'malformed', error: 'illegal base64 data at input byte 0' } }
const chart = found(
  manifest(
    undefined,
    'application/vnd.cncf.helm.config.v1+json',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  ),
)
const armOnly = found(index({ 'linux/arm64': single('linux/arm64') }))
const onSome = listed(1, 3, 1)

/** What the image lists of nodes decide. */
export const presenceRows: Readonly<Record<'never-pull-absent' | 'cached-only', CauseRows>> = {
  'never-pull-absent': {
    produces: [
      { name: 'every list lacks it', given: { pullPolicy: 'Never', presence: listed(0, 3, 3) } },
      { name: 'on one node', given: { image: 'my-app:2.0', pullPolicy: 'Never', presence: listed(0, 1, 1) } },
      {
        name: 'a volume, by digest',
        given: { image: DIGESTED, role: 'volume', pullPolicy: 'Never', presence: listed(0, 2, 2) },
      },
    ],
    not: [
      { name: 'one list is not complete', given: { pullPolicy: 'Never', presence: listed(0, 3, 2) } },
      { name: 'one node lists it', given: { pullPolicy: 'Never', presence: listed(1, 3, 2) } },
      { name: 'all list it', given: { pullPolicy: 'Never', presence: listed(3, 3), secrets: MALFORMED } },
      { name: 'no node is known', given: { pullPolicy: 'Never' } },
      { name: 'it may be pulled', given: { answers: { anonymous: GOOD }, presence: listed(0, 3, 3) } },
    ],
  },
  'cached-only': {
    produces: [
      { name: 'the tag is gone', given: { answers: { anonymous: ABSENT }, presence: onSome } },
      {
        name: 'refused',
        given: {
          answers: { regcred: LOGIN },
          secrets: { regcred: { kind: 'read' } },
          presence: listed(2, 3),
        },
      },
      {
        name: 'on the only node, whose kubelet checks',
        given: { answers: { anonymous: REFUSED }, presence: listed(1, 1, 0, true) },
      },
      {
        name: 'on all nodes, of which some check',
        given: { answers: { anonymous: REFUSED }, presence: listed(3, 3, 0, true) },
      },
      { name: 'a secret that does not decode', given: { secrets: MALFORMED, presence: onSome } },
      { name: 'for another platform by now', given: { answers: { anonymous: armOnly }, presence: onSome } },
      {
        name: 'a CPU of another family by now',
        given: { answers: { anonymous: found(single('linux/arm64')) }, presence: onSome },
      },
      {
        name: 'a digest whose platform no node has: those that list it took it once',
        given: { image: DIGESTED, answers: { anonymous: armOnly }, presence: onSome },
      },
      {
        name: 'beside what else there is to say',
        given: {
          image: 'ghcr.io/acme/web',
          pullPolicy: 'IfNotPresent',
          answers: { anonymous: ABSENT },
          presence: onSome,
          blindNamespace: true,
        },
      },
    ],
    not: [
      { name: 'always pulled', given: { pullPolicy: 'Always', answers: { anonymous: ABSENT }, presence: onSome } },
      { name: 'on no node', given: { answers: { anonymous: ABSENT }, presence: listed(0, 3, 1) } },
      { name: 'on all nodes, nobody asks', given: { secrets: MALFORMED, presence: listed(3, 3) } },
      {
        name: 'on all nodes, without a tag',
        given: { image: 'ghcr.io/acme/web', pullPolicy: 'IfNotPresent', presence: listed(3, 3) },
      },
      { name: 'it is there', given: { answers: { anonymous: GOOD }, presence: onSome } },
      { name: 'open anyway', given: { answers: { anonymous: { kind: 'throttled' } }, presence: onSome } },
      { name: 'it does not parse', given: { image: 'ghcr.io/Acme/web:v2', presence: onSome } },
      {
        name: 'a digest whose bytes are for another CPU',
        given: { image: DIGESTED, answers: { anonymous: found(single('linux/arm64')) }, presence: onSome },
      },
      { name: 'a digest that is a chart', given: { image: DIGESTED, answers: { anonymous: chart }, presence: onSome } },
    ],
  },
} satisfies Partial<Record<Cause, CauseRows>>
