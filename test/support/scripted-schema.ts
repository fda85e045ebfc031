// The script of a scripted registry, as YAML has it: fixtures of causes, and scenarios of the oracle.
import { z } from 'zod'
import type { Answer, Script } from './scripted-registry.ts'

const strings = z.record(z.string(), z.string())

const Answers: z.ZodType<Answer> = z.strictObject({
  status: z.int().exactOptional(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).exactOptional(),
  body: z.unknown().exactOptional(),
  hang: z.boolean().exactOptional(),
  reset: z.boolean().exactOptional(),
  delayMs: z.int().exactOptional(),
  dripMs: z.int().exactOptional(),
  flood: z.int().exactOptional(),
  gzip: z.boolean().exactOptional(),
  own: z.boolean().exactOptional(),
})

const Image: z.ZodType<NonNullable<Script['images']>[string]> = z.lazy(() =>
  z.strictObject({
    platform: z.string().exactOptional(),
    index: z.array(z.union([z.string(), Entry])).exactOptional(),
    document: z.strictObject({ type: z.string(), body: z.unknown() }).exactOptional(),
    docker: z.boolean().exactOptional(),
    config: z.unknown().exactOptional(),
    configType: z.string().exactOptional(),
    layerTypes: z.array(z.string()).exactOptional(),
    artifactType: z.string().exactOptional(),
    rewrite: z.strictObject({ manifest: strings.exactOptional(), config: strings.exactOptional() }).exactOptional(),
    configSize: z.int().exactOptional(),
    noConfig: z.boolean().exactOptional(),
    noLayer: z.boolean().exactOptional(),
    padding: z.int().max(8_000_000).exactOptional(),
  }),
)

const Entry = z.strictObject({
  platform: z.union([z.string(), z.record(z.string(), z.unknown())]).exactOptional(),
  image: Image.exactOptional(),
  missing: z.boolean().exactOptional(),
  size: z.int().exactOptional(),
})

const Auth: z.ZodType<NonNullable<Script['auth']>> = z.strictObject({
  kind: z.enum(['basic', 'bearer']),
  users: strings,
  public: z.array(z.string()).exactOptional(),
  grants: z.record(z.string(), z.array(z.string())).exactOptional(),
  realm: z.string().exactOptional(),
  scope: z.string().exactOptional(),
  challenge: z.union([z.string(), z.array(z.string())]).exactOptional(),
  post: z.int().exactOptional(),
  member: z.enum(['token', 'access_token']).exactOptional(),
  expiresIn: z.int().exactOptional(),
})

/** A script as YAML has it, and what the server is besides. */
export const Server = z.strictObject({
  images: z.record(z.string(), Image).exactOptional(),
  auth: Auth.exactOptional(),
  routes: z
    .array(
      z.strictObject({
        path: z.string(),
        method: z.string().exactOptional(),
        authorized: z.boolean().exactOptional(),
        times: z.int().exactOptional(),
        answer: Answers,
      }),
    )
    .exactOptional(),
  headers: strings.exactOptional(),
  omit: z.array(z.enum(['digest', 'length'])).exactOptional(),
  /** HTTPS with a certificate of a private authority: a good one, an expired one, one for another name. */
  tls: z.union([z.literal(true), z.literal('expired'), z.literal('another-name')]).exactOptional(),
  /** No registry: nobody listens, or somebody who never says anything. */
  instead: z.enum(['closed', 'silent']).exactOptional(),
})
export type Server = z.infer<typeof Server>
