import { readFileSync, writeFileSync } from 'node:fs'
import { pages } from './docs/pages.ts'

// `node scripts/docs.ts` writes the pages that are made from the code; with `--check` it only says which are not as they should be.
const check = process.argv.includes('--check')
for (const [name, text] of await pages()) {
  const file = new URL(`../docs/${name}`, import.meta.url)
  if (!check) {
    writeFileSync(file, text)
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`docs/${name} is not what the code says: npm run docs`)
    process.exitCode = 1
  }
}
