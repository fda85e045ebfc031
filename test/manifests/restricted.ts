/** What Pod Security looks at. */
export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: SecurityContext
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly seccompProfile?: { readonly type: string }
}

interface Container {
  readonly ports?: readonly { readonly containerPort: number; readonly hostPort?: number }[]
  readonly securityContext?: SecurityContext & {
    readonly privileged?: boolean
    readonly allowPrivilegeEscalation?: boolean
    readonly readOnlyRootFilesystem?: boolean
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
  }
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/** What of a pod breaks the profile "restricted" of the Pod Security Standards, as far as a Linux pod without odd fields can. */
export function restrictedProblems(spec: PodSpec): readonly string[] {
  const problems: string[] = []
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) if (spec[field] === true) problems.push(field)
  for (const [index, { ports = [], securityContext = {} }] of [
    ...spec.containers,
    ...(spec.initContainers ?? []),
  ].entries()) {
    const at = `containers[${String(index)}]`
    const { privileged, allowPrivilegeEscalation, capabilities = {} } = securityContext
    // With the host's network every port is one of the host's.
    if (spec.hostNetwork === true ? ports.length > 0 : ports.some(({ hostPort }) => hostPort !== undefined))
      problems.push(`${at}.ports: hostPort`)
    if (privileged === true) problems.push(`${at}: privileged`)
    if (allowPrivilegeEscalation !== false) problems.push(`${at}: allowPrivilegeEscalation`)
    if (capabilities.drop?.includes('ALL') !== true) problems.push(`${at}: capabilities.drop`)
    if (capabilities.add?.some((name) => name !== 'NET_BIND_SERVICE') === true) problems.push(`${at}: capabilities.add`)
    if ((securityContext.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true)
      problems.push(`${at}: runAsNonRoot`)
    if ((securityContext.runAsUser ?? spec.securityContext?.runAsUser) === 0) problems.push(`${at}: runAsUser`)
    const { type } = securityContext.seccompProfile ?? spec.securityContext?.seccompProfile ?? { type: '' }
    if (type !== 'RuntimeDefault' && type !== 'Localhost') problems.push(`${at}: seccompProfile`)
  }
  for (const volume of spec.volumes ?? [])
    for (const kind of Object.keys(volume))
      if (!VOLUMES.includes(kind) && kind !== 'name') problems.push(`volumes: ${kind}`)
  return problems
}
