// What a page shows of a console, so that a test can run it and hold the page to what is printed.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** What a page leaves out: lines where it stands alone, else a part of one. */
const LEFT_OUT = '[...]'

export interface Shown {
  /** The words of a command, as they are typed after `$`. */
  readonly words: readonly string[]
  /** What the page says that it prints, a line feed at its end. */
  readonly prints: RegExp
}

/** The text of the first block of this language that has these words; throws where the page has none. */
export async function blockIn(page: string, language: string, words: string): Promise<string> {
  const text = await readFile(join(ROOT, page), 'utf8')
  const blocks = [...text.matchAll(/^ *```(\w+)\n(.*?)\n *```$/gms)]
  const found = blocks.find(([, kind, block = '']) => kind === language && block.includes(words))
  if (found === undefined) throw new Error(`${page} has no block of ${language} with ${words}`)
  return found[2] ?? ''
}

/** The commands of a console block with these words, in their order. */
export async function shownIn(page: string, words: string): Promise<readonly Shown[]> {
  const block = await blockIn(page, 'console', words)
  const parts = block.split(/^\$ /m).slice(1)
  return parts.map((part) => {
    const lines = part.replaceAll(/\\\n/g, ' ').split('\n')
    const [command = '', ...prints] = lines
    return { words: command.split(/\s+/), prints: patternOf(prints.join('\n').trim()) }
  })
}

function patternOf(prints: string): RegExp {
  const lines = prints.split('\n').map((line) => {
    if (line.trim() === LEFT_OUT) return '(?:.*\\n)*?'
    return `${line.split(LEFT_OUT).map(escaped).join('.*')}[ \\t]*\\n`
  })
  return new RegExp(`^${lines.join('')}$`)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
