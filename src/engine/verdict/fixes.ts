import { printable } from '../../base/text.ts'
import { normalizePlatform } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { ImageUse } from '../workload/index.ts'
import type { PodEvidence, Subject } from './evidence.ts'

/*
 * The repository of fixes: what a person types or writes to mend a finding. Nothing in it varies from one review of
 * the same facts to the next, and no value in it is a secret. People paste commands: each value that comes from outside
 * is one word of the shell.
 */

const KUBECTL_SETS_IMAGE = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'ReplicationController',
])

/** To give a use another image: `kubectl set image` where the object is there to be set, else the field to write. `remark` follows. */
export function setImage(subject: Subject, use: ImageUse, image: string, remark = ''): string {
  const settable = use.role === 'container' || use.role === 'init'
  if (!subject.exists || !settable || !KUBECTL_SETS_IMAGE.has(subject.kind) || subject.name === '')
    return `set ${use.field} to ${image}${remark}`
  const target = `${subject.kind.toLowerCase()}/${printable(subject.name, 253)}`
  return `kubectl set image ${word(target)} ${word(`${printable(use.name, 63)}=${image}`)}${inNamespace(subject)}${remark}`
}

const MOST_LISTED = 4 // pull secrets that are written out beside the new one

/** To give the pod a pull secret for `server`, beside those that it has: one that names any loses its service account's. */
export function addPullSecret({ subject, secrets }: PodEvidence, server: string): string {
  const names = secrets.map(({ name }) => name)
  let fresh = 'regcred'
  for (let count = 2; names.includes(fresh); count++) fresh = `regcred-${count}`
  const lines =
    names.length <= MOST_LISTED && names.every((name) => PLAIN_NAME.test(name))
      ? `add imagePullSecrets: [${[...names, fresh].map((name) => `{name: ${name}}`).join(', ')}]`
      : `add {name: ${fresh}} to imagePullSecrets`
  return `${createPullSecret(subject, fresh, server)}, and under ${subject.specField} ${lines}`
}

/** To make a pull secret that the pod names already. */
export function createPullSecret(subject: Subject, name: string, server: string): string {
  return `${createSecret(name, server)}${inNamespace(subject)}`
}

/** To replace what a pull secret holds. */
export function renewPullSecret(subject: Subject, name: string, server: string): string {
  return `${createSecret(name, server)} --dry-run=client -o yaml | kubectl apply${inNamespace(subject)} -f -`
}

/** The key under which `kubectl create secret docker-registry` files the registry of a reference, so that the kubelet finds it. */
export function serverOf(domain: string): string {
  return domain === 'docker.io' ? 'https://index.docker.io/v1/' : domain
}

/** `nodeSelector` lines that keep a pod on nodes of one platform; undefined where the platform's words are no label values. */
export function selectPlatform(subject: Subject, platform: Platform): string | undefined {
  const { os, architecture } = normalizePlatform(platform)
  if (!PLATFORM_WORD.test(os) || !PLATFORM_WORD.test(architecture)) return undefined
  return `under ${subject.specField} add nodeSelector: {kubernetes.io/os: ${os}, kubernetes.io/arch: ${architecture}}`
}

/** For what of the cluster could not be read: the API server was away, or does not let us. `what` is a verb and a resource. */
export function toBeRead(what: string): string {
  return `the API server must answer pullable, and let it: kubectl auth can-i ${what}, as the account that it runs as, must say yes`
}

const PLAIN_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const PLATFORM_WORD = /^[a-z][a-z0-9_]{1,19}$/
const PLAIN_WORD = /^[A-Za-z0-9_./:@=+-]+$/

function word(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function createSecret(name: string, server: string): string {
  return `kubectl create secret docker-registry ${word(printable(name, 253))} --docker-server=${word(server)} --docker-username=USER --docker-password=PASSWORD`
}

function inNamespace(subject: Subject): string {
  return subject.namespace === '' ? '' : ` -n ${word(printable(subject.namespace, 63))}`
}
