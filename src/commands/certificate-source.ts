import type { Logger, Metrics } from '../base/telemetry/index.ts'
import { keepCertificates, watchCertificate } from '../edges/certificates/index.ts'
import type { CertificatePair, KeepTimes, KeptObjects } from '../edges/certificates/index.ts'
import type { ClusterObjects } from '../edges/cluster/index.ts'
import type { Config } from '../edges/config/index.ts'
import { CommandError } from './io.ts'

/** Where the certificate of the webhook comes from. */
export interface CertificateSource {
  /** Undefined: none yet; `whyNotReady` says so. */
  current(): CertificatePair | undefined
  whyNotReady(): string | undefined
  close(): Promise<void>
}

export interface SourceParts {
  /** A live cluster's, if there is one. */
  readonly objects: ClusterObjects | undefined
  /** The product's own; empty where it is not known. */
  readonly namespace: string
  readonly onChange: (pair: CertificatePair) => void
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'certificateReload'>
  readonly times?: Partial<KeepTimes>
}

/** The name under which server-side apply knows what is ours. */
const FIELD_MANAGER = 'pullable-certificates'

/** Throws a CommandError where the configuration says of no certificate, before anything is read. */
export function checkFiles({ serve }: Config): void {
  if (serve.certificates.mode === 'self' || serve.tlsCertFile !== undefined) return
  throw new CommandError(
    'serve needs --tls-cert-file and --tls-private-key-file: certs/README.md shows how to make them; in a cluster, serve.certificates.mode: self does',
  )
}

/** Throws a CommandError where it is not known which cluster, or which namespace of it, keeps the certificates. */
export function checkKeeping(
  { serve }: Config,
  { objects, namespace }: Pick<SourceParts, 'objects' | 'namespace'>,
): void {
  if (serve.certificates.mode === 'files') return
  if (objects === undefined) {
    throw new CommandError(
      'serve.certificates.mode: self keeps its certificates in a cluster, and there is none: give --kubeconfig or --context, or run it in a pod with a service account, without --view',
    )
  }
  if (namespace === '') {
    throw new CommandError(
      'serve.certificates.mode: self needs the namespace of the product, and this is no pod: set POD_NAMESPACE',
    )
  }
}

/** Rejects with a CertificateError where the first pair of the files cannot be used. */
export async function openSource(config: Config, parts: SourceParts): Promise<CertificateSource> {
  const { mode, ...names } = config.serve.certificates
  const { objects, namespace, onChange, log, metrics, times } = parts
  const count = (result: 'loaded' | 'rejected'): void => metrics.certificateReload(result)
  if (mode === 'self' && objects !== undefined) {
    return keepCertificates({
      objects: keptIn(objects, namespace, names),
      names: { namespace, ...names },
      onChange,
      count,
      log,
      ...(times === undefined ? {} : { times }),
    })
  }
  const { tlsCertFile: certFile = '', tlsPrivateKeyFile: keyFile = '' } = config.serve
  const watch = await watchCertificate({ certFile, keyFile, onChange, count, log })
  return {
    current: () => watch.current(),
    whyNotReady: () => undefined,
    close() {
      watch.close()
      return Promise.resolve()
    },
  }
}

function keptIn(
  objects: ClusterObjects,
  namespace: string,
  names: { readonly secret: string; readonly webhookConfiguration: string },
): KeptObjects {
  const secret = { resource: 'secrets', namespace, name: names.secret } as const
  const configuration = { resource: 'validatingwebhookconfigurations', name: names.webhookConfiguration } as const
  return {
    readSecret: (signal) => objects.get(secret, signal),
    updateSecret: (object, signal) => objects.update(secret, object, signal),
    applySecret: (object, signal) => objects.apply(secret, object, FIELD_MANAGER, signal),
    readConfiguration: (signal) => objects.get(configuration, signal),
    applyConfiguration: (object, signal) => objects.apply(configuration, object, FIELD_MANAGER, signal),
    watchConfiguration: (changed, signal) => objects.watch(configuration, changed, signal),
  }
}
