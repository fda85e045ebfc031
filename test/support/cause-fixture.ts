/*
 * A fixture of one cause, `test/fixtures/causes/<cause>/{fail,pass}/NAME.yaml`. Its first line is a comment that names
 * the registry's behaviour.
 *
 *     server: { images: {...}, auth: {...}, routes: [...] }   # the script of scripted-registry.ts, and the keys of Server here
 *     servers: { HOST: {...}, MIRROR: {...} }                 # where several are needed
 *     args: [--platform, linux/amd64]
 *     config: { nodes: { credentials: [$HOST] } }             # given by --config
 *     files: { certs.d/$HOST/hosts.toml: "..." }              # written to $DIR
 *     input: |                                                # YAML as a user has it, on standard input
 *     expect: { exit: 1, images: [{ outcome: ..., findings: [...], notes: [codes] }] }
 *
 * In args, config, files, their names and the input, `$HOST` is host and port of the server (`$PORT` its port), `$MIRROR`
 * of the server with that name, `$CA` the file of the authority that signed their certificates, and `$DIR` the folder of the files. Output is compared with hosts put back
 * as `$HOST`.
 */
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { causeNames } from '../../src/engine/verdict/index.ts'
import { serverPair } from './certificates.ts'
import { startMute } from './mute-server.ts'
import { startScriptedRegistry } from './scripted-registry.ts'
import { Server } from './scripted-schema.ts'

const strings = z.record(z.string(), z.string())

const Finding = z.strictObject({
  cause: z.enum(causeNames),
  detail: z.string().exactOptional(),
  outcome: z.enum(['failing', 'undetermined']).nullable(),
  decision: z.enum(['allow', 'warn', 'deny']),
  message: z.string(),
  fix: z.string(),
})

export const CauseFixture = z.strictObject({
  server: Server.exactOptional(),
  servers: z.record(z.string().regex(/^[A-Z]+$/), Server).exactOptional(),
  args: z.array(z.string()).exactOptional(),
  config: z.record(z.string(), z.unknown()).exactOptional(),
  files: strings.exactOptional(),
  input: z.string(),
  expect: z.strictObject({
    exit: z.int(),
    images: z.array(
      z.strictObject({
        outcome: z.enum(['pullable', 'failing', 'undetermined']),
        findings: z.array(Finding),
        /** Their codes. */
        notes: z.array(z.string()),
      }),
    ),
  }),
})
export type CauseFixture = z.infer<typeof CauseFixture>

/** What the first line says, and the rest. Throws where it is not such a file. */
export function readCauseFixture(text: string): { readonly title: string; readonly fixture: CauseFixture } {
  const title = /^# (.+)\n/.exec(text)?.[1]
  if (title === undefined) throw new Error('the first line is no comment that says what the registry does')
  return { title, fixture: CauseFixture.parse(parse(text)) }
}

export interface Prepared {
  /** What follows `pullable check`. */
  readonly args: readonly string[]
  readonly input: string
  /** Puts `$HOST` back where a host is. */
  readonly unplaced: (text: string) => string
  readonly close: () => Promise<void>
}

/** Starts the servers of a fixture, and writes its files to a folder. */
export async function prepare(fixture: CauseFixture, folder: string): Promise<Prepared> {
  const servers = { ...(fixture.server === undefined ? {} : { HOST: fixture.server }), ...fixture.servers }
  const started: [string, Started][] = []
  for (const [name, server] of Object.entries(servers)) started.push([name, await start(server, folder)])
  const places: [string, string][] = [
    ...started.map(([name, { host }]): [string, string] => [`$${name}`, host]),
    // After the hosts: where it is the port of another name for this machine.
    ...started.slice(0, 1).map(([, { host }]): [string, string] => ['$PORT', host.split(':')[1] ?? '']),
    ['$CA', join(folder, 'ca.crt')],
    ['$DIR', folder],
  ]
  const placed = (text: string): string => places.reduce((sofar, [name, at]) => sofar.replaceAll(name, at), text)
  const unplaced = (text: string): string => places.reduce((sofar, [name, at]) => sofar.replaceAll(at, name), text)
  for (const [name, content] of Object.entries(fixture.files ?? {})) {
    const path = join(folder, placed(name))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, placed(content))
  }
  const config = fixture.config === undefined ? [] : [`--config=${join(folder, 'pullable.yaml')}`]
  if (fixture.config !== undefined) await writeFile(join(folder, 'pullable.yaml'), placed(stringify(fixture.config)))
  return {
    args: [...config, ...(fixture.args ?? []).map(placed)],
    input: placed(fixture.input),
    unplaced,
    close: async () => {
      await Promise.all(started.map(([, server]) => server.close()))
    },
  }
}

interface Started {
  readonly host: string
  close(): Promise<void>
}

async function start({ tls, instead, ...script }: Server, folder: string): Promise<Started> {
  if (instead !== undefined) return startMute(instead)
  if (tls === undefined) return startScriptedRegistry(script)
  const pair = await serverPair(tls === 'another-name' ? ['another.test'] : undefined, tls === 'expired' ? -2 : 2)
  await appendFile(join(folder, 'ca.crt'), pair.ca)
  return startScriptedRegistry(script, pair)
}
