// The stories as a table: what they must tell, whatever the cluster says to them. Needs no cluster.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { caseOf, decisionTold, readStories } from './story.ts'
import { expected } from './type.ts'

const steps = (await readStories()).flatMap((story) => story.steps)

it.each(steps.filter((step) => step.decision !== undefined))('tells of a decision: $typed', (step) => {
  expect(caseOf(step)).toBeDefined()
  expect(step.stderr, 'the exact words').toBeDefined()
  expect(decisionTold(expected(step).exit ?? 0, step.stderr ?? '')).toBe(step.decision)
})

it('has each kind that is judged, refused and admitted, among 110 cases of a verb, a kind and a decision', () => {
  const cases = new Set(steps.flatMap((step) => caseOf(step) ?? []))
  expect(cases.size).toBeGreaterThanOrEqual(110)
  const told = new Set(steps.map(({ kind = '', decision = '' }) => `${kind} ${decision}`))
  const kinds = ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'PodTemplate']
  for (const kind of [...kinds, 'ReplicationController'])
    for (const decision of ['allow', 'deny']) expect(told).toContain(`${kind} ${decision}`)
})

it('holds docs/operations/modes.md to what kubectl prints', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/operations/modes.md'), 'utf8')
  const shown = page.split('```console\n$ ').slice(1)
  const typed = shown.map((text) => text.slice(0, text.indexOf('\n```'))).filter((text) => text.startsWith('kubectl'))
  const told = steps.map((step) => [step.typed, step.stderr, step.stdout].filter(Boolean).join('\n'))
  expect(typed.length).toBeGreaterThan(2)
  for (const each of typed) expect(told).toContain(each)
})
