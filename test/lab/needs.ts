// What the lab needs of the machine, beside what Go builds.
import { missingTools } from '../support/tools.ts'

/** Debian's containernetworking-plugins. */
export const CNI_PLUGINS = '/usr/lib/cni'

export const LAB_TOOLS = [
  'etcd',
  'runc',
  'ip',
  'nft',
  'unshare',
  'mount',
  'nice',
  `${CNI_PLUGINS}/ptp`,
  'skopeo',
  'umoci',
  'busybox',
  'docker-registry',
  'htpasswd',
]

/** Throws, and says what is to be done, where the machine cannot have a lab. */
export function checkMachine(): void {
  if (process.platform !== 'linux') throw new Error('the lab runs on Linux: its node is this machine')
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it mounts, makes cgroups, and adds an address')
  const missing = missingTools(LAB_TOOLS)
  if (missing.length > 0) throw new Error(`${missing.join(', ')} not found: test/lab/install brings what the lab needs`)
}
