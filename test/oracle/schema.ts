/*
 * A scenario: what a cluster and its registries are like, and one pod. The product judges it, and then the kubelet does.
 * `test/oracle/scenarios/GROUP.yaml` holds many, one a document:
 *
 *     name: two-first-wrong               # unique; a DNS label
 *     mechanism: the kubelet goes on to the second credential that matches
 *     server: { images: { team/app:v1: {} } }    # the script of test/support/scripted-registry.ts; `{}` is an image that sleeps
 *     servers: { HOST: {...}, MIRROR: {...} }    # where several are needed
 *     later: { HOST: {...} }              # replaces scripts once `present` and the pod of `ephemeral` are there
 *     files: { certs.d/$HOST/hosts.toml: 'server = "http://$HOST"' }   # this is the default; an empty text: there is none
 *     present:                            # what the node holds before
 *       - $HOST/team/app:v1               # imported there, as an image that came with the node
 *       - { image: $HOST/team/app:v0, from: team/app:v1 }  # the same, under another name than the registry has it
 *       - { image: $HOST/team/app:v1, by: pod, secrets: [regcred] }  # pulled there by another pod of the namespace, now gone
 *       - { image: $HOST/team/app:v1, by: pod, stays: true }         # by one that still runs
 *     input: |                            # objects; exactly one Pod, Deployment or Job
 *     ephemeral: { name: debug, image: $HOST/team/app:v1 }  # added to the pod once it runs, and then this is what is judged
 *     expect: { node: runs, cause: null } # what the last run saw, and what the product says
 *     exception: transient                # or `unknowable: <what, in words>`
 *
 * Everywhere `$NAME` is the name, and `$NAMESPACE` the namespace; namespaced objects are in it where they do not say another.
 * In `files`, `input`, `ephemeral`, `present`, and in routes and auth of servers, `$HOST` is host and port of the server of that
 * name, `$HOST_NAME` and `$HOST_PORT` the two parts, `$HOST_CA` the file of the authority of a server with `tls`. `$PLAIN`, `$SECRET`,
 * `$TOKEN`, `$TLS`, `$THROUGH` and `$REFUSED` are the lab's real registries, `$USER` and `$PASSWORD` what SECRET and TOKEN ask for.
 * `$DIGEST{team/app:v1}` is the digest of an image of this scenario's servers, `$SHA512{team/app:v1}` another of the same,
 * `$CHILD{team/app:v1 0}` of an entry of its index, `$CONFIG{team/app:v1}` of its config. `$BASE64{ann:secret}` is that text in
 * base64; `\n` is a newline in it. A server named HUB stands for docker.io, which scenarios share: its repositories are `$NAME/...`
 * or `library/$NAME`.
 *
 * The one real node is called `lab` (linux/amd64, containerd 2.3). Fake Nodes of the input are called `$NAME-...`, are candidates
 * for this scenario alone, and get no pod unless it names them: a taint and a cordon of the runner's see to that.
 */
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { causeNames } from '../../src/engine/verdict/index.ts'
import { Server } from '../support/scripted-schema.ts'

/**
 * What becomes of a pod. `runs`: every container does, or has ended well. `crashes`: the images are there, and a container
 * cannot be made or started, or ends. `waits`: nobody pulls anything, since it is not scheduled or the kubelet refuses it.
 */
export const nodeOutcomes = ['runs', 'pull-fails', 'crashes', 'waits'] as const
export type NodeOutcome = (typeof nodeOutcomes)[number]

const ServerName = z.string().regex(/^[A-Z]+$/)

export const Scenario = z.strictObject({
  name: z
    .string()
    .max(40)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  mechanism: z.string().min(10).max(140),
  server: Server.exactOptional(),
  servers: z.record(ServerName, Server).exactOptional(),
  later: z.record(ServerName, Server).exactOptional(),
  files: z.record(z.string().regex(/^certs\.d\/[^/]+\/hosts\.toml$/), z.string()).exactOptional(),
  present: z
    .array(
      z.union([
        z.string(),
        z.strictObject({ image: z.string(), by: z.literal('ctr').exactOptional(), from: z.string().exactOptional() }),
        z.strictObject({
          image: z.string(),
          by: z.literal('pod'),
          secrets: z.array(z.string()).exactOptional(),
          stays: z.boolean().exactOptional(),
        }),
      ]),
    )
    .exactOptional(),
  input: z.string(),
  ephemeral: z.looseObject({ name: z.string(), image: z.string() }).exactOptional(),
  expect: z.strictObject({
    node: z.enum(nodeOutcomes),
    cause: z.enum(causeNames).nullable(),
    detail: z.string().exactOptional(),
  }),
  exception: z.union([z.literal('transient'), z.string().regex(/^unknowable: .{3,}$/)]).exactOptional(),
})
export type Scenario = z.infer<typeof Scenario>

/** The scenarios of a file. Throws where one is none, and says which. */
export function readScenarios(text: string): readonly Scenario[] {
  return parseAllDocuments(text).map((document, at) => {
    const [problem] = document.errors
    if (problem !== undefined) throw new Error(`document ${String(at + 1)}: ${problem.message}`)
    const value: unknown = document.toJS()
    const read = Scenario.safeParse(value)
    if (read.success) return withName(read.data)
    const { name } = z.looseObject({ name: z.unknown() }).catch({ name: undefined }).parse(value)
    throw new Error(`document ${String(at + 1)}, ${String(name)}: ${z.prettifyError(read.error)}`)
  })
}

/** `$NAME` and `$NAMESPACE` are known before all else. */
function withName(scenario: Scenario): Scenario {
  const { name } = scenario
  const text = JSON.stringify(scenario).replaceAll(/\$NAMESPACE\b/g, namespaceOf(scenario))
  return JSON.parse(text.replaceAll(/\$NAME\b/g, name)) as Scenario
}

export function namespaceOf({ name }: Pick<Scenario, 'name'>): string {
  return `oracle-${name}`
}
