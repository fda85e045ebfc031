// docs/fidelity.md: what a run found, without anything that differs from run to run.
import { grades, gradeOf } from './grade.ts'
import type { Grade, Row } from './grade.ts'
import { table } from './table.ts'

/** `surprises` is Markdown, written by hand; `changes` a table of those that the oracle must see. */
export function fidelity(rows: readonly Row[], surprises: string, changes: string): string {
  const groups = [...new Set(rows.map(({ group }) => group))].sort()
  const excepted = rows.filter(({ scenario }) => scenario.exception !== undefined)
  return `# Fidelity

Made by \`npm run oracle\`: do not edit. Each row is a scenario of \`test/oracle/scenarios/\`: registries in some mood, a namespace with its
accounts and secrets, and one pod. The product judges it by the real cluster's view, as a webhook over HTTPS and as \`check\`, which must say the same.
Then a real kubelet (Kubernetes 1.36.3, containerd 2.3.4, linux/amd64) is given the pod, and watched until it runs, fails to pull, or pulls
and crashes.

- **agreed**: \`pullable\`, and it runs; or \`failing\`, and it does not.
- **false denial**: \`failing\`, and it runs.
- **miss**: \`pullable\`, and it does not run; or \`undetermined\`, and it does not run, without an exception that says why.
- **explained miss**: \`pullable\`, and it does not run, for what no webhook can know: see the exceptions.
- **undetermined**: it could not be known.
- **no pull**: no node is given the pod, or its kubelet does not take it, so nobody pulled.

${table(['', ...grades, 'all'], [...groups.map((group) => counts(group, inGroup(rows, group))), counts('**all**', rows)])}

${String(ending(rows, 'runs'))} run, ${String(ending(rows, 'pull-fails'))} fail to pull, ${String(ending(rows, 'crashes'))} pull and crash.

## What surprised

${surprises.trim()}

## Exceptions

What no webhook can know, and what may be otherwise a moment later.

${table(
  ['scenario', 'we say', 'the node', 'why'],
  excepted.map(({ scenario, answer, observed }) => [
    scenario.name,
    answer.checked.cause ?? 'pullable',
    observed.outcome,
    scenario.exception ?? '',
  ]),
)}

## Changes that turn rows red

An oracle that agrees with everything is worth nothing. Each of these changes breaks the product; \`npm run oracle -- --changes\` makes them to a
copy of it, one at a time, asks that again, and fails where one of the rows named here does not turn red.

${changes}

## Rows
${groups.map((group) => `\n### ${group}\n\n${rowsOf(inGroup(rows, group))}\n`).join('')}`
}

function inGroup(rows: readonly Row[], wanted: string): readonly Row[] {
  return rows.filter(({ group }) => group === wanted)
}

function ending(rows: readonly Row[], outcome: string): number {
  return rows.filter(({ observed }) => observed.outcome === outcome).length
}

export function countOf(rows: readonly Row[], grade: Grade): number {
  return rows.filter((row) => gradeOf(row) === grade).length
}

function counts(name: string, rows: readonly Row[]): readonly string[] {
  return [name, ...grades.map((grade) => String(countOf(rows, grade))), String(rows.length)]
}

function rowsOf(rows: readonly Row[]): string {
  return table(
    ['scenario', 'mechanism', 'the node', 'we say', ''],
    rows.map((row) => {
      const { scenario, answer, observed } = row
      return [scenario.name, scenario.mechanism, observed.outcome, answer.checked.cause ?? 'pullable', gradeOf(row)]
    }),
  )
}
