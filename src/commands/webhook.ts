import { createLogger, createMetrics } from '../base/telemetry/index.ts'
import type { Logger, Metrics } from '../base/telemetry/index.ts'
import { reviewAdmission } from '../engine/review/index.ts'
import type { AdmissionDeps } from '../engine/review/index.ts'
import { CertificateError } from '../edges/certificates/index.ts'
import type { KeepTimes } from '../edges/certificates/index.ts'
import type { Config } from '../edges/config/index.ts'
import { ServerError, startServer } from '../edges/server/index.ts'
import type { Review, RunningServer } from '../edges/server/index.ts'
import { readText } from './read-text.ts'
import { checkFiles, checkKeeping, openSource } from './certificate-source.ts'
import type { CertificateSource } from './certificate-source.ts'
import { startForecasts } from './forecasts.ts'
import type { Forecasts, ForecastTimes } from './forecasts.ts'
import { proxiesOf } from './proxies.ts'
import { connectRegistries } from './registries.ts'
import { CommandError } from './io.ts'
import type { Io } from './io.ts'
import { rewritingOf, wantsMutators } from './rewriting.ts'
import { tellReviews } from './tell-reviews.ts'
import { viewToServe } from './view-to-serve.ts'
import { atNextStart, watchConfig } from './watch-config.ts'
import type { ConfigSource, ConfigWatch } from './watch-config.ts'

type Judging = Pick<AdmissionDeps, 'policy' | 'nodeCredentials' | 'rewriting' | 'controllers' | 'customKinds'>

export interface Webhook {
  readonly port: number
  readonly metricsPort: number
  /** Not ready from now on; for `delayMs` more it answers whoever comes, then what is in flight, and ends. */
  close(how?: { readonly delayMs?: number }): Promise<void>
}

export interface WebhookOptions {
  readonly version: string
  readonly logLevel: 'info' | 'silent'
  readonly env: Io['env']
  /** The address to listen on; else all. */
  readonly host?: string
  /** Where the service account of a pod is mounted, if elsewhere than Kubernetes mounts it. */
  readonly serviceAccountDirectory?: string
  /** Where the configuration may change while it serves; absent: it does not. */
  readonly configSource?: ConfigSource | undefined
  /** For tests, which cannot wait for days. */
  readonly certificateTimes?: Partial<KeepTimes>
  readonly forecastTimes?: ForecastTimes
}

/** Milliseconds that a review may take beyond its own time, once the doors are closed. */
const GRACE = 1_000

/** The webhook, up and serving. Throws a CommandError where the configuration does not let it. */
export async function startWebhook(config: Config, options: WebhookOptions): Promise<Webhook> {
  const { version, logLevel, host } = options
  checkFiles(config)
  const proxyFor = proxiesOf(options.env)
  const { clientCAFile, port, metricsPort } = config.serve
  const log = createLogger({ level: logLevel })
  const metrics = createMetrics({ version })
  const clientCa = clientCAFile === undefined ? undefined : await readText('--client-ca-file', clientCAFile)
  const cluster = await viewToServe(config, { ...options, log, metrics })
  let registries: Awaited<ReturnType<typeof connectRegistries>> | undefined
  let server: RunningServer | undefined
  let source: CertificateSource | undefined
  let watch: ConfigWatch | undefined
  let forecasts: Forecasts | undefined
  async function close(how: { readonly delayMs?: number } = {}): Promise<void> {
    watch?.close()
    await server?.close({ ...how, graceMs: config.timeoutMs + GRACE })
    await source?.close()
    await forecasts?.close()
    await registries?.close()
    await cluster.close()
  }
  try {
    const namespace = cluster.ownNamespace === '' ? (options.env['POD_NAMESPACE'] ?? '') : cluster.ownNamespace
    const kept = { objects: cluster.objects, namespace }
    checkKeeping(config, kept)
    registries = await connectRegistries(config, {
      warn: (problem) => log.warn({ problem }, 'hosts file cannot be used'),
      observe: ({ method, status, ms }) => metrics.registryRequest({ method, status, seconds: ms / 1000 }),
      proxyFor,
      ...(cluster.live ? { loopback: 'by-hosts-file' } : {}),
    })
    const judgingBy = (given: Config): Judging => ({
      policy: given,
      nodeCredentials: given.nodes.credentials,
      rewriting: rewritingOf(given, cluster.mutators),
      controllers: given.controllers,
      customKinds: given.workloads,
    })
    let deps: AdmissionDeps = {
      ...judgingBy(config),
      view: cluster.view,
      ask: registries.ask,
      running: cluster.running,
      ownNamespace: cluster.ownNamespace,
      pods: cluster.pods,
      discreet: cluster.live && clientCa === undefined,
      after: (ms) => AbortSignal.timeout(ms),
    }
    /** What is judged by changes at once; what is connected stays. */
    const apply = (next: Config): readonly string[] => {
      // Nobody watched what rewrites pods.
      const late = wantsMutators(next) && !wantsMutators(config) && cluster.live
      deps = { ...deps, ...judgingBy(late ? { ...next, templates: config.templates } : next) }
      return [...atNextStart(config, next), ...(late ? ['templates'] : [])]
    }
    forecasts = startForecasts(config, {
      ...kept,
      ends: cluster.ends,
      log,
      metrics,
      ...(options.forecastTimes === undefined ? {} : { times: options.forecastTimes }),
    })
    const opened = await openSource(config, {
      ...kept,
      onChange: (pair) => server?.setCertificate(pair),
      log,
      metrics,
      ...(options.certificateTimes === undefined ? {} : { times: options.certificateTimes }),
    })
    source = opened
    server = await startServer({
      port,
      metricsPort,
      ...(host === undefined ? {} : { host }),
      certificate: opened.current(),
      ...(clientCa === undefined ? {} : { clientCa }),
      timeoutMs: config.timeoutMs,
      review: reviewWith(() => deps, forecasts, log, metrics),
      remark: () => watch?.whyRefused(),
      whyNotReady: () => opened.whyNotReady() ?? cluster.whyNotReady(),
      metrics,
      log,
    })
    // What was replaced while it started.
    const current = opened.current()
    if (current !== undefined) server.setCertificate(current)
    if (options.configSource !== undefined) watch = watchConfig({ source: options.configSource, apply, log, metrics })
    return { port: server.port, metricsPort: server.metricsPort, close }
  } catch (error) {
    await close()
    throw asCommandError(error)
  }
}

function reviewWith(
  depsNow: () => AdmissionDeps,
  forecasts: Forecasts | undefined,
  log: Logger,
  metrics: Metrics,
): Review {
  const tell = tellReviews(log, metrics)
  return async (body, { deadline }) => {
    const started = performance.now()
    const answer = await reviewAdmission(body, depsNow(), deadline)
    if (answer.kind !== 'answered') return answer
    tell(answer, (performance.now() - started) / 1000)
    forecasts?.reviewed(answer)
    return answer
  }
}

const FLAGS: Readonly<Record<string, string>> = {
  certFile: '--tls-cert-file',
  keyFile: '--tls-private-key-file',
  port: '--port',
  metricsPort: '--metrics-port',
  clientCa: '--client-ca-file',
}

function asCommandError(error: unknown): unknown {
  if (!(error instanceof CertificateError || error instanceof ServerError)) return error
  return new CommandError(`${FLAGS[error.field] ?? error.field}: ${error.message}`, { cause: error })
}
