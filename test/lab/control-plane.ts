// etcd, the API server, the scheduler and the controllers. Nobody beyond the machine can reach what asks for no certificate.
import { writeFileSync } from 'node:fs'
import { ADDRESS, AUDIT_LOG, inFolder, LOOPBACK, POD_RANGE, SERVICE_RANGE } from './layout.ts'
import { pki } from './identities.ts'
import { startProcess } from './processes.ts'
import type { Started } from './processes.ts'
import type { Programs } from './programs.ts'

const ETCD = `http://${LOOPBACK}:2379`
const ETCD_PEERS = `http://${LOOPBACK}:2380`

export function startEtcd(programs: Programs): Started {
  return startProcess('etcd', programs.path('etcd'), [
    `--data-dir=${inFolder('etcd')}`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    `--listen-peer-urls=${ETCD_PEERS}`,
    `--initial-advertise-peer-urls=${ETCD_PEERS}`,
    `--initial-cluster=default=${ETCD_PEERS}`,
    // Nothing of the lab outlives it.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ])
}

/** What pods of the product's namespace ask, and what they are answered; nothing else. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts:pullable-system'] }, { level: 'None' }],
}

export function startApiServer(programs: Programs): Started {
  writeFileSync(inFolder('audit-policy.json'), JSON.stringify(AUDIT_POLICY))
  return startProcess('kube-apiserver', programs.path('kube-apiserver'), [
    `--etcd-servers=${ETCD}`,
    `--bind-address=${ADDRESS}`,
    `--advertise-address=${ADDRESS}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    // The Services of webhooks are reached at their endpoints: no kube-proxy is needed here.
    '--enable-aggregator-routing=true',
    '--allow-privileged=true',
    `--audit-policy-file=${inFolder('audit-policy.json')}`,
    `--audit-log-path=${AUDIT_LOG}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('kube-apiserver.crt')}`,
    `--tls-private-key-file=${pki('kube-apiserver.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    `--kubelet-client-certificate=${pki('kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-signing-key-file=${pki('service-accounts.key')}`,
    `--service-account-key-file=${pki('service-accounts.pub')}`,
  ])
}

export function startScheduler(programs: Programs): Started {
  return startProcess('kube-scheduler', programs.path('kube-scheduler'), clientArgs('kube-scheduler'))
}

export function startControllers(programs: Programs): Started {
  return startProcess('kube-controller-manager', programs.path('kube-controller-manager'), [
    ...clientArgs('kube-controller-manager'),
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki('service-accounts.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--cluster-cidr=${POD_RANGE}`,
    // Tests delete pods and nodes, and wait.
    '--node-monitor-period=1s',
  ])
}

function clientArgs(name: string): readonly string[] {
  const kubeconfig = pki(`${name}.kubeconfig`)
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    // It is the only one, and serves nobody.
    '--leader-elect=false',
    '--secure-port=0',
  ]
}
