// Who sends a review may be anybody, and may name any secret: what is in it is not repeated to them.
import { expect, it } from 'vitest'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import { admission, pod, watch } from './cluster.ts'
import type { World } from './cluster.ts'

async function said(image: string, key: string, discreet: boolean): Promise<string> {
  const world: World = { secrets: { regcred: { [key]: 'ann' } }, answers: { '*': { kind: 'refused', at: 'registry' } } }
  const { deps } = watch(world)
  const object = pod([image], { imagePullSecrets: [{ name: 'regcred' }] })
  const answer = await reviewAdmission(admission(object), { ...deps, discreet }, new AbortController().signal)
  if (answer.kind === 'unreadable') throw new Error(answer.problem)
  return JSON.stringify(answer.response)
}

it.each([
  ['a host that the image does not name', 'web:v1', 'registry.corp.example:5000', 'registry.corp.example'],
  ['a folder of its registry', 'ghcr.io/acme/web:v1', 'ghcr.io/a-project-unknown', 'a-project-unknown'],
])('%s', async (_, image, key, part) => {
  expect(await said(image, key, false)).toContain(part)
  expect(await said(image, key, true)).not.toContain(part)
})

it('the host that was asked about, written otherwise, still helps', async () => {
  const expected = String.raw`has the key \"ghcr.io:443\", and the image needs \"ghcr.io\"`
  expect(await said('ghcr.io/acme/web:v1', 'ghcr.io:443', true)).toContain(expected)
})
