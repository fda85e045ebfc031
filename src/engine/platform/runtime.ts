import type { Runtime } from './platform.ts'

const WRITTEN = /^([a-z0-9.-]{1,40}):\/\/([0-9a-z.+~_-]{0,60})$/i

/** Reads `status.nodeInfo.containerRuntimeVersion`: `containerd://2.1.4` is `{ name: 'containerd', version: '2.1.4' }`. */
export function readRuntime(written: string): Runtime {
  const [, name, version = ''] = WRITTEN.exec(written) ?? []
  if (name === undefined) return { name: 'unknown', version: '' }
  const known = name.toLowerCase()
  // A build that does not know its own version says `Unknown`.
  const told = /^v?\d/.test(version) ? version.replace(/^v/, '') : ''
  return { name: known === 'containerd' || known === 'cri-o' || known === 'docker' ? known : 'other', version: told }
}

/** Whether the runtime is of this version or later; undefined where its version cannot be told. */
export function isAtLeast(runtime: Runtime, major: number, minor: number): boolean | undefined {
  const [, ownMajor, ownMinor] = /^(\d{1,4})\.(\d{1,4})/.exec(runtime.version) ?? []
  if (ownMajor === undefined) return undefined
  return Number(ownMajor) > major || (Number(ownMajor) === major && Number(ownMinor) >= minor)
}
