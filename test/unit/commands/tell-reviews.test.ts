import { expect, test } from 'vitest'
import { createLogger, createMetrics } from '../../../src/base/telemetry/index.ts'
import { tellReviews } from '../../../src/commands/tell-reviews.ts'
import { noExemptions } from '../../../src/engine/policy/index.ts'
import { reviewAdmission } from '../../../src/engine/review/index.ts'
import { admission, pod, watch } from '../review/cluster.ts'
import type { World } from '../review/cluster.ts'

function telling() {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const metrics = createMetrics({ version: 'test' })
  const tell = tellReviews(createLogger({ level: 'info', stream }), metrics)
  return {
    lines,
    review: async (world: World, object: object, more: object = {}) => {
      const answer = await reviewAdmission(admission(object, more), watch(world).deps, new AbortController().signal)
      if (answer.kind === 'answered') tell(answer, 0.001)
    },
    metric: async (name: string) => (await metrics.render()).split('\n').filter((line) => line.startsWith(name)),
  }
}

const WEB = 'ghcr.io/acme/web:v2'

test('a label that says no level is told once for each namespace and value, and counted each time', async () => {
  const { lines, review, metric } = telling()
  const lenient = { labels: { 'pullable.dev/enforce': 'lenient\u001b[2J', 'pullable.dev/warn': 'none' } }
  const other = pod([WEB], {}, { namespace: 'other' })
  for (const object of [pod([WEB]), pod([WEB]), other]) await review(lenient, object)
  await review({ labels: { 'pullable.dev/enforce': 'loose' } }, pod([WEB]))
  const told = lines
    .filter(({ level }) => level === 'warn')
    .map(({ namespace, label, value }) => [namespace, label, value])
  expect(told).toEqual([
    ['shop', 'pullable.dev/enforce', 'lenient [2J'],
    ['other', 'pullable.dev/enforce', 'lenient [2J'],
    ['shop', 'pullable.dev/enforce', 'loose'],
  ])
  expect(lines.find(({ level }) => level === 'warn')).toMatchObject({
    default: 'baseline',
    message: 'label of a namespace says no level, so the default holds',
  })
  expect(await metric('pullable_invalid_labels_total{label="enforce"}')).toEqual([
    'pullable_invalid_labels_total{label="enforce"} 4',
  ])
})

test('an exemption is told by what grants it, and never by whom', async () => {
  const { lines, review, metric } = telling()
  const exemptions = { ...noExemptions, users: [{ name: 'jane', reason: 'OPS-1' }] }
  await review({ policy: { exemptions } }, pod([WEB]))
  expect(lines).toMatchObject([{ message: 'reviewed', allowed: true, decision: 'allow', exempted: ['user'] }])
  expect(await metric('pullable_exemptions_total{')).toEqual(['pullable_exemptions_total{kind="user"} 1'])
})
