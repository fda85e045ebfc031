import { expect, test } from 'vitest'

import { createMetrics } from '../../../src/base/telemetry/index.ts'

/** The lines of samples that are not zero, without buckets. */
async function samples(metrics: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  const text = await metrics.render()
  return text.split('\n').filter((line) => line !== '' && !/^#|_bucket|_sum| 0$/.test(line))
}

const build = 'pullable_build_info{version="1.2.3"} 1'

test('everything is counted under its name', async () => {
  const metrics = createMetrics({ version: '1.2.3' })
  metrics.admission({ operation: 'CREATE', kind: 'Pod', decision: 'deny', seconds: 0.2 })
  metrics.finding('registry-unreachable.dns', 'warn')
  metrics.unreadable()
  metrics.unanswered('deadline')
  metrics.registryRequest({ method: 'HEAD', status: 404, seconds: 0.01 })
  metrics.registryRequest({ method: 'GET', status: 0, seconds: 5 })
  metrics.clusterRequest({ resource: 'secrets', verb: 'get', status: 403 })
  metrics.clusterRequest({ resource: 'nodes', verb: 'watch', status: 0 })
  metrics.clusterView(() => ({ nodes: 2.5, namespaces: undefined }))
  metrics.exemption('tag-missing')
  metrics.forecast({ outcome: 'failing', result: 'wrong', cause: 'access-denied', host: 'registry.example:5000' })
  metrics.forecastsFollowed(() => 3)
  metrics.inFlight(1)
  metrics.inFlight(1)
  metrics.inFlight(-1)
  metrics.certificateExpiry(new Date(1_800_000_000_500))
  metrics.certificateReload('rejected')
  expect(await samples(metrics)).toEqual([
    'pullable_admission_requests_total{operation="CREATE",kind="Pod",decision="deny"} 1',
    'pullable_admission_duration_seconds_count 1',
    'pullable_findings_total{cause="registry-unreachable.dns",decision="warn"} 1',
    'pullable_unreadable_requests_total 1',
    'pullable_unanswered_reviews_total{reason="deadline"} 1',
    'pullable_registry_requests_total{method="HEAD",status="4xx"} 1',
    'pullable_registry_requests_total{method="GET",status="none"} 1',
    'pullable_registry_request_duration_seconds_count 2',
    'pullable_cluster_requests_total{resource="secrets",verb="get",status="4xx"} 1',
    'pullable_cluster_requests_total{resource="nodes",verb="watch",status="none"} 1',
    'pullable_exemptions_total{kind="tag-missing"} 1',
    'pullable_forecasts_total{outcome="failing",result="wrong",cause="access-denied",host="registry.example:5000"} 1',
    'pullable_reviews_in_flight 1',
    'pullable_certificate_expiry_timestamp_seconds 1800000000',
    'pullable_certificate_reloads_total{result="rejected"} 1',
    build,
    'pullable_cluster_view_age_seconds{resource="nodes"} 2.5',
    'pullable_cluster_view_age_seconds{resource="namespaces"} +Inf',
    'pullable_forecasts_followed 3',
  ])
})

test('no value from outside becomes a label', async () => {
  const metrics = createMetrics({ version: '1.2.3' })
  const foul = 'x"} 1\nevil'
  metrics.admission({ operation: foul, kind: foul, decision: foul, seconds: 1 })
  metrics.admission({ operation: 'PATCH', kind: '__proto__', decision: 'maybe', seconds: 1 })
  metrics.finding('Über', foul)
  metrics.registryRequest({ method: 'PROPFIND', status: 999, seconds: 1 })
  metrics.clusterRequest({ resource: 'leases', verb: foul, status: -1 })
  metrics.invalidLabel('enforcing')
  metrics.forecast({ outcome: foul, result: 'maybe', cause: 'Über', host: foul })
  for (let at = 0; at < 500; at++) metrics.exemption(`code-${at}`)
  const lines = await samples(metrics)
  expect(lines.filter((line) => !line.startsWith('pullable_exemptions'))).toEqual([
    'pullable_admission_requests_total{operation="other",kind="other",decision="other"} 2',
    'pullable_admission_duration_seconds_count 2',
    'pullable_findings_total{cause="other",decision="other"} 1',
    'pullable_registry_requests_total{method="other",status="other"} 1',
    'pullable_registry_request_duration_seconds_count 1',
    'pullable_cluster_requests_total{resource="other",verb="other",status="other"} 1',
    'pullable_invalid_labels_total{label="other"} 1',
    'pullable_forecasts_total{outcome="other",result="other",cause="other",host="other"} 1',
    build,
  ])
  const exemptions = lines.filter((line) => line.startsWith('pullable_exemptions'))
  expect([exemptions.length, exemptions.at(-1)]).toEqual([101, 'pullable_exemptions_total{kind="other"} 400'])
})

test('two of them share nothing', async () => {
  const [one, other] = [createMetrics({ version: '1.2.3' }), createMetrics({ version: '1.2.3' })]
  one.unreadable()
  expect(await samples(other)).toEqual([build])
  expect(one.contentType).toMatch(/^text\/plain; version=0\.0\.4/)
})
