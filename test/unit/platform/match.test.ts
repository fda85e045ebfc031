import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { matchesLocal, matchesTransfer } from '../../../src/engine/platform/index.ts'
import type { Platform } from '../../../src/engine/platform/index.ts'

interface Written {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
}

interface Row {
  readonly node: Written
  readonly imagePlatform: Written
  readonly matchesLocalPull: boolean
  readonly matchesTransferService: boolean
}

const rows = JSON.parse(
  readFileSync(new URL('../../vectors/platforms-rc2.json', import.meta.url), 'utf8'),
) as readonly Row[]

// The vectors were made on linux, where an empty OS means that; to us it is the node's own.
function onLinux(written: Written): Platform {
  return platform({ ...written, os: written.os === '' ? 'linux' : written.os })
}

function platform({ os, architecture, variant, 'os.version': osVersion }: Written): Platform {
  return { os, architecture, ...(variant !== undefined && { variant }), ...(osVersion !== undefined && { osVersion }) }
}

test('all rows of the vectors', () => {
  const found = rows.map(({ node, imagePlatform }) => ({
    node,
    imagePlatform,
    matchesLocalPull: matchesLocal(onLinux(node), onLinux(imagePlatform)),
    matchesTransferService: matchesTransfer(onLinux(node), onLinux(imagePlatform)),
  }))
  expect(found).toEqual(rows)
  expect(rows.length).toBeGreaterThan(100)
})

const L = 'older pull only'
const both = 'both'
const none = 'neither'

test.each<[node: string, image: string, expected: string]>([
  ['linux/amd64', 'Linux/AMD64', both],
  ['linux/amd64', 'linux/amd64/v1', both],
  ['linux/amd64', 'linux/x86-64', both],
  ['linux/amd64', 'linux/386', L],
  ['linux/amd64', 'unknown/unknown', none],
  ['linux/amd64/v3', 'linux/amd64/v3', both],
  ['linux/amd64/v3', 'linux/amd64/v2', L],
  ['linux/amd64/v3', 'linux/amd64', L],
  ['linux/amd64/v3', 'linux/amd64/v4', none],
  ['linux/arm64', 'linux/aarch64', both],
  ['linux/arm64', 'linux/arm64/8', both],
  ['linux/arm64', 'linux/arm64/v8.1', none],
  ['linux/arm64/v8.2', 'linux/arm64/v8.1', L],
  ['linux/arm64/v8.2', 'linux/arm64', L],
  ['linux/arm64/v9.1', 'linux/arm64/v9', L],
  ['linux/arm64/v9.1', 'linux/arm64/v8.6', L],
  ['linux/arm64/v9.1', 'linux/arm64/v8.7', none],
  ['linux/arm64/v9.7', 'linux/arm64/v8.9', L],
  ['linux/arm64/v9.8', 'linux/arm64', none],
  ['linux/arm64', 'linux/arm/v8', L],
  ['linux/arm64', 'linux/armel', L],
  ['linux/arm', 'linux/arm/7', both],
  ['linux/arm/v8', 'linux/arm/v7', L],
  ['linux/arm/v5', 'linux/arm/v6', none],
  ['linux/arm/v7', 'linux/arm64', none],
  ['linux/riscv64', 'linux/riscv64', both],
  ['linux/ppc64le', 'linux/ppc64', none],
  ['macos/arm64', 'darwin/arm64', both],
])('on %s, %s: %s', (node, image, expected) => {
  const read = (text: string): Platform => {
    const [os = '', architecture = '', variant] = text.split('/')
    return platform({ os, architecture, ...(variant !== undefined && { variant }) })
  }
  const local = matchesLocal(read(node), read(image))
  const transfer = matchesTransfer(read(node), read(image))
  expect(local ? (transfer ? both : L) : none).toBe(expected)
})

test.each<[host: string, image: string, runs: boolean]>([
  ['10.0.17763', '10.0.17763.5', true],
  ['10.0.17763', '10.0.17134.1', false],
  ['10.0.20348', '10.0.20348.1', true],
  ['10.0.26100', '10.0.20348.1', true],
  ['10.0.20348', '10.0.26100.1', false],
  ['10.0.26200', '10.0.26100.1', true],
  ['10.0.26200', '10.0.20348.1', false],
  ['10.0.20348.2000', '10.0.20348.1', true],
  ['10.0.20348', '6.3.20348', false],
  ['10.0.20348', '10.0.99999', false],
  ['10.0.20348', '10.0', false],
  ['10.0.20348', '010.00.0000020348.1', true],
  ['garbage', '10.0.17763.1', true],
  ['', '10.0.17763.1', true],
])('Windows %s runs an image of %s: %s', (host, image, runs) => {
  const windows = { os: 'windows', architecture: 'amd64' }
  expect(matchesLocal({ ...windows, osVersion: host }, { ...windows, osVersion: image })).toBe(runs)
})

test('features that the node lacks', () => {
  const linux = { os: 'linux', architecture: 'amd64' }
  expect(matchesLocal(linux, { ...linux, osFeatures: ['sse4'] })).toBe(false)
  expect(matchesLocal({ ...linux, osFeatures: ['sse4', 'x'] }, { ...linux, osFeatures: ['x'] })).toBe(true)
  expect(matchesLocal(linux, { ...linux, osFeatures: [] })).toBe(true)
  const windows = { os: 'windows', architecture: 'amd64' }
  expect(matchesLocal(windows, { ...windows, osFeatures: ['win32k'] })).toBe(true)
})
