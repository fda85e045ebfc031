import { expect, test } from 'vitest'
import {
  canExecute,
  formatPlatform,
  isAtLeast,
  normalizePlatform,
  parsePlatform,
  readRuntime,
} from '../../../src/engine/platform/index.ts'
import type { Platform } from '../../../src/engine/platform/index.ts'

test.each<[written: Platform, normal: Platform]>([
  [
    { os: 'Linux', architecture: 'x86_64', variant: 'V1' },
    { os: 'linux', architecture: 'amd64' },
  ],
  [
    { os: 'linux', architecture: 'AMD64', variant: 'v3' },
    { os: 'linux', architecture: 'amd64', variant: 'v3' },
  ],
  [
    { os: 'macOS', architecture: 'aarch64', variant: 'v8.0' },
    { os: 'darwin', architecture: 'arm64' },
  ],
  [
    { os: 'linux', architecture: 'arm64', variant: '9' },
    { os: 'linux', architecture: 'arm64', variant: 'v9' },
  ],
  [
    { os: 'linux', architecture: 'arm' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ],
  [
    { os: 'linux', architecture: 'arm', variant: '6' },
    { os: 'linux', architecture: 'arm', variant: 'v6' },
  ],
  [
    { os: 'linux', architecture: 'armel', variant: 'v7' },
    { os: 'linux', architecture: 'arm', variant: 'v6' },
  ],
  [
    { os: 'linux', architecture: 'i386', variant: 'x' },
    { os: 'linux', architecture: '386' },
  ],
  [
    { os: '', architecture: '', variant: '', osVersion: '', osFeatures: [] },
    { os: '', architecture: '' },
  ],
  [
    { os: 'linux', architecture: 'arm', variant: '__proto__' },
    { os: 'linux', architecture: 'arm', variant: '__proto__' },
  ],
  [
    { os: 'constructor', architecture: 'toString' },
    { os: 'constructor', architecture: 'tostring' },
  ],
])('normalizes %j', (written, normal) => {
  expect(normalizePlatform(written)).toStrictEqual(normal)
})

test.each<[text: string, platform: Platform | undefined, formatted?: string]>([
  ['linux/amd64', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
  [' Linux/X86_64 ', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
  ['linux/arm64/v8', { os: 'linux', architecture: 'arm64' }, 'linux/arm64'],
  ['linux/arm', { os: 'linux', architecture: 'arm' }, 'linux/arm'],
  ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
  ['linux/armhf', { os: 'linux', architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
  ['windows/amd64', { os: 'windows', architecture: 'amd64' }, 'windows/amd64'],
  [
    'windows(10.0.20348)/amd64',
    { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348' },
    'windows(10.0.20348)/amd64',
  ],
  ['linux', undefined],
  ['amd64', undefined],
  ['linux/amd46', undefined],
  ['linux/', undefined],
  ['lunix/amd64', undefined],
  ['linux/amd64/v1/x', undefined],
  ['linux/__proto__', undefined],
  ['', undefined],
])('parses %j', (text, platform, formatted) => {
  expect(parsePlatform(text)).toStrictEqual(platform)
  if (platform !== undefined) expect(formatPlatform(platform)).toBe(formatted)
})

test('formats what a registry says, fit to print', () => {
  expect(formatPlatform({ os: '', architecture: '' })).toBe('unknown/unknown')
  expect(formatPlatform({ os: 'linux\u001b[2J', architecture: 'x'.repeat(100) })).toBe(`linux [2J/${'x'.repeat(39)}…`)
})

test.each<[written: string, name: string, version: string]>([
  ['containerd://2.1.4', 'containerd', '2.1.4'],
  ['containerd://2.1.4-k3s1', 'containerd', '2.1.4-k3s1'],
  ['containerd://v1.7.0+unknown', 'containerd', '1.7.0+unknown'],
  ['containerd://Unknown', 'containerd', ''],
  ['containerd://', 'containerd', ''],
  ['cri-o://1.33.1', 'cri-o', '1.33.1'],
  ['docker://28.1.0', 'docker', '28.1.0'],
  ['rkt://1.30', 'other', '1.30'],
  ['', 'unknown', ''],
  ['containerd', 'unknown', ''],
  [`containerd://${'1'.repeat(100)}`, 'unknown', ''],
  ['containerd://2.1\n4', 'unknown', ''],
])('reads the runtime %j', (written, name, version) => {
  expect(readRuntime(written)).toStrictEqual({ name, version })
})

test.each<[version: string, atLeast: boolean | undefined]>([
  ['2.1.0', true],
  ['2.10.0', true],
  ['3.0.0', true],
  ['2.0.9', false],
  ['1.7.34', false],
  ['', undefined],
])('containerd %j is at least 2.1: %s', (version, atLeast) => {
  expect(isAtLeast({ name: 'containerd', version }, 2, 1)).toBe(atLeast)
})

test.each<[host: string, runs: readonly string[], refuses: readonly string[]]>([
  [
    'linux/amd64',
    ['linux/amd64', 'linux/AMD64/v4', 'linux/386', 'linux/i386', '/amd64', 'linux/', '/', 'linux/ebpf', 'wasip1/wasm'],
    ['linux/arm64', 'linux/arm/v7', 'linux/s390x', 'windows/amd64', 'linux/aarch64', 'Windows/', 'darwin/amd64'],
  ],
  ['linux/arm64', ['linux/arm64/v9', 'linux/arm/v5', 'linux/armhf'], ['linux/amd64', 'linux/386', 'linux/riscv64']],
  ['linux/arm', ['linux/arm/v8', 'linux/arm64'], ['linux/amd64']],
  ['linux/ppc64le', ['linux/ppc64le'], ['linux/s390x']],
  ['windows/amd64', ['windows/amd64', 'unknown/amd64'], ['linux/amd64']],
])('%s runs %j and not %j', (host, runs, refuses) => {
  const read = (text: string): Platform => {
    const [os = '', architecture = '', variant] = text.split('/')
    return { os, architecture, ...(variant !== undefined && { variant }) }
  }
  expect(runs.filter((config) => !canExecute(read(host), read(config)))).toEqual([])
  expect(refuses.filter((config) => canExecute(read(host), read(config)))).toEqual([])
})
