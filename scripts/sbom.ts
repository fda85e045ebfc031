// Prints the bill of materials, CycloneDX, of the packages that are installed where it runs: those of package.json and what they need, in
// which nothing may be missing. The same packages give the same text, so that an image can be built twice and compared.
// Not from the lock file with --omit: npm then leaves out what a package of development wants, too.
import { execFileSync } from 'node:child_process'

const document = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], { encoding: 'utf8' })) as {
  serialNumber?: string
  metadata: { timestamp?: string }
}
delete document.serialNumber
delete document.metadata.timestamp
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
