type Version = readonly [major: number, minor: number, build: number]

const SERVER_2022 = 20348
const SERVER_2025 = 26100
const VERSION = /^0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,5})(?:\.|$)/

/** `10.0.20348.1234`, its revision optional and of no weight; undefined for what containerd reads as no version. */
export function readWindowsVersion(text: string): Version | undefined {
  const [, major, minor, build] = VERSION.exec(text) ?? []
  if (Number(major) > 255 || Number(minor) > 255 || Number(build) > 65535 || build === undefined) return undefined
  return [Number(major), Number(minor), Number(build)]
}

/**
 * Whether a Windows host runs containers of an image with this `os.version` (facts "Windows nodes"; containerd/platforms
 * `checkWindowsHostAndContainerCompat`). Before Server 2022 the builds must be equal; from then on the image may be as old as the
 * last long-term release before the host. containerd before 2.1 (`legacy`) goes back to Server 2022 from any later host.
 * A version that either side does not say matches.
 */
export function runsWindowsVersion(hostVersion: string, imageVersion: string, legacy: boolean): boolean {
  const host = readWindowsVersion(hostVersion)
  if (host === undefined || imageVersion === '') return true
  const image = readWindowsVersion(imageVersion)
  if (image?.[0] !== host[0] || image[1] !== host[1]) return false
  if (host[2] < SERVER_2022) return host[2] === image[2]
  const oldest = host[2] > SERVER_2025 && !legacy ? SERVER_2025 : SERVER_2022
  return oldest <= image[2] && image[2] <= host[2]
}
