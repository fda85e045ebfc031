import { format, resolveConfig } from 'prettier'
import { referenceMarkdown } from '../../src/edges/config/index.ts'
import { decide, defaultPolicy } from '../../src/engine/policy/index.ts'
import { checkReport, findingLine, resultOf } from '../../src/engine/report/index.ts'
import { advice, causeNames, causes, details, noteMeanings } from '../../src/engine/verdict/index.ts'
import type { Cause } from '../../src/engine/verdict/index.ts'
import { exampleOf } from './examples.ts'

/** The pages under docs/ that are made from the code, by file name, as they should be. */
export async function pages(): Promise<ReadonlyMap<string, string>> {
  const config = (await resolveConfig(import.meta.filename)) ?? {}
  const tidy = (text: string): Promise<string> => format(text, { ...config, parser: 'markdown' })
  return new Map([
    ['causes.md', await tidy(causesMarkdown())],
    ['reference.md', await tidy(`${NOTICE}\n${referenceMarkdown()}\n${reportMarkdown()}`)],
  ])
}

const NOTICE = '<!-- Made by `npm run docs`. Change the code that it is made from. -->\n'

function causesMarkdown(): string {
  const rows = causeNames.map((name) => {
    const { class: kind, baseline, strict, when } = causes[name]
    return `| [\`${name}\`](#${name}) | ${kind} | ${when} | ${cell(baseline)} | ${cell(strict)} |`
  })
  return `${NOTICE}
# Causes

Each finding has one of these causes. The worst leads: by decision, then in the order of this table. _failing_ is certain;
_undetermined_ is what could not be found out, or depends on the node; _policy_ says nothing of whether the image can be pulled.
The last two columns are what a namespace decides at each level; \`causes\` in the configuration moves a cause, or one detail
of it (\`registry-unreachable.dns\`), and the namespace label \`pullable.dev/exempt-<cause>: <ticket>\` exempts one.

| cause | class | when | baseline | strict |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${causeNames.map(section).join('\n\n')}

## Notes

They inform, and never deny.

| note | says |
| --- | --- |
${Object.entries(noteMeanings)
  .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  .join('\n')}
`
}

function section(name: Cause): string {
  const { class: kind, baseline, strict, when, node } = causes[name]
  const finer = details[name]
  return [
    `## ${name}`,
    `Class _${kind}_. When: ${when}.`,
    `- What the node would show: ${node === '-' ? 'it depends' : node}`,
    `- Decision: baseline ${cell(baseline)}, strict ${cell(strict)}`,
    ...(finer === undefined ? [] : [`- Details: ${finer.map((detail) => `\`${detail}\``).join(', ')}`]),
    '',
    `What to do: ${advice[name]}`,
    '',
    example(name),
  ].join('\n')
}

function example(name: Cause): string {
  const verdict = exampleOf(name)
  const finding = verdict.findings.find(({ cause }) => cause === name)
  if (finding === undefined) throw new Error(`the example of ${name} does not have it`)
  return `\`\`\`text\n${findingLine(verdict.field, verdict.image, finding)}\n\`\`\``
}

function cell(decision: string): string {
  return decision === 'allow' ? '-' : decision
}

function reportMarkdown(): string {
  const verdict = exampleOf('tag-missing')
  const decided = decide([verdict], { config: defaultPolicy, labels: {}, maker: 'person' })
  const object = { source: 'shop.yaml', document: 2, kind: 'Pod', namespace: 'shop', name: 'web' }
  const report = JSON.stringify(checkReport([resultOf(object, [verdict], decided)]), undefined, 2)
  return `## The report of \`check -o json\`

One object, stable within \`v1\`: fields may be added. \`cause\`, \`decision\`, \`message\` and \`fix\` of an image are those of
its leading finding; with no finding, null, \`allow\`, null, null. The \`outcome\` of a [policy](causes.md) finding is null. The verdict of an
object is the worst outcome of its images, its decision the worst decision. \`document\` counts from 1 within its source.

\`\`\`json
${report}
\`\`\`
`
}
