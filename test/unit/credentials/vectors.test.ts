import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { buildKeyring, decodeDockerConfigJson, lookup } from '../../../src/engine/credentials/index.ts'

interface ConfigRow {
  readonly dockerconfigjson: string
  readonly error?: string
  readonly auths: Readonly<Record<string, { readonly username: string; readonly password: string }>>
}

interface KeyringRow {
  readonly keys: readonly string[]
  readonly repo: string
  readonly credentialKeysTriedInOrder: readonly string[]
}

function vectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'))
}

const configRows = vectors('dockerconfigjson') as readonly ConfigRow[]
const keyringRows = vectors('keyring') as readonly KeyringRow[]

describe('dockerconfigjson.json', () => {
  test.each(configRows.map((row) => [row.dockerconfigjson, row] as const))('%s', (_, row) => {
    const reading = decodeDockerConfigJson(row.dockerconfigjson)
    const entries = reading.kind === 'entries' ? reading.entries : []
    expect({
      dockerconfigjson: row.dockerconfigjson,
      ...(reading.kind === 'malformed' ? { error: reading.error } : {}),
      auths: Object.fromEntries(
        entries.map(({ key, username, password }) => [key, { username, password: password.reveal() }]),
      ),
    }).toEqual(row)
  })
})

describe('keyring.json', () => {
  test.each(keyringRows.map((row) => [row.keys.join(' + '), row.repo, row] as const))('%s for %s', (_, __, row) => {
    const entries = row.keys.map((key) => ({ key, username: 'u', password: new Secret('p') }))
    const keyring = buildKeyring([{ name: 'regcred', entries }])
    const tried = lookup(keyring, row.repo).map(({ key }) => key)
    expect({ keys: row.keys, repo: row.repo, credentialKeysTriedInOrder: tried }).toEqual(row)
  })
})

test('there are some', () => {
  expect([configRows.length > 15, keyringRows.length > 30]).toEqual([true, true])
})
