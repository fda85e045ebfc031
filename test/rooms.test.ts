// The rooms and who may import whom. The engine decides and touches nothing, the edges touch the world and decide
// nothing, the base is what both stand on, and main.ts with its commands/ is the only place where they meet.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** In the order of imports: a room may use those above it. */
const engine = [
  'reference',
  'workload',
  'credentials',
  'platform',
  'nodes',
  'mutators',
  'verdict',
  'policy',
  'forecast',
  'admission',
  'report',
  'review',
]
const edges = [
  'config',
  'registry',
  'node-files',
  'cluster',
  'manifests',
  'server',
  'certificates',
  'forecasts',
  'cli',
  'demo',
]

/** What the engine may use that is not ours: pure, and touching nothing. */
const ENGINE_PACKAGES = ['fastest-levenshtein', 'node:util', 'zod']

/** Globals that reach the clock, the network, the environment or chance; `new Date()` and others are below. */
const ENGINE_NEVER = new Set([
  ...['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'navigator'],
  ...['process', 'globalThis', 'global', 'console', 'require', '__dirname', '__filename'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'crypto'],
])
const ENGINE_NEVER_MEMBERS = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout', 'import.meta'])

interface Source {
  /** `src/engine/verdict/facts.ts` */
  readonly path: string
  readonly file: ts.SourceFile
}

interface Use {
  readonly specifier: string
  /** `static` is loaded with the file, `lazy` when it is asked for, `type` never. */
  readonly how: 'static' | 'lazy' | 'type'
  readonly line: number
}

describe('rooms', () => {
  const sources = readSources()

  it('reads every file of src, and every room has a place in the list', () => {
    const found = new Set(sources.map((source) => room(source.path)))
    const known = [
      'main',
      'base',
      'base/telemetry',
      ...engine.map((name) => `engine/${name}`),
      ...edges.map((name) => `edges/${name}`),
    ]
    expect([...found].filter((name) => !known.includes(name))).toEqual([])
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.flatMap((source) => uses(source)).length).toBeGreaterThan(20)
  })

  it('keeps imports one way', () => {
    expect(sources.flatMap((source) => wrongImports(source))).toEqual([])
  })

  it('loads a command, and what it needs, only when it is asked for', () => {
    const main = sources.filter((source) => source.path === 'src/main.ts').flatMap((source) => uses(source))
    const early = main.filter((use) => use.how === 'static' && !use.specifier.startsWith('node:'))
    // What every command needs, `--help` among them; the configuration loads its own heavy parts late.
    expect(early.map((use) => use.specifier)).toEqual(['./commands/io.ts', './edges/config/index.ts'])
    expect(main.some((use) => use.how === 'lazy')).toBe(true)
  })

  it('keeps the clock, the network and the environment out of the engine', () => {
    expect(sources.filter((source) => inEngine(source.path)).flatMap((source) => wrongGlobals(source))).toEqual([])
  })
})

describe('the guard itself', () => {
  const from = (path: string, text: string): readonly string[] => {
    const source = read(path, text)
    return [...wrongImports(source), ...(inEngine(path) ? wrongGlobals(source) : [])]
  }

  it.each([
    ['src/main.ts', `const { serve } = await import('./commands/serve.ts')`],
    ['src/commands/serve.ts', `import { startServer } from '../edges/server/index.ts'; import { a } from './io.ts'`],
    ['src/engine/verdict/facts.ts', `import type { Platform } from '../platform/index.ts'`],
    ['src/engine/verdict/check.ts', `import { a } from './facts.ts'; import { b } from '../../base/text.ts'`],
    ['src/engine/review/review.ts', `export { levels } from '../policy/index.ts'; import { z } from 'zod'`],
    ['src/engine/review/review.ts', `const fetch = now.fetch; log.console; const o = { process: 1 }; new Date(0)`],
    [
      'src/edges/registry/client.ts',
      `import { request } from 'undici'; import { a } from '../../engine/platform/index.ts'`,
    ],
    [
      'src/edges/server/app.ts',
      `import { a } from './routes/validate.ts'; import { b } from '../../base/telemetry/index.ts'`,
    ],
  ])('passes %s: %s', (path, text) => {
    expect(from(path, text)).toEqual([])
  })

  it.each([
    [
      'src/engine/platform/a.ts',
      `import type { Fact } from '../verdict/index.ts'`,
      'engine/platform comes before engine/verdict',
    ],
    ['src/engine/verdict/a.ts', `import { b } from '../platform/platform.ts'`, 'not the door of engine/platform'],
    ['src/engine/review/a.ts', `const b = await import('../../edges/registry/index.ts')`, 'the engine imports no edge'],
    ['src/engine/review/a.ts', `type B = import('../../edges/registry/index.ts').B`, 'the engine imports no edge'],
    ['src/engine/review/a.ts', `export * from '../../edges/registry/index.ts'`, 'the engine imports no edge'],
    [
      'src/engine/review/a.ts',
      `import { log } from '../../base/telemetry/index.ts'`,
      'the engine imports no telemetry',
    ],
    ['src/engine/review/a.ts', `import { readFile } from 'node:fs'`, 'the engine touches nothing'],
    ['src/engine/review/a.ts', `import 'undici'`, 'the engine touches nothing'],
    ['src/engine/review/a.ts', `import fs = require('node:fs')`, 'the engine touches nothing'],
    ['src/engine/review/a.ts', `const b = require('node:fs')`, 'the engine touches nothing'],
    ['src/edges/server/a.ts', `import { b } from '../registry/index.ts'`, 'edges never import each other'],
    ['src/edges/server/a.ts', `import { b } from '../../main.ts'`, 'nothing imports main'],
    ['src/edges/server/a.ts', `import { b } from '../../commands/io.ts'`, 'nothing imports main'],
    ['src/commands/serve.ts', `import { b } from '../edges/server/app.ts'`, 'not the door of edges/server'],
    ['src/edges/server/a.ts', `import { b } from '../../engine/review/review.ts'`, 'not the door of engine/review'],
    ['src/edges/server/a.ts', `await import(name)`, 'an import whose name is not written out'],
    ['src/edges/server/a.ts', `import { b } from '../../../test/support/tools.ts'`, 'outside of src'],
    ['src/base/a.ts', `import { b } from '../engine/policy/index.ts'`, 'the base imports nothing of ours'],
    ['src/base/a.ts', `import { b } from './telemetry/index.ts'`, 'the base imports nothing of ours'],
    ['src/edges/unlisted/a.ts', `import { b } from '../../base/text.ts'`, 'edges/unlisted is not in the list'],
    ['src/engine/review/a.ts', `await fetch('http://a')`, 'fetch'],
    ['src/engine/review/a.ts', `const b = process.env.B`, 'process'],
    ['src/engine/review/a.ts', `const b = { console }`, 'console'],
    ['src/engine/review/a.ts', `const b = Date.now()`, 'Date.now'],
    ['src/engine/review/a.ts', `const b = Math['random']()`, 'Math.random'],
    ['src/engine/review/a.ts', `const b = new Date()`, 'new Date()'],
    ['src/engine/review/a.ts', `const b = Date()`, 'new Date()'],
    ['src/engine/review/a.ts', `const b = AbortSignal.timeout(1)`, 'AbortSignal.timeout'],
    ['src/engine/review/a.ts', `const b = import.meta.url`, 'import.meta'],
  ])('refuses %s: %s', (path, text, why) => {
    expect(from(path, text)).toEqual([expect.stringContaining(why)])
  })
})

function readSources(): readonly Source[] {
  const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
    .map((name) => join(ROOT, 'src', name))
    .map((file) => read(relative(ROOT, file).replaceAll('\\', '/'), readFileSync(file, 'utf8')))
}

/** `engine/verdict` of `src/engine/verdict/facts.ts`; `main`, `base` and `base/telemetry` for the rest. */
function room(path: string): string {
  const [, floor = '', ...rest] = path.split('/')
  // The wiring of each command, which main.ts loads when it is asked for: together they are where the floors meet.
  if (floor === 'commands' && rest.length === 1) return 'main'
  if (rest.length === 0) return posix.basename(floor, '.ts')
  return floor === 'base' && rest.length === 1 ? 'base' : `${floor}/${rest[0] ?? ''}`
}

function inEngine(path: string): boolean {
  return path.startsWith('src/engine/')
}

function wrongImports(source: Source): readonly string[] {
  return uses(source).flatMap((use) => {
    const why = wrong(source.path, use.specifier)
    return why === undefined ? [] : [`${source.path}:${use.line} ${use.specifier}: ${why}`]
  })
}

function wrong(path: string, specifier: string): string | undefined {
  const here = room(path)
  if (specifier === '') return 'an import whose name is not written out'
  if (!specifier.startsWith('.')) {
    return inEngine(path) && !ENGINE_PACKAGES.includes(specifier) ? 'the engine touches nothing' : undefined
  }
  const target = posix.join(dirname(path), specifier)
  if (!target.startsWith('src/')) return 'outside of src'
  const there = room(target)
  for (const name of [here, there]) if (!isListed(name)) return `${name} is not in the list`
  if (here === there) return undefined
  return wrongRooms(here, there) ?? (isDoor(target, there) ? undefined : `not the door of ${there}`)
}

function wrongRooms(here: string, there: string): string | undefined {
  if (here === 'main') return undefined
  if (there === 'main') return 'nothing imports main'
  if (here === 'base') return 'the base imports nothing of ours'
  if (here === 'base/telemetry') return there === 'base' ? undefined : 'the base imports nothing of ours'
  if (there === 'base') return undefined
  const [floor, name = ''] = here.split('/')
  const [otherFloor, otherName = ''] = there.split('/')
  if (floor === 'edges') return otherFloor === 'edges' ? 'edges never import each other' : undefined
  if (otherFloor === 'edges') return 'the engine imports no edge'
  if (otherFloor === 'base') return 'the engine imports no telemetry'
  return engine.indexOf(otherName) < engine.indexOf(name) ? undefined : `${here} comes before ${there}`
}

function isListed(name: string): boolean {
  if (name === 'main' || name === 'base' || name === 'base/telemetry') return true
  const [floor, rest = ''] = name.split('/')
  return (floor === 'engine' && engine.includes(rest)) || (floor === 'edges' && edges.includes(rest))
}

function isDoor(target: string, there: string): boolean {
  return there === 'base' || target === `src/${there}/index.ts`
}

/** Every module that the file names, dynamically and in types too. A name that is computed is the empty string. */
function uses(source: Source): readonly Use[] {
  const { file } = source
  const found: Use[] = []
  const add = (node: ts.Node, how: Use['how'], name: ts.Node | undefined): void => {
    const specifier = name !== undefined && ts.isStringLiteralLike(name) ? name.text : ''
    found.push({ specifier, how, line: lineOf(file, node) })
  }
  visit(file, (node) => {
    if (ts.isImportDeclaration(node))
      add(
        node,
        node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type' : 'static',
        node.moduleSpecifier,
      )
    else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) add(node, node.isTypeOnly ? 'type' : 'static', node.moduleSpecifier)
    } else if (ts.isExternalModuleReference(node)) add(node, 'static', node.expression)
    else if (ts.isImportTypeNode(node))
      add(node, 'type', ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined)
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node, 'lazy', node.arguments[0])
  })
  return found
}

function isImportCall(node: ts.CallExpression): boolean {
  const { expression } = node
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  )
}

function wrongGlobals(source: Source): readonly string[] {
  const { file } = source
  const own = declaredNames(file)
  const found: string[] = []
  const add = (node: ts.Node, name: string): number => found.push(`${source.path}:${lineOf(file, node)} ${name}`)
  visit(file, (node) => {
    const member = memberName(node)
    if (member !== undefined && ENGINE_NEVER_MEMBERS.has(member)) add(node, member)
    else if (ts.isNewExpression(node) && isDate(node.expression) && !node.arguments?.length) add(node, 'new Date()')
    else if (ts.isCallExpression(node) && isDate(node.expression)) add(node, 'new Date()')
    else if (ts.isIdentifier(node) && ENGINE_NEVER.has(node.text) && !own.has(node.text) && isValue(node)) {
      // `require(...)` is told as an import.
      if (node.text !== 'require') add(node, node.text)
    }
  })
  return found
}

/** `Date.now` of `Date.now` and `Date['now']`. */
function memberName(node: ts.Node): string | undefined {
  if (ts.isMetaProperty(node)) return 'import.meta'
  if (ts.isPropertyAccessExpression(node)) return `${node.expression.getText()}.${node.name.text}`
  if (!ts.isElementAccessExpression(node) || !ts.isStringLiteralLike(node.argumentExpression)) return undefined
  return `${node.expression.getText()}.${node.argumentExpression.text}`
}

function isDate(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Date'
}

/** Not the name of a member, of a key or in a type. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node
  return !ts.isTypeElement(parent) && !ts.isClassElement(parent) && !ts.isTypeNode(parent)
}

/** What the file itself binds: a parameter named `fetch` is not the global. */
function declaredNames(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  visit(file, (node) => {
    const binds = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)
    if (
      (binds || ts.isImportSpecifier(node) || ts.isFunctionDeclaration(node)) &&
      node.name &&
      ts.isIdentifier(node.name)
    ) {
      names.add(node.name.text)
    }
  })
  return names
}

function read(path: string, text: string): Source {
  return { path, file: ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true) }
}

function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node)
  ts.forEachChild(node, (child) => visit(child, each))
}

function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart()).line + 1
}
