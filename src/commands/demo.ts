import { relative } from 'node:path'
import { makeCertificates } from '../edges/certificates/index.ts'
import { wantsColour } from '../edges/cli/index.ts'
import { FolderError, runDemo } from '../edges/demo/index.ts'
import type { Contents, Serve } from '../edges/demo/index.ts'
import type { Config } from '../edges/config/index.ts'
import { CommandError } from './io.ts'
import type { Io } from './io.ts'
import { startWebhook } from './webhook.ts'

/** `pullable demo`. `contents` replaces what the embedded registry holds, for a test that makes it answer otherwise. */
export async function demo(config: Config, io: Io, contents?: Contents): Promise<number> {
  const serve: Serve = async ({ certFile, keyFile, view, hostsDir, port }) => {
    const nodes = { ...config.nodes, hostsDir }
    const tls = { ...config.serve, port, metricsPort: 0, tlsCertFile: certFile, tlsPrivateKeyFile: keyFile }
    const webhook = await startWebhook(
      { ...config, nodes, view, serve: tls },
      { version: io.version, logLevel: 'silent', env: io.env, host: '127.0.0.1' },
    )
    return { url: `https://127.0.0.1:${webhook.port}`, close: () => webhook.close() }
  }
  return runDemo({
    once: config.demo.once,
    port: config.demo.port ?? 0,
    pullable: calledAs(),
    color: wantsColour(io.out, 'auto', io.env),
    print: (line) => io.out.write(`${line}\n`),
    serve,
    makeCertificates,
    ...(contents === undefined ? {} : { contents }),
    signal: io.untilStopped(),
  }).catch((error: unknown) => {
    throw error instanceof FolderError ? new CommandError(error.message, { cause: error }) : error
  })
}

// Our own Node, by a path: the one that a shell would find may be too old.
function calledAs(): string {
  return [process.execPath, process.argv[1] ?? ''].map((path) => relative('', path)).join(' ')
}
