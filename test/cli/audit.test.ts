// `pullable audit` as it is built, over a cluster that keeps what was learned, and over one that does not.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { noResults, totalsText } from '../../src/engine/forecast/index.ts'
import type { Totals } from '../../src/engine/forecast/index.ts'
import { serverPair } from '../support/certificates.ts'
import { inFolder, pullable } from '../support/command.ts'
import type { Ran } from '../support/command.ts'
import { startScriptedApi } from '../support/scripted-api-server.ts'
import type { ScriptedApi } from '../support/scripted-api-server.ts'

const NAME = 'pullable-forecasts'
const AT = Date.UTC(2026, 10, 14, 8)

function totalsOf(pods: Partial<typeof noResults>, rows: Totals['rows'] = []): Totals {
  return { from: AT, to: AT, judged: 120, pods: { ...noResults, ...pods }, rows }
}

const row = {
  cause: 'access-denied',
  host: 'registry.example',
  outcome: 'failing',
  results: { ...noResults, wrong: 2 },
} as const

interface Given {
  /** What the ConfigMap holds; absent: there is none. */
  readonly data?: object
  readonly namespace?: string
  readonly name?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly with?: (api: ScriptedApi) => void
}

async function audit(given: Given): Promise<Ran & { readonly lines: readonly string[] }> {
  const { ca, cert, key } = await serverPair()
  const api = await startScriptedApi({ cert, key })
  const { data, namespace = 'pullable-system', name = NAME } = given
  if (data !== undefined) api.set('configmaps', { metadata: { name, namespace }, data })
  given.with?.(api)
  const cluster = { server: api.origin, 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  const file = JSON.stringify({
    'current-context': 'shop',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'canary-token' } }],
    contexts: [{ name: 'shop', context: { cluster: 'c', user: 'u' } }],
  })
  try {
    return await inFolder(async (cwd) => {
      await writeFile(join(cwd, 'config'), file)
      const env = { KUBECONFIG: join(cwd, 'config'), ...given.env }
      const ran = await pullable(['audit', ...(given.args ?? [])], { cwd, env })
      return { ...ran, lines: api.lines() }
    })
  } finally {
    await api.stop()
  }
}

const kept = (totals: Totals): object => ({ totals: totalsText(totals) })

describe.concurrent('pullable audit', () => {
  it('says that it is safe, by the current cluster of kubectl', async () => {
    const { code, stdout, stderr, lines } = await audit({ data: kept(totalsOf({ right: 12 })) })
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `Since 2026-11-14T08:00:00Z: 120 pods judged, 12 would have been denied:
      12  failed to start, as was said
       0  started all the same: their nodes know more
       0  started, but from an image that their node had, or after a first failure: that proves nothing
       0  were not seen to their end

Safe to enforce: what would have been denied failed to start.
`,
      stderr: '',
    })
    expect(lines).toEqual([`GET /api/v1/namespaces/pullable-system/configmaps/${NAME} 200`])
  })

  it('names what to configure first, and how to start anew', async () => {
    const data = kept(totalsOf({ right: 12, wrong: 2 }, [row]))
    const { code, stdout } = await audit({ data, namespace: 'policy', name: 'f', args: ['-npolicy', '--configmap=f'] })
    expect(code).toBe(1)
    expect(stdout).toContain(`
Not yet: 2 pods would have been denied and started. Configure first:
  registry.example (access-denied, 2 images): its nodes hold credentials for it: add registry.example to nodes.credentials
After that, start counting anew: kubectl -n policy delete configmap f
`)
  })

  it('colours what it says where that is wanted', async () => {
    const data = kept(totalsOf({ right: 12 }))
    expect((await audit({ data, args: ['--color=always'] })).stdout).toContain('\u001b[32mSafe to enforce\u001b[39m')
  })

  it.each([
    ['too few', kept(totalsOf({})), ['--least=121'], 3, 'too-few'],
    ['enough', kept(totalsOf({})), ['--least', '120'], 0, 'safe'],
    ['not proved', kept(totalsOf({ unproved: 1 })), [], 3, 'unproved'],
    ['nothing was written yet', {}, [], 3, 'too-few'],
    ['what is none', { totals: '{"pods":' }, [], 3, 'too-few'],
  ])('gives scripts an answer: %s', async (_, data, args, exit, answer) => {
    const { code, stdout, stderr } = await audit({ data, args: ['-o', 'json', ...args] })
    expect([code, (JSON.parse(stdout) as { answer: string }).answer, stderr]).toEqual([exit, answer, ''])
  })

  const absent =
    'pullable: ConfigMap pullable-system/pullable-forecasts is not there: name the namespace of the release with -n, and the ConfigMap with --configmap; nothing has been learned yet where the webhook runs without serve.forecasts\n'
  const route = (status: number): Given => ({
    with: (api) => {
      api.route({ path: '/*', answer: { status } })
    },
  })
  it.each<readonly [string, Given, string]>([
    ['it is not there', {}, absent],
    [
      'it may not be read',
      route(403),
      'pullable: ConfigMap pullable-system/pullable-forecasts cannot be read: you need the right to get it\n',
    ],
    [
      'the server is ill',
      route(500),
      'pullable: ConfigMap pullable-system/pullable-forecasts cannot be read: HTTP 500\n',
    ],
    ['no such context', { args: ['--context=nowhere'] }, 'pullable: --context: no context "nowhere" in '],
    ['an odd number', { args: ['--least=many'] }, 'pullable: --least: "many" is not a number from 0 to 999999'],
    ['a file', { args: ['pods.yaml'] }, 'pullable: pullable audit takes no arguments\n'],
  ])('exits with 2 and one line where %s', async (_, given, line) => {
    const { code, stdout, stderr } = await audit(given)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.startsWith(line), stderr).toBe(true)
    expect(stderr).not.toContain('canary')
  })
})
