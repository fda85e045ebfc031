import { expect, test } from 'vitest'
import type { Document, ImageFact } from '../../../src/engine/verdict/index.ts'
import { admit, pod } from './cluster.ts'

const WEB = 'ghcr.io/acme/web:v2'
const config = 'application/vnd.oci.image.config.v1+json'

function imageFor(architecture: string): ImageFact {
  const document: Document = {
    kind: 'manifest',
    configType: config,
    layerTypes: [],
    config: { os: 'linux', architecture },
  }
  return { kind: 'found', digest: `sha256:${'b'.repeat(64)}`, document }
}

test.each([
  [
    'no node can run it: it is looked at afresh before that is said',
    ['linux/amd64'],
    'arm64',
    ['- ghcr.io/acme/web:v2', '- ghcr.io/acme/web:v2, afresh'],
    ['platform-mismatch'],
  ],
  [
    'one kind of node can: nothing is denied, so nothing is asked',
    ['linux/amd64', 'linux/arm64'],
    'arm64',
    ['- ghcr.io/acme/web:v2 for 2 hosts'],
    ['platform-partial'],
  ],
  ['it runs', ['linux/amd64'], 'amd64', ['- ghcr.io/acme/web:v2'], ['']],
])('%s', async (_, nodes, architecture, asked, causes) => {
  const seen = await admit({ nodes, answers: { '*': imageFor(architecture) } }, pod([WEB]))
  expect({ asked: seen.asked, causes: seen.causes }).toEqual({ asked, causes })
})
