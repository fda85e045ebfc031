import { KubeConfig } from '@kubernetes/client-node'
import type { RequestOptions } from 'node:https'
import { Secret } from '../../base/secret.ts'
import type { Target } from './target.ts'

/** What a plugin gives, or nothing of it. */
export interface Pems {
  readonly authorization: Secret | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/**
 * Credentials by a kubeconfig's `exec` or `auth-provider`, as Kubernetes' own client runs them: kept until they expire, then asked
 * for again. The answer rejects where the plugin fails; what it says of it may hold secrets.
 */
export function createPlugin({ server, user }: Target): () => Promise<Pems> {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'cluster', server, skipTLSVerify: false }],
    users: [{ name: 'user', exec: execOf(user.exec), authProvider: user['auth-provider'] }],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  })
  return async () => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const headers = options.headers as Readonly<Record<string, unknown>> | undefined
    const authorization = headers?.['Authorization']
    return {
      authorization: typeof authorization === 'string' ? new Secret(authorization.trim()) : undefined,
      cert: textOf(options.cert),
      key: textOf(options.key),
    }
  }
}

/** Plugins look for their own version of the protocol, and ask nobody anything (client-go's `ExecCredential`). */
function execOf(exec: Target['user']['exec']): unknown {
  if (exec === undefined) return undefined
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  return { ...exec, env: [...exec.env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] }
}

function textOf(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return typeof value === 'string' ? value : undefined
}
