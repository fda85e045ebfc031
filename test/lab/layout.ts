// Where the lab is on this machine. There is one lab at a time: its folder, addresses and names are fixed, so that what a
// crash leaves is found without having been written down.
import { join } from 'node:path'

/** Everything that the lab writes, save lines of /etc/hosts, is below. */
export const FOLDER = '/tmp/pullable-lab'

/** The node's and the API server's, added to the loopback interface: a kubelet refuses an address in 127/8. */
export const ADDRESS = '10.99.0.1'

/** For what has no password of its own; nobody beyond the machine can reach 127/8. */
export const LOOPBACK = '127.99.0.1'

export const NODE = 'lab'
export const API_SERVER = `https://${ADDRESS}:6443`
export const SERVICE_RANGE = '10.99.1.0/24'
/** What DNS names of the cluster end in. */
export const DOMAIN = 'cluster.local'
/** The first of the range: the `kubernetes` Service. */
export const SERVICE_ADDRESS = '10.99.1.1'
/** Wide enough for `MAX_PODS`, and for those that are just ending. */
export const POD_RANGE = '10.99.2.0/23'
/** Kubernetes' own default is 110. */
export const MAX_PODS = 450

/** The cgroup, under each controller, that holds every pod. */
export const CGROUP = 'pullable-lab'

/** Ends each line that the lab adds to /etc/hosts. */
export const HOSTS_MARK = '# pullable lab'

/** What containerd starts a pod with; it is imported, never pulled. */
export const PAUSE_IMAGE = 'pause.lab.test/pause:1'

export function inFolder(...path: readonly string[]): string {
  return join(FOLDER, ...path)
}

/** containerd's `certs.d`: a folder for each host, with its hosts.toml. */
export const HOSTS_FOLDER = inFolder('certs.d')

/** Of the API server, a JSON object a line. */
export const AUDIT_LOG = inFolder('logs', 'audit.log')

export const KUBECONFIG = inFolder('kubeconfig')

export const CONTAINERD_SOCKET = inFolder('run', 'containerd.sock')
