// What the built command says to those who use it wrongly: one clear line on standard error, exit code 2, no stack trace.
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canary } from '../support/canary.ts'
import { serverPair } from '../support/certificates.ts'
import { inFolder, pullable } from '../support/command.ts'

const KUBECONFIG = `current-context: dev
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
contexts: [{ name: dev, context: { cluster: c, user: u } }, { name: prod, context: { cluster: c, user: u } }]
users: [{ name: u, user: { token: canary-token } }]
`

let taken: Server
let takenPort: string
let files: Readonly<Record<string, string>>

beforeAll(async () => {
  const [one, two] = await Promise.all([serverPair(), serverPair()])
  taken = createServer().listen(0)
  await once(taken, 'listening')
  takenPort = String((taken.address() as AddressInfo).port)
  files = {
    'pods.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [] }\n',
    'broken/pods.yaml': 'kind: Pod\nspec: {\n',
    'empty/README.md': 'nothing here',
    'one.crt': one.cert,
    'one.key': one.key,
    'two.key': two.key,
    'page.pem': 'this is no certificate',
    kubeconfig: KUBECONFIG,
    'broken/kubeconfig': '{ users: [{ name: u, user: { password: canary-password',
    'broken/context': KUBECONFIG.replaceAll('cluster: c', 'cluster: nowhere'),
    'broken/ca': KUBECONFIG.replace('server:', 'certificate-authority: ../page.pem, server:'),
    'key.yaml': 'nodes: { platform: [linux/amd64] }',
    'cause.yaml': 'causes: { rate-limitd: deny }',
    'value.yaml': 'timeout: soon',
    'syntax.yaml': 'timeout: [3s',
  }
})

afterAll(() => {
  taken.close()
})

const pair = ['--tls-cert-file=one.crt', '--tls-private-key-file=one.key']

describe.concurrent('one line and exit code 2:', () => {
  it.for<[readonly string[], RegExp]>([
    [['chek', 'pods.yaml'], /^there is no command "chek"; did you mean check\?$/],
    [['check'], /^nothing to check: name files or directories, or - for standard input \(see pullable check --help\)$/],
    [
      ['check', '--platfrom=linux/amd64', 'pods.yaml'],
      /^pullable check has no flag "--platfrom"; did you mean --platform\?$/,
    ],
    [['check', '--mode=audit', 'pods.yaml'], /^--mode is a flag of pullable serve, not of check$/],
    [['check', '--output'], /^--output needs a value: text or json$/],
    [['check', '-o', 'yaml', 'pods.yaml'], /^--output: "yaml" is not text or json$/],
    [
      ['check', '--platform=linux', 'pods.yaml'],
      /^--platform: "linux" is not a platform, such as linux\/amd64 or linux\/arm\/v7$/,
    ],
    [['check', '--timeout=0', 'pods.yaml'], /^--timeout: "0" is not a duration above zero/],
    [
      ['check', '--config=nowhere.yaml', 'pods.yaml'],
      /^the configuration file "nowhere.yaml" cannot be read: no such file$/,
    ],
    [
      ['check', '--config=key.yaml', 'pods.yaml'],
      /^key.yaml: there is no key "nodes.platform"; did you mean nodes.platforms\?$/,
    ],
    [
      ['check', '--config=cause.yaml', 'pods.yaml'],
      /^cause.yaml: causes: "rate-limitd" is not a cause, .*; did you mean rate-limited\?$/,
    ],
    [['check', '--config=value.yaml', 'pods.yaml'], /^value.yaml: timeout: "soon" is not a duration/],
    [['check', '--config=syntax.yaml', 'pods.yaml'], /^syntax.yaml:\d: not YAML: /],
    [['check', '--config=.', 'pods.yaml'], /^the configuration file "\." cannot be read: it is a directory$/],
    [['check', '--ca-file=nowhere.crt', 'pods.yaml'], /^--ca-file: cannot read nowhere.crt: /],
    [['check', '--ca-file=page.pem', 'pods.yaml'], /^--ca-file: page.pem holds no PEM certificate$/],
    [['check', '--view=nowhere', 'pods.yaml'], /^--view: nowhere.*: no such file or directory$/],
    [['check', '--view=broken', 'pods.yaml'], /^--view: broken\/pods.yaml:\d: /],
    [
      ['check', '--view=empty', '--context=dev', 'pods.yaml'],
      /^--view declares the whole cluster, and --context reads one: give one of them$/,
    ],
    [['check', '--kubeconfig=nowhere', 'pods.yaml'], /^--kubeconfig: cannot read nowhere: no such file or directory$/],
    [['check', '--kubeconfig=broken/kubeconfig', 'pods.yaml'], /^--kubeconfig: broken\/kubeconfig is not valid YAML$/],
    [['check', '--kubeconfig=page.pem', 'pods.yaml'], /^--kubeconfig: page.pem is no kubeconfig$/],
    [
      ['check', '--kubeconfig=kubeconfig', '--context=live', 'pods.yaml'],
      /^--context: no context "live" in kubeconfig; it has "dev", "prod"$/,
    ],
    [
      ['check', '--kubeconfig=broken/context', 'pods.yaml'],
      /^--kubeconfig: context "dev" of broken\/context names the cluster "nowhere", which is not there$/,
    ],
    [['check', '--kubeconfig=broken/ca', 'pods.yaml'], /^--kubeconfig: .* no PEM/],
    [['check', '--context=dev', 'pods.yaml'], /^--context: cannot read .*\.kube\/config: no such file or directory$/],
    [['serve', ...pair, '--kubeconfig=nowhere'], /^--kubeconfig: cannot read nowhere: no such file or directory$/],
    [
      ['serve', ...pair, '--kubeconfig=kubeconfig', '--context=live'],
      /^--context: no context "live" in kubeconfig; it has "dev", "prod"$/,
    ],
    [['check', '-q', 'nowhere.yaml'], /^nowhere.yaml: no such file or directory$/],
    [['check', '-q', 'empty'], /^empty: no .yaml, .yml, .json file in this directory$/],
    [['serve'], /^serve needs --tls-cert-file and --tls-private-key-file: /],
    [['serve', '--tls-cert-file=one.crt'], /^--tls-cert-file and --tls-private-key-file go together/],
    [['serve', 'pods.yaml'], /^pullable serve takes no arguments$/],
    [
      ['serve', '--tls-cert-file=nowhere.crt', '--tls-private-key-file=one.key'],
      /^--tls-cert-file: cannot read nowhere.crt: /,
    ],
    [['serve', '--tls-cert-file=page.pem', '--tls-private-key-file=one.key'], /^--tls-cert-file: .*page.pem/],
    [['serve', '--tls-cert-file=one.crt', '--tls-private-key-file=two.key'], /^--tls-private-key-file: .*two.key/],
    [['serve', ...pair, '--client-ca-file=nowhere.crt'], /^--client-ca-file: cannot read nowhere.crt: /],
    [['serve', ...pair, '--port=0', '--metrics-port=0', '--client-ca-file=page.pem'], /^--client-ca-file: /],
    [['serve', ...pair, '--port=TAKEN', '--metrics-port=0'], /^--port: port \d+ is in use$/],
    [['serve', ...pair, '--port=0', '--metrics-port=TAKEN'], /^--metrics-port: port \d+ is in use$/],
    [['serve', ...pair, '--port=65536'], /^--port: "65536" is not a port, 0 to 65535$/],
    [['demo', '--twice'], /^pullable demo has no flag "--twice"/],
  ])('%j', async ([args, line], { expect }) => {
    const ran = await inFolder(async (cwd) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(cwd, name)), { recursive: true })
        await writeFile(join(cwd, name), content)
      }
      return pullable(
        args.map((each) => each.replace('TAKEN', takenPort)),
        { cwd },
      )
    })
    expect(ran.code).toBe(2)
    expect(ran.stderr).not.toContain('canary')
    // JSON lines are the log of a webhook that was about to start.
    const lines = ran.stderr.split('\n').filter((each) => each !== '' && !each.startsWith('{'))
    expect(lines.map((each) => each.replace(/^pullable: /, ''))).toEqual([expect.stringMatching(line)])
    expect(ran.stdout.replace(/^0 objects: .*\n$/, '')).toBe('')
  })
})

it('a variable that is set wrongly is named', async () => {
  const ran = await inFolder((cwd) => pullable(['check', '-'], { cwd, env: { PULLABLE_TIMEOUT: 'soon' } }))
  expect([ran.code, ran.stdout]).toEqual([2, ''])
  expect(ran.stderr).toMatch(/^pullable: PULLABLE_TIMEOUT: "soon" is not a duration.*\n$/)
})

it.each(['check', 'serve'])('%s: a proxy that is none is named, and its password is not', async (command) => {
  const env = { HTTPS_PROXY: `socks5://ann:${encodeURIComponent(canary.password)}@proxy.example:1080` }
  const args = command === 'check' ? ['check', '-'] : ['serve', '--port=0', '--metrics-port=0', ...pair]
  const ran = await inFolder((cwd) => pullable(args, { cwd, env }))
  expect([ran.code, ran.stdout]).toEqual([2, ''])
  expect(ran.stderr).toBe('pullable: HTTPS_PROXY: a SOCKS proxy is not supported; name one that speaks HTTP\n')
})

it('a temporary folder that takes nothing', async () => {
  const ran = await inFolder((cwd) => pullable(['demo', '--once'], { cwd, env: { TMPDIR: '/dev/null' } }))
  expect([ran.code, ran.stderr]).toEqual([
    2,
    'pullable: the temporary folder /dev/null cannot be written to: ENOTDIR\n',
  ])
})

it('help and the version go to standard output, help for nothing at all to standard error', async () => {
  const ran = (...args: readonly string[]) => inFolder((cwd) => pullable(args, { cwd }))
  const [help, none, version, check, odd] = await Promise.all([
    ran('--help'),
    ran(),
    ran('--version'),
    ran('check', '--help'),
    ran('serve', '--no-such-flag', '-h'),
  ])
  expect([help.code, help.stderr]).toEqual([0, ''])
  expect(help.stdout).toMatch(/^pullable refuses pods .*\n\nUsage:\n {2}pullable check FILE\|DIR\|- \.\.\. /)
  expect(none).toEqual({ code: 2, stdout: '', stderr: help.stdout })
  expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: '' })
  expect([check.code, check.stderr]).toEqual([0, ''])
  expect(check.stdout).toContain(
    '\nExit status: 0 admitted, 1 something denied, 2 misuse or broken input, 3 undetermined',
  )
  expect([odd.code, odd.stderr]).toEqual([0, ''])
})
