import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../scripts/manifests.ts')

it('manifests/install is what the chart renders, and the schema knows the causes of the engine', async () => {
  const ran = promisify(execFile)(process.execPath, [SCRIPT, '--check'])
  await expect(ran).resolves.toEqual({ stdout: '', stderr: '' })
})
