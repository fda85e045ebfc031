import { z } from 'zod'

// kubectl writes `null` for an empty list, and YAML has it for a key without a value.
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

function listOf<T extends z.ZodType>(schema: T) {
  return z
    .array(schema)
    .nullish()
    .transform((list) => list ?? [])
}

const KubeCluster = z.object({
  server: z.string(),
  'certificate-authority': optional(z.string()),
  'certificate-authority-data': optional(z.string()),
  'insecure-skip-tls-verify': optional(z.boolean()),
  'tls-server-name': optional(z.string()),
  'proxy-url': optional(z.string()),
})
export type KubeCluster = z.infer<typeof KubeCluster>

const KubeUser = z.object({
  token: optional(z.string()),
  tokenFile: optional(z.string()),
  username: optional(z.string()),
  password: optional(z.string()),
  'client-certificate': optional(z.string()),
  'client-certificate-data': optional(z.string()),
  'client-key': optional(z.string()),
  'client-key-data': optional(z.string()),
  as: optional(z.string()),
  'as-uid': optional(z.string()),
  'as-groups': optional(z.array(z.string())),
  exec: optional(
    z.looseObject({
      command: z.string(),
      apiVersion: optional(z.string()),
      env: listOf(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
  'auth-provider': optional(z.looseObject({ name: z.string() })),
})
export type KubeUser = z.infer<typeof KubeUser>

/** A kubeconfig file, as far as it is read (`k8s.io/client-go/tools/clientcmd/api/v1`). */
export const KubeconfigFile = z.object({
  'current-context': optional(z.string()),
  clusters: listOf(z.object({ name: z.string(), cluster: KubeCluster })),
  users: listOf(
    z.object({ name: z.string(), user: KubeUser.nullish().transform((user) => user ?? KubeUser.parse({})) }),
  ),
  contexts: listOf(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: optional(z.string()) }) }),
  ),
})
export type KubeconfigFile = z.infer<typeof KubeconfigFile>
