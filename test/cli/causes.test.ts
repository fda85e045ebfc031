// Each cause, as the built command gives it over HTTP or HTTPS to a registry that behaves as a fixture says; and beside
// it the nearest behaviour that must not give it. The form of a fixture: test/support/cause-fixture.ts.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { causeNames } from '../../src/engine/verdict/index.ts'
import type { CheckReport, FindingResult } from '../../src/engine/report/index.ts'
import { prepare, readCauseFixture } from '../support/cause-fixture.ts'
import type { CauseFixture } from '../support/cause-fixture.ts'
import { inFolder, pullable } from '../support/command.ts'

const FOLDER = join(import.meta.dirname, '../fixtures/causes')

const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => !entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length + 1))
  .sort()

it('has a behaviour that gives each cause and one that must not, and nothing else', () => {
  const kinds = new Set(files.map((file) => file.split('/').slice(0, 2).join('/')))
  expect(causeNames.flatMap((cause) => [`${cause}/fail`, `${cause}/pass`]).filter((kind) => !kinds.has(kind))).toEqual(
    [],
  )
  const known = new RegExp(`^(${causeNames.join('|')})/(fail|pass)/[a-z0-9-]+\\.yaml$`)
  expect(files.filter((file) => !known.test(file))).toEqual([])
})

it('refuses a fixture with an unknown key, and one that does not say what it is', () => {
  const good = '# A registry.\ninput: ""\nexpect: { exit: 0, images: [] }\n'
  expect(readCauseFixture(good).title).toBe('A registry.')
  expect(() => readCauseFixture(`${good}server: { image: {} }\n`)).toThrow('image')
  expect(() => readCauseFixture(`${good}inputs: ""\n`)).toThrow('inputs')
  expect(() => readCauseFixture(good.slice(2))).toThrow('first line')
})

describe.concurrent('gives', () => {
  for (const file of files) {
    const [cause = '', kind = ''] = file.split('/')
    const { title, fixture } = readCauseFixture(readFileSync(join(FOLDER, file), 'utf8'))
    it(`${file}: ${title}`, { timeout: 60_000 }, async ({ expect }) => {
      const { exit, images } = await outcomeOf(fixture)
      expect({ exit, images }).toEqual(fixture.expect)
      const [leading] = images.flatMap(({ findings }) => findings)
      if (kind === 'fail') expect(leading?.cause).toBe(cause)
      else expect(images.flatMap(({ findings }) => findings).map((finding) => finding.cause)).not.toContain(cause)
    })
  }
})

interface Outcome {
  readonly exit: number | null
  readonly images: readonly {
    readonly outcome: string
    readonly findings: readonly FindingResult[]
    readonly notes: readonly string[]
  }[]
}

async function outcomeOf(fixture: CauseFixture): Promise<Outcome> {
  return inFolder(async (folder) => {
    const { args, input, unplaced, close } = await prepare(fixture, folder)
    try {
      const ran = await pullable(['check', '-o', 'json', ...args, '-'], { cwd: folder, stdin: input })
      if (ran.stderr !== '') throw new Error(ran.stderr)
      const { results } = JSON.parse(unplaced(ran.stdout)) as CheckReport
      const images = results.flatMap((result) => result.images)
      return {
        exit: ran.code,
        images: images.map(({ outcome, findings, notes }) => ({
          outcome,
          findings,
          notes: notes.map(({ code }) => code),
        })),
      }
    } finally {
      await close()
    }
  })
}
