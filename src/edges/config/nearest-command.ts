import { quoted } from '../../base/text.ts'
import { commands } from './help.ts'
import { didYouMean } from './nearest.ts'

/** The line for a first word that is no command: `there is no command "chek"; did you mean check?`. */
export function misspeltCommand(word: string): string {
  return `there is no command ${quoted(word, 60)}${didYouMean(word, Object.keys(commands))}`
}
