import { expect, test } from 'vitest'
import { chooseEntry, fetchedEntries, parsePlatform, readRuntime } from '../../../src/engine/platform/index.ts'
import type { Host, Platform } from '../../../src/engine/platform/index.ts'

interface Entry {
  readonly name: string
  readonly platform?: Platform
}

// `-` has no platform, `linux/amd64+x` a feature, `windows(10.0.1.2)/amd64` a version; a name may follow a `#`.
function entry(name: string): Entry {
  const [text = ''] = name.split('#')
  if (text === '-') return { name }
  const [spec = '', feature] = text.split('+')
  const [system = '', architecture = '', variant] = spec.split('/')
  const [os = '', osVersion] = system.replace(')', '').split('(')
  return {
    name,
    platform: {
      os,
      architecture,
      ...(variant !== undefined && { variant }),
      ...(osVersion !== undefined && { osVersion }),
      ...(feature !== undefined && { osFeatures: [feature] }),
    },
  }
}

function host(text: string): Host {
  const [platform = '', runtime = ''] = text.split(' ')
  return { platform: parsePlatform(platform) ?? { os: '?', architecture: '?' }, runtime: readRuntime(runtime) }
}

function choose(names: readonly string[], on: string): string {
  const choice = chooseEntry(names.map(entry), host(on))
  switch (choice.kind) {
    case 'chosen':
      return choice.entry.name
    case 'none':
      return 'none'
    case 'depends':
      return `depends: ${choice.entries.map(({ name }) => name).join(' ')}${choice.refused ? ' or none' : ''}`
  }
}

const C17 = 'linux/amd64 containerd://1.7.34'
const C20 = 'linux/amd64 containerd://2.0.11'
const C21 = 'linux/amd64 containerd://2.1.4'
const C23 = 'linux/amd64 containerd://2.3.4'
const CRIO = 'linux/amd64 cri-o://1.33.1'
const DOCKER = 'linux/amd64 docker://28.1.0'
const UNSAID = 'linux/amd64'

test.each<[on: string, index: readonly string[], expected: string]>([
  // The plain cases, alike everywhere.
  [C23, ['linux/arm64/v8', 'linux/amd64', 'unknown/unknown'], 'linux/amd64'],
  [UNSAID, ['linux/arm64/v8', 'linux/amd64', 'unknown/unknown'], 'linux/amd64'],
  [CRIO, ['linux/arm64/v8', 'linux/amd64', 'unknown/unknown'], 'linux/amd64'],
  [UNSAID, ['linux/arm64', 'linux/s390x'], 'none'],
  [UNSAID, ['windows(10.0.20348.1)/amd64'], 'none'],
  [UNSAID, ['unknown/unknown'], 'none'],
  [UNSAID, [], 'none'],
  [UNSAID, ['linux/amd64#1', 'linux/amd64#2'], 'linux/amd64#1'],
  [UNSAID, ['linux/386', 'linux/amd64'], 'linux/amd64'],
  [UNSAID, ['linux/amd64/v3'], 'none'],
  [UNSAID, ['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64'], 'linux/amd64'],
  [UNSAID, ['linux/'], 'none'],
  // 386 on amd64.
  [C17, ['linux/386'], 'linux/386'],
  [C20, ['linux/386'], 'linux/386'],
  [C21, ['linux/386'], 'depends: linux/386 or none'],
  [C23, ['linux/386', 'linux/arm64'], 'depends: linux/386 or none'],
  [CRIO, ['linux/386'], 'none'],
  [DOCKER, ['linux/386'], 'linux/386'],
  [UNSAID, ['linux/386'], 'depends: linux/386 or none'],
  ['linux/amd64 containerd://', ['linux/386'], 'depends: linux/386 or none'],
  ['linux/amd64 kata://1.0', ['linux/386'], 'depends: linux/386 or none'],
  // Spellings.
  [C23, ['linux/x86_64'], 'linux/x86_64'],
  [C23, ['linux/amd64/v1'], 'linux/amd64/v1'],
  [C23, ['/amd64'], '/amd64'],
  [CRIO, ['linux/x86_64'], 'none'],
  [CRIO, ['linux/amd64/v1'], 'none'],
  [CRIO, ['/amd64'], 'none'],
  [UNSAID, ['linux/x86_64'], 'depends: linux/x86_64 or none'],
  [UNSAID, ['linux/x86_64', 'linux/amd64'], 'depends: linux/x86_64 linux/amd64'],
  // Features count from containerd 2.3.
  [C23, ['linux/amd64+sse'], 'none'],
  [C23, ['linux/amd64+sse', 'linux/amd64'], 'linux/amd64'],
  [C21, ['linux/amd64+sse', 'linux/amd64'], 'linux/amd64+sse'],
  [CRIO, ['linux/amd64+sse', 'linux/amd64'], 'linux/amd64+sse'],
  [UNSAID, ['linux/amd64+sse'], 'depends: linux/amd64+sse or none'],
  // Entries without a platform.
  [C23, ['-'], '-'],
  [UNSAID, ['-'], '-'],
  [C23, ['-#1', '-#2'], '-#1'],
  [C23, ['-', 'linux/amd64'], 'linux/amd64'],
  [C23, ['-', 'linux/arm64'], 'none'],
  [C17, ['-', 'linux/arm64'], 'none'],
  [CRIO, ['-', 'linux/arm64'], '-'],
  [DOCKER, ['-', 'linux/arm64'], '-'],
  [UNSAID, ['-', 'linux/arm64'], 'depends: - or none'],
  [C23, ['-', 'unknown/unknown'], 'depends: - or none'],
  [C23, ['-', 'unknown/unknown', 'linux/arm64'], 'none'],
  [C17, ['-', 'linux/386'], 'linux/386'],
  // arm64 and arm.
  ['linux/arm64 containerd://2.3.4', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm64 containerd://2.3.4', ['linux/arm64/v8.1', 'linux/arm64/v9'], 'none'],
  ['linux/arm64 containerd://2.3.4', ['linux/arm/v7', 'linux/arm/v6'], 'depends: linux/arm/v7 or none'],
  ['linux/arm64 containerd://1.7.2', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm64 cri-o://1.33.1', ['linux/arm/v7'], 'none'],
  ['linux/arm64 cri-o://1.33.1', ['linux/arm64', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm64', ['linux/amd64', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm containerd://2.3.4', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm containerd://2.3.4', ['linux/arm/v6'], 'depends: linux/arm/v6 or none'],
  ['linux/arm containerd://1.7.2', ['linux/arm/v8'], 'depends: linux/arm/v8 or none'],
  ['linux/arm containerd://1.7.2', ['linux/arm64', 'linux/amd64'], 'none'],
  ['linux/arm/v6 containerd://1.7.2', ['linux/arm/v7'], 'none'],
  ['linux/arm/v6 containerd://1.7.2', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
  ['linux/arm/v6 containerd://2.1.0', ['linux/arm/v7', 'linux/arm/v5'], 'depends: linux/arm/v5 or none'],
  // Windows: the higher version first, as text; up to 2.0 the first of the file.
  [
    'windows(10.0.26100)/amd64 containerd://2.1.9',
    ['windows(10.0.20348.9)/amd64', 'windows(10.0.26100.1)/amd64'],
    'windows(10.0.26100.1)/amd64',
  ],
  [
    'windows(10.0.26100)/amd64 containerd://2.0.11',
    ['windows(10.0.20348.1)/amd64', 'windows(10.0.26100.9)/amd64'],
    'windows(10.0.20348.1)/amd64',
  ],
  [
    'windows(10.0.26100)/amd64 containerd://1.7.1',
    ['windows(10.0.26100.1)/amd64', 'windows(10.0.20348.9)/amd64'],
    'windows(10.0.26100.1)/amd64',
  ],
  // There, from 2.1 on, the host's own CPU alone.
  ['windows(10.0.20348)/amd64 containerd://2.0.11', ['windows/386'], 'windows/386'],
  ['windows(10.0.20348)/amd64 containerd://2.1.9', ['windows/386', 'linux/amd64'], 'none'],
  ['windows(10.0.20348)/amd64 containerd://2.3.4', ['windows/386', 'windows/amd64'], 'windows/amd64'],
  ['windows(10.0.20348)/amd64', ['windows/386'], 'depends: windows/386 or none'],
  ['windows(10.0.26200)/amd64 containerd://2.0.11', ['windows(10.0.20348.9)/amd64'], 'windows(10.0.20348.9)/amd64'],
  ['windows(10.0.26200)/amd64 containerd://1.7.1', ['windows(10.0.20348.9)/amd64'], 'windows(10.0.20348.9)/amd64'],
  ['windows(10.0.26200)/amd64', ['windows(10.0.20348.9)/amd64'], 'depends: windows(10.0.20348.9)/amd64 or none'],
  ['windows(10.0.20348)/amd64', ['linux/amd64', 'windows(10.0.17763.1)/amd64'], 'none'],
  ['windows(10.0.20348)/amd64', ['linux/amd64', 'windows/amd64'], 'windows/amd64'],
  ['windows/amd64', ['linux/amd64', 'windows/amd64'], 'windows/amd64'],
  ['windows/amd64', ['linux/amd64'], 'none'],
  [
    'windows/amd64 containerd://2.0.1',
    ['windows(10.0.17763.1)/amd64', 'linux/amd64', 'windows(10.0.20348.1)/amd64'],
    'depends: windows(10.0.17763.1)/amd64 windows(10.0.20348.1)/amd64 or none',
  ],
])('on %s, %j: %s', (on, index, expected) => {
  expect(choose(index, on)).toBe(expected)
})

test('says why it depends', () => {
  const why = (names: readonly string[], on: string): string => {
    const choice = chooseEntry(names.map(entry), host(on))
    return choice.kind === 'depends' ? choice.why : choice.kind
  }
  expect(why(['linux/386'], UNSAID)).toBe('container runtimes differ in which entry of the index they take')
  expect(why(['linux/arm/v8'], 'linux/arm')).toBe('the nodes do not say which variant of ARM they are')
  expect(why(['windows(10.0.20348.1)/amd64'], 'windows/amd64')).toBe(
    'the nodes do not say which Windows build they run',
  )
})

test('an index as large as a registry may serve is read in time', () => {
  const large = Array.from({ length: 30_000 }, (_, at) => entry(`linux/amd64/v3#${at}`))
  const start = performance.now()
  expect(chooseEntry(large, host(UNSAID))).toEqual({ kind: 'none' })
  expect(performance.now() - start).toBeLessThan(1500)
})

test.each<[on: string, index: readonly string[], expected: readonly string[]]>([
  [C23, ['linux/amd64#1', 'linux/arm64', 'linux/amd64#2', '-', 'linux/386'], ['linux/amd64#1', 'linux/amd64#2', '-']],
  [UNSAID, ['linux/amd64#1', 'linux/amd64/v1#2', 'linux/amd64/v3'], ['linux/amd64#1', 'linux/amd64/v1#2']],
  ['linux/arm containerd://2.3.4', ['linux/arm/v6', 'linux/arm/v7', 'linux/arm64'], ['linux/arm/v7']],
  [C23, ['linux/arm64', 'unknown/unknown'], []],
  [C17, ['linux/amd64#1', 'linux/amd64#2', '-'], []],
  [CRIO, ['linux/amd64#1', 'linux/amd64#2', '-'], []],
  [DOCKER, ['linux/amd64#1', 'linux/amd64#2', '-'], []],
])('fetched on %s of %j: %j', (on, names, expected) => {
  expect(fetchedEntries(names.map(entry), host(on)).map(({ name }) => name)).toEqual(expected)
})
