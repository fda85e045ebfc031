// The image, built from the Dockerfile of this checkout on a base that stands for the public one: what it holds, and that it runs as
// the chart runs it. For the machine's processor it runs; for the other it is only built.
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverPair } from '../support/certificates.ts'
import { post, reviewOf } from '../support/review.ts'
import { ARCHITECTURE, baseName, makeBase, OTHER_ARCHITECTURE } from './base.ts'
import { build, STORAGE } from './build.ts'
import { startBuildah } from './buildah.ts'
import type { Buildah } from './buildah.ts'
import { ended, firstProcess, onlyNode, run, start } from './container.ts'
import type { Container } from './container.ts'
import { readImage } from './layers.ts'
import type { Image } from './layers.ts'

const ROOT = join(import.meta.dirname, '../..')
const MIB = 1024 * 1024

/** What is put on the base, at most: as it travels, and unpacked. Larger: something has come along that should not. */
const MOST_COMPRESSED = 6 * MIB
const MOST_UNPACKED = 22 * MIB

const CANARY = 'canary-of-the-authorities'

let buildah: Buildah
let folder: string
let image: Image
let other: Image

beforeAll(async () => {
  buildah = await startBuildah(join(STORAGE, 'test'))
  folder = await mkdtemp(join(STORAGE, 'test', 'files-'))
  await chmod(folder, 0o755)
  await makeBase(buildah)
  // Authorities that can be found again, were they anywhere.
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, `# ${CANARY}\n${extra === undefined ? '' : await readFile(extra, 'utf8')}`)
  image = await built(ARCHITECTURE, ca)
  other = await built(OTHER_ARCHITECTURE, ca)
}, 20 * 60_000)

afterAll(async () => {
  await buildah.remove()
}, 60_000)

async function built(architecture: string, ca: string): Promise<Image> {
  const name = `localhost/pullable:${architecture}`
  const began = performance.now()
  await build(buildah, name, architecture, ca)
  const seconds = (performance.now() - began) / 1000
  const layout = join(folder, `${architecture}.oci`)
  await buildah.run('push', '--quiet', name, `oci:${layout}`)
  const read = await readImage(layout, 1, join(folder, architecture))
  const size = `${(read.compressed / MIB).toFixed(1)} MiB on the base, ${(unpacked(read) / MIB).toFixed(1)} MiB unpacked`
  console.log(`linux/${architecture}: built in ${seconds.toFixed(0)} s, ${size}`)
  return read
}

function unpacked({ files }: Image): number {
  return files.reduce((sum, { kind, size }) => sum + (kind === 'file' ? size : 0), 0)
}

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

describe('the image', () => {
  it('says how it is run, and what it is', async () => {
    const { version } = (await json(join(ROOT, 'package.json'))) as { version: string }
    const { architecture, os, config } = image.config
    const { Labels, ...rest } = config
    expect({ architecture, os, ...rest }).toEqual({
      architecture: ARCHITECTURE,
      os: 'linux',
      User: '65532:65532',
      ExposedPorts: { '8080/tcp': {}, '8443/tcp': {} },
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production'],
      Entrypoint: ['node', '--max-semi-space-size=4', '/app/dist/main.js'],
      Cmd: ['serve'],
      WorkingDir: '/app',
    })
    const ours = Object.entries(Labels).filter(([key]) => key.startsWith('org.opencontainers.image.'))
    expect(Object.fromEntries(ours)).toEqual({
      'org.opencontainers.image.title': 'pullable',
      'org.opencontainers.image.description':
        'A Kubernetes admission webhook that refuses pods whose images cannot be pulled',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.base.name': await baseName(),
    })
  })

  it('is small', () => {
    expect(image.compressed).toBeLessThan(MOST_COMPRESSED)
    expect(unpacked(image)).toBeLessThan(MOST_UNPACKED)
  })

  it('holds what was built of each file of src, the examples, and the packages; nothing else', async () => {
    const listed = async (of: string): Promise<readonly string[]> =>
      (await readdir(join(ROOT, of), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    const program = (await listed('src')).map((path) => path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'))
    const expected = [...program, ...(await listed('docs/examples')), 'LICENSE', 'package.json', 'sbom.cdx.json']
    const files = image.files.filter(({ kind }) => kind !== 'folder').map(({ path }) => path)
    const rest = files.filter((path) => !path.startsWith('app/node_modules/'))
    expect(rest).toEqual(expected.map((path) => `app/${path}`).sort())
    const folders = image.files.filter(({ kind, path }) => kind === 'folder' && !path.startsWith('app/'))
    expect(folders.map(({ path }) => path)).toEqual(['app', 'etc', 'etc/ssl', 'etc/ssl/certs'])
  })

  it('has nothing that a user could change, that runs as another, or that is for one processor alone', async () => {
    const odd = image.files.filter(
      ({ kind, mode, owner }) =>
        kind === 'other' || owner !== '0:0' || (mode & 0o7022) !== 0 || (mode & 0o444) !== 0o444,
    )
    expect(odd).toEqual([])
    const native: string[] = []
    for (const { path, kind } of image.files) {
      if (kind !== 'file') continue
      const start = (await readFile(join(image.folder, path))).toString('latin1', 0, 4)
      if (/\.(node|wasm|so|bare)$/.test(path) || start === '\x7fELF' || start === '\0asm') native.push(path)
    }
    expect(native).toEqual([])
  })

  it('holds no secret of the build, and nothing of the machine it was built on', async () => {
    const authorities = process.env['NODE_EXTRA_CA_CERTS']
    // A line of each certificate is enough to know it again.
    const lines =
      authorities === undefined
        ? []
        : [...readFileSync(authorities, 'utf8').matchAll(/BEGIN CERTIFICATE-----\n.*\n(.{64})/g)]
    const home = homedir().split('/').length > 2 ? [homedir()] : []
    const unwanted = [CANARY, ROOT, STORAGE, folder, ...home, '_authToken', ...lines.map(([, line]) => line ?? CANARY)]
    const found = (text: string): readonly string[] => unwanted.filter((each) => text.includes(each))
    expect(image.texts.flatMap(found)).toEqual([])
    for (const { path, kind } of image.files)
      if (kind === 'file') expect([path, found(await readFile(join(image.folder, path), 'latin1'))]).toEqual([path, []])
  })
})

describe('packages', () => {
  interface Locked {
    readonly version?: string
    readonly dev?: boolean
    readonly optional?: boolean
    readonly devOptional?: boolean
  }

  async function locked(): Promise<readonly string[]> {
    const { packages } = (await json(join(ROOT, 'package-lock.json'))) as { packages: Record<string, Locked> }
    return Object.entries(packages)
      .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
      .map(([path, { version = '' }]) => `${nameOf(path)}@${version}`)
      .sort()
  }

  const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

  it('are those of production, and no others', async () => {
    const inside: string[] = []
    for (const { path } of image.files) {
      const [, at] = /^app\/(.*node_modules\/(?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path) ?? []
      if (at === undefined) continue
      const { version = '' } = (await json(join(image.folder, path))) as { version?: string }
      inside.push(`${nameOf(at)}@${version}`)
    }
    expect(inside.sort()).toEqual(await locked())
    expect(inside.filter((name) => /^(typescript|vitest|eslint|prettier|@types\/|@kubernetes\/)/.test(name))).toEqual(
      [],
    )
  })

  it('are each in the bill of materials', async () => {
    interface Bom {
      readonly bomFormat: string
      readonly serialNumber?: string
      readonly metadata: {
        readonly timestamp?: string
        readonly component: { readonly name: string; readonly version: string }
      }
      readonly components: readonly { readonly purl: string; readonly licenses?: readonly object[] }[]
    }
    const bom = (await json(join(image.folder, 'app/sbom.cdx.json'))) as Bom
    const { bomFormat, serialNumber, metadata, components } = bom
    expect({ bomFormat, serialNumber, timestamp: metadata.timestamp, name: metadata.component.name }).toEqual({
      bomFormat: 'CycloneDX',
      serialNumber: undefined,
      timestamp: undefined,
      name: 'pullable',
    })
    const named = components.map(({ purl }) => decodeURIComponent(purl.replace(/^pkg:npm\//, '')))
    expect(named.sort()).toEqual([...new Set(await locked())])
    expect(components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([])
  })

  it('have neither types nor source maps', () => {
    expect(image.files.filter(({ path }) => /\.([cm]?ts|map)$/.test(path))).toEqual([])
  })
})

describe('for the other processor', () => {
  it('it is the same, built anew, byte for byte', () => {
    expect(other.config.architecture).toBe(OTHER_ARCHITECTURE)
    expect(other.config.config).toEqual(image.config.config)
    expect(other.config.rootfs.diff_ids.slice(1)).toEqual(image.config.rootfs.diff_ids.slice(1))
    expect(other.config.rootfs.diff_ids[0]).not.toBe(image.config.rootfs.diff_ids[0])
  })
})

describe('with a read-only root, as a user, without a shell', () => {
  let container: Container
  let ca: string

  beforeAll(async () => {
    const root = await buildah.run(
      'mount',
      await buildah.run('from', '--pull-never', `localhost/pullable:${ARCHITECTURE}`),
    )
    await onlyNode(root)
    const mounted = join(folder, 'mounted')
    await mkdir(join(mounted, 'view'), { recursive: true })
    const pair = await serverPair()
    ca = pair.ca
    await writeFile(join(mounted, 'tls.crt'), pair.cert)
    await writeFile(join(mounted, 'tls.key'), pair.key)
    await writeFile(join(mounted, 'view/shop.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n')
    await writeFile(join(mounted, 'kubeconfig'), KUBECONFIG)
    container = { root, config: image.config.config, mounted }
  }, 5 * 60_000)

  const KUBECONFIG = JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'one', user: 'ann' } }],
    clusters: [{ name: 'one', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'ann', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'some-plugin' } } }],
  })

  const POD = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [{ name: 'web', image: 'shop/Web:1' }] },
  }

  it('it has no capability and cannot write', async () => {
    const look = `
      const { readFileSync, writeFileSync } = require('node:fs')
      const held = readFileSync('/proc/self/status', 'utf8').match(/^(Uid|Gid|CapEff|Groups):.*$/gm)
      const attempts = ['/x', '/app/x', '/mnt/x', '/app/dist/main.js'].map((path) => {
        try { writeFileSync(path, '') } catch ({ code }) { return code }
      })
      console.log(JSON.stringify({ held: held.map((line) => line.split(/\\s+/).slice(0, 2).join(' ')), attempts, pid: process.pid }))`
    const plain = { ...container, config: { ...container.config, Entrypoint: ['node', '-e', look] } }
    const { stdout, stderr } = await run(plain, [])
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      held: ['Uid: 65532', 'Gid: 65532', 'Groups: ', 'CapEff: 0000000000000000'],
      attempts: ['EROFS', 'EROFS', 'EROFS', 'EROFS'],
      pid: 1,
    })
  })

  it('it says its version', async () => {
    const { version } = (await json(join(ROOT, 'package.json'))) as { version: string }
    expect(await run(container, ['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('check refuses what cannot be pulled', async () => {
    const { status, stdout, stderr } = await run(container, ['check', '-'], { input: JSON.stringify(POD) })
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toContain('reference-invalid')
  })

  it('demo judges its examples by a registry of its own', async () => {
    const { status, stdout, stderr } = await run(container, ['demo', '--once'], { tmp: true })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('manifest-unknown')
  }, 60_000)

  it('check says what it lacks for a kubeconfig with a plugin', async () => {
    const { status, stdout, stderr } = await run(container, ['check', '--kubeconfig=/mnt/kubeconfig', '-'], {
      input: '{}',
    })
    const why =
      'the user of /mnt/kubeconfig has its credentials from a plugin, which takes the package @kubernetes/client-node, and it is not installed (the container image is without it): name a user with a token or a certificate'
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: `pullable: --kubeconfig: ${why}\n` })
  })

  it('serve, as the first process and with the environment of the chart, answers, and ends when it is told to', async () => {
    const files = ['--tls-cert-file=/mnt/tls.crt', '--tls-private-key-file=/mnt/tls.key', '--view=/mnt/view']
    const child = start(container, ['serve', '--port=0', '--metrics-port=0', ...files], {
      env: { NODE_OPTIONS: '--max-old-space-size-percentage=70' },
    })
    const over = ended(child)
    const port = await new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (piece: string) => {
        const [, found] = /"port":(\d+)/.exec(piece) ?? []
        if (found !== undefined) resolve(Number(found))
      })
      over.then(({ stderr }) => reject(new Error(stderr)), reject)
    })
    const { response } = await post(port, ca, JSON.stringify(reviewOf(POD)))
    expect(response).toMatchObject({ allowed: false, status: { code: 403 } })
    process.kill(await firstProcess(child), 'SIGTERM')
    const { status, stderr } = await over
    expect({ status, errors: stderr.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line)) }).toEqual({
      status: 0,
      errors: [],
    })
  }, 60_000)
})
