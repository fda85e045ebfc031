// `pullable check` as it is built: what it prints, and how it exits, over what people give it.
import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckReport } from '../../src/engine/report/index.ts'
import { inFolder, MAIN, pullable } from '../support/command.ts'
import type { Ran } from '../support/command.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { ScriptedRegistry } from '../support/scripted-registry.ts'

let registry: ScriptedRegistry

beforeAll(async () => {
  registry = await startScriptedRegistry({
    auth: { kind: 'bearer', users: { ann: 'right' }, public: ['team/app', 'team/arm', 'team/broken'] },
    images: {
      'team/app:v1': { index: ['linux/amd64', 'linux/arm64'] },
      'team/app:latest': {},
      'team/arm:v1': { platform: 'linux/arm64' },
      'team/private:v1': {},
    },
    routes: [{ path: '/v2/team/broken/*', answer: { status: 503 } }],
  })
})

afterAll(async () => {
  await registry.close()
})

interface Given {
  readonly files?: Readonly<Record<string, string | Buffer>>
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `pullable check` in a folder with these files; the registry's host is `$HOST` in all of them, and in what comes out. */
function check(args: readonly string[], { files = {}, stdin = '', env = {} }: Given = {}): Promise<Ran> {
  const placed = (text: string): string => text.replaceAll('$HOST', registry.host)
  return inFolder(async (cwd) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, name)), { recursive: true })
      await writeFile(join(cwd, name), typeof content === 'string' ? placed(content) : content)
    }
    const { code, stdout, stderr } = await pullable(['check', ...args], { cwd, stdin: placed(stdin), env })
    const unplaced = (text: string): string => text.replaceAll(registry.host, '$HOST')
    return { code, stdout: unplaced(stdout), stderr: unplaced(stderr) }
  })
}

function pod(image: string, name = 'web'): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: web, image: "${image}" }] }\n`
}

const good = pod('$HOST/team/app:v1')
const denied = pod('$HOST/team/app:v9')
const undetermined = pod('$HOST/team/broken:v1')

const SHOP = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      initContainers: [{ name: init, image: $HOST/team/app:v1 }]
      containers:
        - { name: web, image: $HOST/team/app:v9 }
        - { name: side, image: $HOST/team/broken:v1 }
---
${good}---
apiVersion: v1
kind: Service
metadata: { name: web }
---
values: true
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly, namespace: shop }
spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: a, image: $HOST/team/broken:v2 }] } } } } }
`

const DEPLOYMENT_TEXT = `shop.yaml: Deployment shop/web: denied (failing)
  spec.template.spec.containers[0].image "$HOST/team/app:v9"
    manifest-unknown: no tag "v9" in $HOST/team/app (read anonymously); closest tags: v1
    Fix: set spec.template.spec.containers[0].image to $HOST/team/app:v1
  spec.template.spec.containers[1].image "$HOST/team/broken:v1"
    registry-error: $HOST answered 503
    Fix: look at the registry and what stands before it; try again
`
const CRON_JOB_TEXT = `shop.yaml: CronJob shop/nightly: warned (undetermined)
  spec.jobTemplate.spec.template.spec.containers[0].image "$HOST/team/broken:v2"
    registry-error: $HOST answered 503
    Fix: look at the registry and what stands before it; try again
`

describe.concurrent('text', () => {
  it('tells each object, each finding with its fix, and the sum', async ({ expect }) => {
    expect(await check(['shop.yaml'], { files: { 'shop.yaml': latestTold(SHOP) } })).toEqual({
      code: 1,
      stdout: `${latestTold(DEPLOYMENT_TEXT)}shop.yaml: Pod default/web: allowed
${CRON_JOB_TEXT}3 objects: 1 denied, 1 warned, 1 allowed, 1 skipped (no Kubernetes object)
`,
      stderr: '',
    })
  })

  it('-q: only what is wrong', async ({ expect }) => {
    expect(await check(['-q', 'shop.yaml'], { files: { 'shop.yaml': latestTold(SHOP) } })).toEqual({
      code: 1,
      stdout: latestTold(DEPLOYMENT_TEXT) + CRON_JOB_TEXT,
      stderr: '',
    })
  })

  it('--color always, and never in a pipe but then', async ({ expect }) => {
    const files = { 'p.yaml': undetermined }
    const env = { FORCE_COLOR: '1', TERM: 'xterm-256color' }
    expect((await check(['p.yaml'], { files, env })).stdout).not.toContain('\u001b')
    expect((await check(['--color=always', 'p.yaml'], { files, env: { NO_COLOR: '1' } })).stdout).toBe(
      `\u001b[1mp.yaml: Pod default/web\u001b[22m: \u001b[33mwarned\u001b[39m\u001b[2m (undetermined)\u001b[22m
  spec.containers[0].image "$HOST/team/broken:v1"
    \u001b[33mregistry-error\u001b[39m: $HOST answered 503
    \u001b[1mFix:\u001b[22m look at the registry and what stands before it; try again
1 object: 0 denied, \u001b[33m1 warned\u001b[39m, 0 allowed
`,
    )
  })
})

/** What the registry's `latest` adds. */
function latestTold(text: string): string {
  return text.replace('closest tags: v1\n', `closest tags: v1; :latest is ${registry.digest('team/app:latest')}\n`)
}

it('-o json: the whole report', async () => {
  const files = { 'pods.yaml': `${good}---\n${denied.replace('web }', 'other, namespace: shop }')}` }
  const { code, stdout, stderr } = await check(['-o', 'json', '--platform=linux/amd64', 'pods.yaml'], { files })
  expect([code, stderr]).toEqual([1, ''])
  const message = latestTold('no tag "v9" in $HOST/team/app (read anonymously); closest tags: v1\n').trim()
  const fix = 'set spec.containers[0].image to $HOST/team/app:v1'
  const digest = registry.digest('team/app:v1')
  expect(JSON.parse(stdout)).toEqual({
    apiVersion: 'pullable.dev/v1',
    kind: 'CheckReport',
    results: [
      {
        source: 'pods.yaml',
        document: 1,
        kind: 'Pod',
        namespace: 'default',
        name: 'web',
        verdict: 'pullable',
        decision: 'allow',
        images: [
          {
            field: 'spec.containers[0].image',
            image: '$HOST/team/app:v1',
            resolved: { reference: '$HOST/team/app:v1', digest, platforms: ['linux/amd64', 'linux/arm64'] },
            outcome: 'pullable',
            cause: null,
            decision: 'allow',
            message: null,
            fix: null,
            findings: [],
            notes: [{ code: 'digest-available', message: `to pin it: $HOST/team/app:v1@${digest}` }],
          },
        ],
      },
      {
        source: 'pods.yaml',
        document: 2,
        kind: 'Pod',
        namespace: 'shop',
        name: 'other',
        verdict: 'failing',
        decision: 'deny',
        images: [
          {
            field: 'spec.containers[0].image',
            image: '$HOST/team/app:v9',
            resolved: null,
            outcome: 'failing',
            cause: 'manifest-unknown',
            decision: 'deny',
            message,
            fix,
            findings: [{ cause: 'manifest-unknown', outcome: 'failing', decision: 'deny', message, fix }],
            notes: [],
          },
        ],
      },
    ],
    summary: { objects: 2, pullable: 1, failing: 1, undetermined: 0, denied: 1, warned: 0 },
  })
})

describe.concurrent('exits', () => {
  const named = (labels: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: default, labels: {${labels}} }\n---\n`
  const config = (text: string): Record<string, string> => ({ 'c.yaml': text })
  it.for<[number, string, readonly string[], Given]>([
    [0, 'all are allowed', ['-'], { stdin: good }],
    [0, 'something could not be found out', ['-'], { stdin: undetermined }],
    [0, 'there is nothing to judge', ['-'], { stdin: '' }],
    [
      0,
      'the causes of the configuration allow it',
      ['--config=c.yaml', '-'],
      { stdin: denied, files: config('causes: { manifest-unknown: allow }') },
    ],
    [
      0,
      'an exemption of the namespace allows it',
      ['-'],
      { stdin: named('pullable.dev/exempt-manifest-unknown: OPS-1') + denied },
    ],
    [
      0,
      'its image is exempt',
      ['--config=c.yaml', '-'],
      { stdin: denied, files: config('exemptions: { images: ["$HOST/team/*"] }') },
    ],
    [
      0,
      'its registry is never asked, and so nothing is undetermined',
      ['--config=c.yaml', '--fail-on=undetermined', '-'],
      { stdin: denied + '---\n' + undetermined, files: config('exemptions: { registries: { "$HOST": skip } }') },
    ],
    [
      0,
      'its registry only warns',
      ['--config=c.yaml', '-'],
      { stdin: denied, files: config('exemptions: { registries: { "$HOST": warn } }') },
    ],
    [0, 'the label of the namespace asks for nothing', ['-'], { stdin: named('pullable.dev/enforce: none') + denied }],
    [0, '--fail-on=undetermined, and all is known', ['--fail-on=undetermined', '-'], { stdin: good }],
    [1, 'something is denied', ['-'], { stdin: `${good}---\n${denied}` }],
    [
      1,
      'a denial, whatever else could not be found out',
      ['--fail-on=undetermined', '-'],
      { stdin: `${undetermined}---\n${denied}` },
    ],
    [1, '--level=strict denies what could not be found out', ['--level=strict', '-'], { stdin: undetermined }],
    [1, '--level beats the label', ['--level=baseline', '-'], { stdin: named('pullable.dev/enforce: none') + denied }],
    [1, 'the label of the namespace is strict', ['-'], { stdin: named('pullable.dev/enforce: strict') + undetermined }],
    [
      1,
      'the causes of the configuration deny it',
      ['--config=c.yaml', '-'],
      { stdin: undetermined, files: config('causes: { registry-error.status: deny }') },
    ],
    [
      1,
      'a floor that no label goes below',
      ['--config=c.yaml', '-'],
      { stdin: named('pullable.dev/enforce: none') + denied, files: config('floor: baseline') },
    ],
    [
      1,
      'another image is exempt',
      ['--config=c.yaml', '-'],
      { stdin: denied, files: config('exemptions: { images: ["$HOST/tea/*"], users: [system:admin] }') },
    ],
    [
      2,
      'an exemption is none',
      ['--config=c.yaml', '-'],
      { stdin: good, files: config('exemptions: { images: [nginx] }') },
    ],
    [2, 'something is broken, whatever is denied', ['-'], { stdin: `${denied}---\n{ apiVersion: v1` }],
    [2, 'a file is not there, whatever else is', ['nowhere.yaml', '-'], { stdin: good }],
    [
      3,
      '--fail-on=undetermined, and something could not be found out',
      ['--fail-on=undetermined', '-'],
      { stdin: undetermined },
    ],
    [3, 'a variable says so', ['-'], { stdin: undetermined, env: { PULLABLE_FAIL_ON: 'undetermined' } }],
  ])('%i: %s', async ([code, , args, given], { expect }) => {
    const ran = await check(['-q', ...args], given)
    expect(ran.code, ran.stderr + ran.stdout).toBe(code)
  })
})

it('says what is exempt, and which label says no level', async () => {
  const files = {
    'c.yaml':
      'exemptions: { namespaces: [{ name: ops, reason: OPS-1 }], images: ["$HOST/team/app"], registries: { "$HOST": warn } }',
  }
  const inOps = denied.replace('metadata: { ', 'metadata: { namespace: ops, ')
  const odd = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: default, labels: {pullable.dev/warn: lenient} }\n'
  const stdin = [inOps, denied, pod('$HOST/team/arm:v9', 'arm'), odd].join('---\n')
  const ran = await check(['--config=c.yaml', '-'], { stdin, files })
  expect(ran).toEqual({
    code: 0,
    stdout: [
      'stdin: Pod ops/web: allowed',
      '  exempt: namespace ops (OPS-1)',
      'stdin: Pod default/web: allowed',
      '  spec.containers[0].image "$HOST/team/app:v9"',
      '    exempt: image $HOST/team/app',
      'stdin: Pod default/arm: warned (failing)',
      '  spec.containers[0].image "$HOST/team/arm:v9"',
      '    manifest-unknown: no tag "v9" in $HOST/team/arm (read anonymously); closest tags: v1',
      '    Fix: set spec.containers[0].image to $HOST/team/arm:v1',
      '    exempt: registry-warn $HOST',
      '3 objects: 0 denied, 1 warned, 2 allowed',
      '',
    ].join('\n'),
    stderr:
      'pullable: label pullable.dev/warn of namespace default is "lenient", not none, baseline or strict: the default holds, strict\n',
  })
})

it('`check | head`: no stack trace, and a denial stays one', async () => {
  const ran = await inFolder(async (cwd) => {
    await writeFile(join(cwd, 'pods.yaml'), `${denied}---\n`.repeat(2000).replaceAll('$HOST', registry.host))
    const piped = '{ "$0" "$1" check pods.yaml; echo "exit $?" >&2; } | head -n 1'
    const env = { HOME: cwd, PATH: process.env['PATH'] }
    return promisify(execFile)('sh', ['-c', piped, process.execPath, MAIN], { cwd, env })
  })
  expect(ran).toEqual({ stdout: 'pods.yaml: Pod default/web: denied (failing)\n', stderr: 'exit 1\n' })
})

/** What `sh` says of the exit code, where our output goes elsewhere. */
async function inShell(line: string): Promise<string> {
  return inFolder(async (cwd) => {
    await writeFile(join(cwd, 'pods.yaml'), good.replaceAll('$HOST', registry.host))
    const env = { HOME: cwd, PATH: process.env['PATH'] }
    const { stdout } = await promisify(execFile)('sh', ['-c', line, process.execPath, MAIN], { cwd, env })
    return stdout
  })
}

it.skipIf(process.platform !== 'linux')('a report that a full disk does not take', async () => {
  const said = await inShell('{ "$0" "$1" check -o json pods.yaml >/dev/full; } 2>&1; echo "exit $?"')
  expect(said).toBe('pullable: cannot write to standard output: ENOSPC\nexit 2\n')
})

it.skipIf(process.platform !== 'linux')('a standard error that takes nothing', async () => {
  expect(await inShell('"$0" "$1" check -q nowhere.yaml 2>/dev/full; echo "exit $?"')).toBe('exit 2\n')
})

describe.concurrent('input', () => {
  /** Each object as `source#document kind/name decision`. */
  async function rows(
    args: readonly string[],
    given: Given,
  ): Promise<{ code: number | null; stderr: string; rows: readonly string[] }> {
    const { code, stdout, stderr } = await check(['-o=json', ...args], given)
    const { results } = JSON.parse(stdout) as CheckReport
    return {
      code,
      stderr,
      rows: results.map((each) => `${each.source}#${each.document} ${each.namespace}/${each.name} ${each.decision}`),
    }
  }

  it('standard input, files and directories, in the order in which they are named', async ({ expect }) => {
    const files = {
      'b.yaml': good,
      'dir/z.yml': good,
      'dir/a.json':
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"j"},"spec":{"containers":[{"name":"a","image":"$HOST/team/app:v1"}]}}',
      'dir/below/c.yaml': `\ufeff${good}`.replaceAll('\n', '\r\n'),
      'dir/README.md': 'no: [yaml',
      'dir/.hidden.yaml': 'no: [yaml',
    }
    expect(await rows(['b.yaml', '-', 'dir'], { files, stdin: good })).toEqual({
      code: 0,
      stderr: '',
      rows: [
        'b.yaml#1 default/web allow',
        'stdin#1 default/web allow',
        'dir/a.json#1 default/j allow',
        'dir/below/c.yaml#1 default/web allow',
        'dir/z.yml#1 default/web allow',
      ],
    })
  })

  it('a List, a list of a kind, anchors, and -n for what names no namespace', async ({ expect }) => {
    const stdin = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: &m { name: one }
    spec: &s { containers: [{ name: a, image: $HOST/team/app:v1 }] }
  - { apiVersion: v1, kind: PodList, items: [{ metadata: { name: two, namespace: other }, spec: *s }] }
`
    expect((await rows(['-n', 'shop', '-'], { stdin })).rows).toEqual([
      'stdin#1 shop/one allow',
      'stdin#1 other/two allow',
    ])
  })

  it('one broken document in the middle: named by file, document and line, and the rest is checked', async ({
    expect,
  }) => {
    const broken = `${good}---\napiVersion: v1\nkind: Pod\nmetadata: { name: second\nspec: [\n---\n${denied}---\n`
    const odd = 'apiVersion: v1\nkind: Pod\nmetadata: { name: fourth }\nspec: { containers: { name: web } }\n'
    const { code, stderr, rows: seen } = await rows(['p.yaml'], { files: { 'p.yaml': broken + odd } })
    expect({ code, seen }).toEqual({ code: 2, seen: ['p.yaml#1 default/web allow', 'p.yaml#3 default/web deny'] })
    expect(stderr).toMatch(
      /^pullable: p\.yaml:9 \(document 2\): .+\npullable: p\.yaml:16 \(document 4\): spec\.containers: must be a list, not an object\n$/,
    )
  })

  it('a link that leads to its own directory', async ({ expect }) => {
    const ran = await inFolder(async (cwd) => {
      await mkdir(join(cwd, 'dir'))
      await symlink('.', join(cwd, 'dir/loop'))
      await writeFile(join(cwd, 'dir/p.yaml'), good.replaceAll('$HOST', registry.host))
      return pullable(['check', 'dir'], { cwd })
    })
    expect(ran).toEqual({
      code: 0,
      stdout: 'dir/p.yaml: Pod default/web: allowed\n1 object: 0 denied, 0 warned, 1 allowed\n',
      stderr: '',
    })
  })

  const cluster = `apiVersion: v1
kind: Secret
metadata: { name: regcred, namespace: shop }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: '{"auths":{"$HOST":{"username":"ann","password":"right"}}}' }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: puller, namespace: shop }
imagePullSecrets: [{ name: regcred }]
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pullable.dev/enforce: strict } }
---
apiVersion: v1
kind: Node
metadata: { name: a, labels: { kubernetes.io/os: linux, kubernetes.io/arch: amd64 } }
`
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    spec:
      serviceAccountName: puller
      containers: [{ name: web, image: $HOST/team/private:v1 }, { name: old, image: $HOST/team/broken:v1 }]
`
  it('a Secret, its ServiceAccount, the Namespace and a Node beside the Deployment are the cluster', async ({
    expect,
  }) => {
    const { code, stdout } = await check(['-o=json', '-'], { stdin: `${deployment}---\n${cluster}` })
    const [web, old] = (JSON.parse(stdout) as CheckReport).results[0]?.images ?? []
    expect([code, web?.outcome, web?.notes.map((note) => note.code), old?.cause, old?.decision]).toEqual([
      1,
      'pullable',
      ['digest-available'],
      'registry-error',
      'deny',
    ])
  })

  it('--view: the same from a directory, and what it lacks is absent', async ({ expect }) => {
    const files = { 'view/cluster.yaml': cluster, 'view/more.json': '[]' }
    const lone = pod('$HOST/team/private:v1').replace('web }', 'web, namespace: shop }')
    const causes = async (stdin: string, args: readonly string[]): Promise<unknown> => {
      const { results } = JSON.parse((await check(['-o=json', ...args, '-'], { files, stdin })).stdout) as CheckReport
      return results[0]?.images.map(({ cause }) => cause)
    }
    expect(await causes(deployment, ['--view=view'])).toEqual([null, 'registry-error'])
    expect(await causes(lone, ['--view=view'])).toEqual(['access-denied'])
    expect(await causes(lone, [])).toEqual(['pull-secret-absent'])
  })
})
