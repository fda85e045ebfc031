// The node: containerd and a kubelet in namespaces of their own, which take everything along when they end.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify as stringifyToml } from 'smol-toml'
import { stringify } from 'yaml'
import { tool } from '../support/tools.ts'
import { pki } from './identities.ts'
import { ADDRESS, CGROUP, CONTAINERD_SOCKET, DOMAIN, HOSTS_FOLDER, inFolder, LOOPBACK, NODE } from './layout.ts'
import { MAX_PODS, PAUSE_IMAGE, POD_RANGE } from './layout.ts'
import { CNI_PLUGINS } from './needs.ts'
import { killNamed, startProcess } from './processes.ts'
import type { Started } from './processes.ts'
import type { Programs } from './programs.ts'

/** Wants the pause image in `pause.tar`. */
export async function startNode(programs: Programs): Promise<Started> {
  await mkdir(HOSTS_FOLDER, { recursive: true })
  await mkdir(inFolder('cni'))
  await writeFile(inFolder('cni', 'lab.conflist'), JSON.stringify(network()))
  await writeFile(inFolder('resolv.conf'), '')
  await writeFile(inFolder('containerd.toml'), stringifyToml(containerd()))
  await writeFile(inFolder('kubelet.yaml'), stringify(kubelet()))
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const init = [join(import.meta.dirname, 'node-init'), inFolder(), PAUSE_IMAGE]
  const flags = [
    `--config=${inFolder('kubelet.yaml')}`,
    `--kubeconfig=${pki('kubelet.kubeconfig')}`,
    `--root-dir=${inFolder('kubelet')}`,
    `--hostname-override=${NODE}`,
    `--node-ip=${ADDRESS}`,
  ]
  return startProcess('node', tool('unshare'), [...namespaces, ...init, ...flags], programs.searchPath)
}

/** Kills the kubelet; its init process starts it again. Pods go on running. */
export async function restartKubelet(): Promise<void> {
  await killNamed('kubelet')
}

function containerd(): Parameters<typeof stringifyToml>[0] {
  return {
    version: 3,
    root: inFolder('containerd'),
    state: inFolder('run', 'containerd'),
    disabled_plugins: ['io.containerd.nri.v1.nri'],
    grpc: { address: CONTAINERD_SOCKET },
    plugins: {
      'io.containerd.internal.v1.opt': { path: inFolder('opt') },
      'io.containerd.cri.v1.images': {
        pinned_images: { sandbox: PAUSE_IMAGE },
        registry: { config_path: HOSTS_FOLDER },
      },
      'io.containerd.cri.v1.runtime': {
        // Without CAP_SYS_RESOURCE, as in some virtual machines, runc may not lower a score: "can't get final child's PID".
        restrict_oom_score_adj: true,
        cni: { bin_dirs: [CNI_PLUGINS], conf_dir: inFolder('cni') },
      },
    },
  }
}

/** Pods and the machine reach each other, and nobody else: no iptables rule is made. */
function network(): object {
  return {
    cniVersion: '1.0.0',
    name: 'lab',
    plugins: [
      {
        type: 'ptp',
        ipam: { type: 'host-local', ranges: [[{ subnet: POD_RANGE }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  }
}

function kubelet(): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: ADDRESS,
    healthzBindAddress: LOOPBACK,
    authentication: {
      x509: { clientCAFile: pki('ca.crt') },
      anonymous: { enabled: false },
      webhook: { enabled: true },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pki('kubelet-server.crt'),
    tlsPrivateKeyFile: pki('kubelet-server.key'),
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    resolvConf: inFolder('resolv.conf'),
    // Only a lab with Services answers there.
    clusterDNS: [ADDRESS],
    clusterDomain: DOMAIN,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: ['none'],
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    // The machine's disk may be nearly full of other things.
    evictionHard: { 'memory.available': '1Mi', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    imageMinimumGCAge: '24h',
    maxPods: MAX_PODS,
    // Tests make many pods at once, each with an image of its own: nothing of that waits for its turn.
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    nodeStatusUpdateFrequency: '1s',
    nodeStatusReportFrequency: '1s',
    // All images, not the first fifty.
    nodeStatusMaxImages: -1,
    // A pod that ends is gone at once for who waits.
    syncFrequency: '10s',
  }
}
