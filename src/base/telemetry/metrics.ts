import { Counter, Gauge, Histogram, Registry } from 'prom-client'

import { codes, hosts, listed } from './label.ts'

/** Everything that is counted. Labels are bounded: no namespace, no image, and few hosts, since those are the pod author's to choose. */
export interface Metrics {
  /** A review that was answered; `seconds` from its first byte to the answer. */
  admission(event: {
    readonly operation: string
    readonly kind: string
    readonly decision: string
    readonly seconds: number
  }): void
  /** A finding, and what was decided on it: `allow`, `warn` or `deny`. */
  finding(cause: string, decision: string): void
  /** A body that is no AdmissionReview. */
  unreadable(): void
  /** A review that was not judged: `error` (ours), `deadline`, or `overload` (sent away to come again). */
  unanswered(reason: 'error' | 'deadline' | 'overload'): void
  /** One request to a registry; `status` 0 where no answer came. */
  registryRequest(event: { readonly method: string; readonly status: number; readonly seconds: number }): void
  /** One request to the API server; `status` 0 where no answer came. */
  clusterRequest(event: { readonly resource: string; readonly verb: string; readonly status: number }): void
  /** What is kept of the cluster: seconds since each resource was known to be current, read at every scrape; undefined: never yet. */
  clusterView(ages: () => Readonly<Record<string, number | undefined>>): void
  /** A use of an exemption, by what grants it: a cause (by a label), `namespace`, `user`, `image`, `registry-skip`. */
  exemption(kind: string): void
  /** A review under a label of a namespace, `enforce`, `warn` or `audit`, that says no level; and a label being set that misleads: `floor`, `exempt`, `unknown`. */
  invalidLabel(mode: string): void
  /** An image of an admitted pod that was said not to start, and what became of it: `right`, `wrong`, `unproved` or `unknown`. */
  forecast(event: {
    readonly outcome: string
    readonly result: string
    readonly cause: string
    readonly host: string
  }): void
  /** How many pods are followed to see it, read at every scrape. */
  forecastsFollowed(count: () => number): void
  inFlight(change: 1 | -1): void
  certificateExpiry(notAfter: Date): void
  certificateReload(result: 'loaded' | 'rejected'): void
  /** A change of the configuration file; while the last was `rejected`, the file is not what is in force. */
  configReload(result: 'loaded' | 'rejected'): void
  readonly contentType: string
  /** The text of all of it, as Prometheus reads it. */
  render(): Promise<string>
}

/** In seconds: from an answer out of the cache to the longest timeout that a webhook may have. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const KINDS = [
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'PodTemplate',
  'Namespace',
]

/** `mutators` stands for the three mutating ones together. */
const RESOURCES = [
  'nodes',
  'namespaces',
  'secrets',
  'serviceaccounts',
  'pods',
  'events',
  'configmaps',
  'validatingwebhookconfigurations',
  'mutators',
  'mutatingwebhookconfigurations',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]

/** A mode whose label says no level; or, of a namespace whose labels change: below the floor, a cause that there is not, no label of ours. */
const LABELS = ['enforce', 'warn', 'audit', 'floor', 'exempt', 'unknown']

/** More than there are causes with all their details. */
const MAX_CODES = 100

/** More than are told apart before; see `host` of forecasts. */
const MAX_HOSTS = 100

export function createMetrics({ version }: { readonly version: string }): Metrics {
  const registry = new Registry()
  const at = { registers: [registry] }
  const operation = listed(['CREATE', 'UPDATE', 'DELETE', 'CONNECT'])
  const kind = listed(KINDS)
  const decision = listed(['allow', 'warn', 'deny'])
  const method = listed(['GET', 'HEAD', 'POST'])
  const resource = listed(RESOURCES)
  const verb = listed(['get', 'list', 'watch', 'update', 'patch'])
  const cause = codes(MAX_CODES)
  const exemption = codes(MAX_CODES)
  const labelled = listed(LABELS)
  const outcome = listed(['failing', 'undetermined'])
  const result = listed(['right', 'wrong', 'unproved', 'unknown'])
  const forecastCause = codes(MAX_CODES)
  const forecastHost = hosts(MAX_HOSTS)

  const admissions = new Counter({
    ...at,
    name: 'pullable_admission_requests_total',
    help: 'Reviews answered.',
    labelNames: ['operation', 'kind', 'decision'] as const,
  })
  const admissionSeconds = new Histogram({
    ...at,
    name: 'pullable_admission_duration_seconds',
    help: 'Time to answer a review.',
    buckets: DURATIONS,
  })
  const findings = new Counter({
    ...at,
    name: 'pullable_findings_total',
    help: 'Findings by cause, and what was decided on them.',
    labelNames: ['cause', 'decision'] as const,
  })
  const unreadable = new Counter({
    ...at,
    name: 'pullable_unreadable_requests_total',
    help: 'Request bodies that are no AdmissionReview.',
  })
  const unanswered = new Counter({
    ...at,
    name: 'pullable_unanswered_reviews_total',
    help: 'Reviews that were admitted or sent away without a verdict.',
    labelNames: ['reason'] as const,
  })
  const registryRequests = new Counter({
    ...at,
    name: 'pullable_registry_requests_total',
    help: 'Requests to registries; status "none" where no answer came.',
    labelNames: ['method', 'status'] as const,
  })
  const registrySeconds = new Histogram({
    ...at,
    name: 'pullable_registry_request_duration_seconds',
    help: 'Time to an answer of a registry.',
    buckets: DURATIONS,
  })
  const clusterRequests = new Counter({
    ...at,
    name: 'pullable_cluster_requests_total',
    help: 'Requests to the API server; status "none" where no answer came.',
    labelNames: ['resource', 'verb', 'status'] as const,
  })
  const exemptions = new Counter({
    ...at,
    name: 'pullable_exemptions_total',
    help: 'Uses of an exemption.',
    labelNames: ['kind'] as const,
  })
  const invalidLabels = new Counter({
    ...at,
    name: 'pullable_invalid_labels_total',
    help: 'Reviews in a namespace whose label says no level, so that the default holds; and labels that mislead, when they are set.',
    labelNames: ['label'] as const,
  })
  const forecasts = new Counter({
    ...at,
    name: 'pullable_forecasts_total',
    help: 'Images of admitted pods that were said not to start, by what became of them.',
    labelNames: ['outcome', 'result', 'cause', 'host'] as const,
  })
  const inFlight = new Gauge({ ...at, name: 'pullable_reviews_in_flight', help: 'Reviews being worked on.' })
  const expiry = new Gauge({
    ...at,
    name: 'pullable_certificate_expiry_timestamp_seconds',
    help: 'When the serving certificate expires, in seconds since 1970; 0 before there is one.',
  })
  const reloads = new Counter({
    ...at,
    name: 'pullable_certificate_reloads_total',
    help: 'Changes of the certificate, in its files or its Secret, by what became of them.',
    labelNames: ['result'] as const,
  })
  const configReloads = new Counter({
    ...at,
    name: 'pullable_config_reloads_total',
    help: 'Changes of the configuration file, by what became of them.',
    labelNames: ['result'] as const,
  })
  const configRejected = new Gauge({
    ...at,
    name: 'pullable_config_rejected',
    help: '1 while the configuration file cannot be used, and the one before holds.',
  })
  new Gauge({ ...at, name: 'pullable_build_info', help: 'Always 1.', labelNames: ['version'] }).set({ version }, 1)
  // A series that is there from the start lets an alert see its first increase.
  for (const reason of ['error', 'deadline', 'overload']) unanswered.inc({ reason }, 0)
  for (const label of LABELS) invalidLabels.inc({ label }, 0)
  for (const reload of ['loaded', 'rejected']) {
    reloads.inc({ result: reload }, 0)
    configReloads.inc({ result: reload }, 0)
  }

  return {
    admission(event) {
      const labels = {
        operation: operation(event.operation),
        kind: kind(event.kind),
        decision: decision(event.decision),
      }
      admissions.inc(labels)
      admissionSeconds.observe(event.seconds)
    },
    finding: (name, decided) => findings.inc({ cause: cause(name), decision: decision(decided) }),
    unreadable: () => unreadable.inc(),
    unanswered: (reason) => unanswered.inc({ reason }),
    registryRequest(event) {
      registryRequests.inc({ method: method(event.method), status: statusClass(event.status) })
      registrySeconds.observe(event.seconds)
    },
    clusterRequest: (event) =>
      clusterRequests.inc({
        resource: resource(event.resource),
        verb: verb(event.verb),
        status: statusClass(event.status),
      }),
    clusterView(ages) {
      new Gauge({
        ...at,
        name: 'pullable_cluster_view_age_seconds',
        help: 'Seconds since what is kept of the cluster was known to be current; +Inf before it was ever read.',
        labelNames: ['resource'] as const,
        collect() {
          for (const [name, age] of Object.entries(ages())) this.set({ resource: resource(name) }, age ?? Infinity)
        },
      })
    },
    exemption: (name) => exemptions.inc({ kind: exemption(name) }),
    invalidLabel: (mode) => invalidLabels.inc({ label: labelled(mode) }),
    forecast: (event) =>
      forecasts.inc({
        outcome: outcome(event.outcome),
        result: result(event.result),
        cause: forecastCause(event.cause),
        host: forecastHost(event.host),
      }),
    forecastsFollowed(count) {
      new Gauge({
        ...at,
        name: 'pullable_forecasts_followed',
        help: 'Pods that are looked at to see what becomes of them.',
        collect() {
          this.set(count())
        },
      })
    },
    inFlight: (change) => inFlight.inc(change),
    certificateExpiry: (notAfter) => expiry.set(Math.floor(notAfter.getTime() / 1000)),
    certificateReload: (result) => reloads.inc({ result }),
    configReload(result) {
      configReloads.inc({ result })
      configRejected.set(result === 'rejected' ? 1 : 0)
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}

function statusClass(status: number): string {
  if (status === 0) return 'none'
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other'
}
