import { printable } from '../../base/text.ts'
import type { ImageUse } from '../workload/index.ts'
import type { Subject } from './evidence.ts'

/*
 * The repository of fixes: what a person types or writes to mend a finding. Nothing in it varies from one review of
 * the same facts to the next, and no value in it is a secret.
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

/** To give a use another image: `kubectl set image` where the object is there to be set, else the field to write. */
export function setImage(subject: Subject, use: ImageUse, image: string): string {
  const settable = use.role === 'container' || use.role === 'init'
  if (!subject.exists || !settable || !KUBECTL_SETS_IMAGE.has(subject.kind) || subject.name === '')
    return `set ${use.field} to ${image}`
  const target = `${subject.kind.toLowerCase()}/${printable(subject.name, 80)}`
  return `kubectl set image ${target} ${printable(use.name, 63)}=${image}${inNamespace(subject)}`
}

/** To give the pod a pull secret for `server`. */
export function addPullSecret(subject: Subject, server: string): string {
  return (
    `${createSecret('regcred', server)}${inNamespace(subject)}` +
    `, and under ${subject.specField} add imagePullSecrets: [{name: regcred}]`
  )
}

/** To replace what a pull secret holds. */
export function renewPullSecret(subject: Subject, name: string, server: string): string {
  const secret = printable(name, 80)
  return `${createSecret(secret, server)} --dry-run=client -o yaml | kubectl apply${inNamespace(subject)} -f -`
}

/** The key under which `kubectl create secret docker-registry` files the registry of a reference, so that the kubelet finds it. */
export function serverOf(domain: string): string {
  return domain === 'docker.io' ? 'https://index.docker.io/v1/' : domain
}

/** `nodeSelector` lines that keep a pod on nodes of one platform. */
export function selectPlatform(subject: Subject, os: string, architecture: string): string {
  return `under ${subject.specField} add nodeSelector: {kubernetes.io/os: ${printable(os, 20)}, kubernetes.io/arch: ${printable(architecture, 20)}}`
}

function createSecret(name: string, server: string): string {
  return `kubectl create secret docker-registry ${name} --docker-server=${server} --docker-username=USER --docker-password=PASSWORD`
}

function inNamespace(subject: Subject): string {
  return subject.namespace === '' ? '' : ` -n ${printable(subject.namespace, 63)}`
}
