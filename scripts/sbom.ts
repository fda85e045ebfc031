// Prints the bill of materials of what the image holds, CycloneDX: the production dependencies of the lock file, without the
// optional ones. The same lock file gives the same text, so that an image can be built twice and compared.
//
//   node scripts/sbom.ts > sbom.cdx.json
import { execFileSync } from 'node:child_process'

const ARGS = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--omit=dev', '--omit=optional']

const { serialNumber: _, ...document } = JSON.parse(execFileSync('npm', ARGS, { encoding: 'utf8' })) as {
  serialNumber?: string
  metadata: { timestamp?: string }
}
delete document.metadata.timestamp
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
