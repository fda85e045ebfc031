// Prints what the product costs: requests, from the registry's own log; reviews per second of processor time, beside a bare
// server that parses and answers the same bodies in the same run; memory; start-up. Figures in docs come from here.
import { once } from 'node:events'
import { benchRequests } from './bench/requests.ts'
import { benchReviews } from './bench/reviews.ts'
import { benchStartUp } from './bench/start-up.ts'

process.stdout.write('# Requests, counted by the registry\n\n')
for (const [what, count] of await benchRequests())
  process.stdout.write(`${what.padEnd(72)} ${String(count).padStart(6)}\n`)

process.stdout.write('\n# Warm reviews: uid, name and 100 images differ, 6 KB each, HTTPS, 16 connections\n\n')
const { webhook, bare } = await benchReviews()
for (const [name, figures] of [
  ['pullable serve', webhook],
  ['bare node:https', bare],
] as const) {
  const { reviews, perCpuSecond, perSecond, rssMiB } = figures
  process.stdout.write(
    `${name.padEnd(18)} ${String(reviews).padStart(6)} reviews ${perCpuSecond.toFixed(0).padStart(7)} per CPU second ${perSecond.toFixed(0).padStart(7)} per second ${rssMiB.toFixed(0).padStart(5)} MiB RSS\n`,
  )
}
process.stdout.write(
  `ratio, per CPU second: ${(webhook.perCpuSecond / bare.perCpuSecond).toFixed(2)} of the bare server\n`,
)

process.stdout.write('\n# Start-up, the median of 11 runs\n\n')
const { help, nothing } = benchStartUp()
process.stdout.write(`pullable --help ${help.toFixed(0)} ms, node -e 0 ${nothing.toFixed(0)} ms\n`)
if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
