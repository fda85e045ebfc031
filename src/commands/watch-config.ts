import { isDeepStrictEqual } from 'node:util'
import type { Logger, Metrics } from '../base/telemetry/index.ts'
import type { Config, ConfigReading } from '../edges/config/index.ts'

/** The configuration file, and how to read the configuration anew: flags and environment as they were at the start. */
export interface ConfigSource {
  /** Its text when it was read at the start. */
  readonly text: string
  /** Its text now. Rejects where it cannot be read. */
  readonly read: () => Promise<string>
  readonly load: () => Promise<ConfigReading>
}

export interface ConfigWatch {
  /** Why the file is not what is in force; fit to print. */
  whyRefused(): string | undefined
  close(): void
}

interface Watching {
  readonly source: ConfigSource
  /** Puts it in force, and answers the keys of which the old values hold until the next start. */
  readonly apply: (config: Config) => readonly string[]
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'configReload'>
  readonly pollMs?: number
}

/** A mounted ConfigMap is some minute late anyway. */
const POLL = 2_000

/**
 * Looks at the file by its content, so that every way of replacing it is seen, the swap of the `..data` symlink of a mounted
 * ConfigMap too. What cannot be used leaves the old configuration in force.
 */
export function watchConfig({ source, apply, log, metrics, pollMs = POLL }: Watching): ConfigWatch {
  let settled = source.text
  let suspect: string | undefined
  let refused: string | undefined
  let closed = false
  let timer = setTimeout(look, 0).unref()

  function look(): void {
    void consider().finally(() => {
      if (!closed) timer = setTimeout(look, pollMs).unref()
    })
  }

  async function consider(): Promise<void> {
    const text = await source.read().catch(() => '')
    if (text === settled) {
      suspect = undefined
      return
    }
    const reading = await source.load()
    if (closed) return
    if (reading.kind === 'config') {
      settled = text
      refused = undefined
      metrics.configReload('loaded')
      log.info({ atNextStart: apply(reading.config) }, 'configuration changed')
      return
    }
    // It may be half written: only what is still wrong at the next look is wrong.
    if (text !== suspect) {
      suspect = text
      return
    }
    settled = text
    refused = reading.kind === 'misuse' ? reading.message : 'not a configuration'
    metrics.configReload('rejected')
    log.error({ problem: refused }, 'configuration not changed: the file cannot be used')
  }

  return {
    whyRefused: () => refused,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** Keys that are read at the start alone, and differ. */
export function atNextStart(old: Config, next: Config): readonly string[] {
  const fixed = ({
    nodes,
    registries,
    view,
    cluster,
    timeoutMs,
    serve,
  }: Config): Readonly<Record<string, unknown>> => ({
    'nodes.platforms': nodes.platforms,
    'nodes.hostsDir': nodes.hostsDir,
    registries,
    view,
    cluster,
    timeout: timeoutMs,
    serve,
  })
  const now = fixed(next)
  return Object.entries(fixed(old)).flatMap(([key, value]) => (isDeepStrictEqual(value, now[key]) ? [] : [key]))
}
