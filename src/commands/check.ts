import { homedir } from 'node:os'
import { join } from 'node:path'
import { assumedNode } from '../engine/nodes/index.ts'
import { reviewObject } from '../engine/review/index.ts'
import type { ClusterView, ReviewDeps } from '../engine/review/index.ts'
import { runCheck } from '../edges/cli/index.ts'
import type { Config } from '../edges/config/index.ts'
import { declaredView, readManifests } from '../edges/manifests/index.ts'
import type { ManifestReading } from '../edges/manifests/index.ts'
import { ownLogins } from '../edges/node-files/index.ts'
import { connectRegistries } from './registries.ts'
import type { Io } from './io.ts'
import { readView } from './view.ts'

/** `pullable check`: the verdicts of the webhook, for files. */
export async function check(config: Config, io: Io): Promise<number> {
  const warn = (message: string): void => {
    io.err.write(`pullable: ${message}\n`)
  }
  const input = await readManifests(config.check.inputs, { stdin: io.stdin })
  const view = viewOf(input, config.view === undefined ? undefined : await readView(config.view), config)
  const registries = await connectRegistries(config, { warn })
  const deps: ReviewDeps = {
    view,
    ask: registries.ask,
    policy: { ...config, ...(config.check.level === undefined ? {} : { enforceAt: config.check.level }) },
    nodeCredentials: config.nodes.credentials,
    ownLogins: ownLogins(dockerConfig(config, io), { warn, required: config.check.dockerConfig !== undefined }),
  }
  const defaultNamespace = config.check.namespace ?? 'default'
  try {
    return await runCheck(
      {
        objects: input.documents,
        problems: input.problems,
        skipped: input.skipped,
        review: ({ source, document, object }) =>
          reviewObject({ source, document, object, defaultNamespace }, deps, AbortSignal.timeout(config.timeoutMs)),
      },
      { ...config.check, out: io.out, err: io.err, format: config.check.output, env: io.env },
    )
  } finally {
    await registries.close()
  }
}

// What is applied together counts as there; a declared cluster lies beneath it, and then what both lack is absent.
function viewOf(input: ManifestReading, declared: ManifestReading | undefined, config: Config): ClusterView {
  const objects = [...(declared?.documents ?? []), ...input.documents].map(({ object }) => object)
  return declaredView(objects, {
    complete: declared !== undefined,
    defaultNamespace: config.check.namespace ?? 'default',
    assumedNodes: config.nodes.platforms.map(assumedNode),
  })
}

function dockerConfig({ check: { dockerConfig: said } }: Config, { env }: Io): string | undefined {
  if (said === 'none') return undefined
  return said ?? join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json')
}
