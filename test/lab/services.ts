// What makes Services answer, and gives them and the registries names in pods: kube-proxy, and CoreDNS on the node's address.
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { pki } from './identities.ts'
import { ADDRESS, DOMAIN, inFolder, KUBECONFIG, LOOPBACK, NODE, POD_RANGE } from './layout.ts'
import { startProcess } from './processes.ts'
import type { Started } from './processes.ts'
import type { Programs } from './programs.ts'

/** Wants the API server ready, and the registries in /etc/hosts. */
export async function startServices(programs: Programs): Promise<readonly Started[]> {
  await writeFile(inFolder('kube-proxy.yaml'), stringify(kubeProxy))
  await writeFile(inFolder('Corefile'), COREFILE)
  return [
    startProcess('kube-proxy', programs.path('kube-proxy'), [`--config=${inFolder('kube-proxy.yaml')}`]),
    startProcess('coredns', programs.path('coredns'), [`-conf=${inFolder('Corefile')}`]),
  ]
}

const kubeProxy = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: pki('kube-proxy.kubeconfig') },
  hostnameOverride: NODE,
  // All that it makes are tables of its own, which are easily removed.
  mode: 'nftables',
  clusterCIDR: POD_RANGE,
  nodePortAddresses: [`${ADDRESS}/32`],
  // The machine's limits stay as they are.
  conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  healthzBindAddress: `${LOOPBACK}:10256`,
  metricsBindAddress: `${LOOPBACK}:10249`,
}

/** Any other name is not there: nobody beyond the machine is asked. */
const COREFILE = `. {
  bind ${ADDRESS}
  errors
  hosts /etc/hosts lab.test
  kubernetes ${DOMAIN} {
    kubeconfig ${KUBECONFIG} lab
  }
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`
