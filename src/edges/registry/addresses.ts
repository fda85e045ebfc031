import { BlockList, isIP } from 'node:net'

/** What an address is to us; `forbidden` are those where no registry lives but cloud metadata does. */
export type AddressKind = 'forbidden' | 'loopback' | 'plain'

const FORBIDDEN: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  // Metadata services outside the link-local range: Alibaba, Azure, AWS over IPv6.
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['fd00:ec2::', 32, 'ipv6'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]

const forbidden = new BlockList()
for (const [net, prefix, family] of FORBIDDEN) forbidden.addSubnet(net, prefix, family)

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Classifies an IP address as text; IPv4 inside IPv6 (mapped, compatible, NAT64, 6to4) is what it embeds. */
export function addressKind(address: string): AddressKind {
  const bare = address.split('%', 1)[0] ?? ''
  const family = isIP(bare)
  if (family === 0) return 'forbidden'
  const inner = family === 6 ? embedded(bare) : undefined
  const kinds = [kindOf(bare, family), inner === undefined ? 'plain' : kindOf(inner, 4)]
  if (kinds.includes('forbidden')) return 'forbidden'
  return kinds.includes('loopback') ? 'loopback' : 'plain'
}

function kindOf(address: string, family: number): AddressKind {
  const name = family === 4 ? 'ipv4' : 'ipv6'
  if (forbidden.check(address, name)) return 'forbidden'
  return loopback.check(address, name) ? 'loopback' : 'plain'
}

/** The eight 16-bit groups of an IPv6 address that `isIP` has accepted. */
function groupsOf(address: string): readonly number[] {
  // The URL parser writes the canonical form: no dotted tail, one `::`.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}

function embedded(address: string): string | undefined {
  const groups = groupsOf(address)
  const dotted = (at: number): string => {
    const [high = 0, low = 0] = [groups[at], groups[at + 1]]
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  }
  const starts = (...prefix: readonly number[]): boolean => prefix.every((group, at) => groups[at] === group)
  if (starts(0x2002)) return dotted(1)
  if (starts(0x64, 0xff9b)) return dotted(6)
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0xffff, 0)) return dotted(6)
  const low = (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0)
  return starts(0, 0, 0, 0, 0, 0) && low > 1 ? dotted(6) : undefined
}

/**
 * A test of membership in addresses and CIDRs, `10.0.0.1`, `fd00::/8`. An entry that is neither throws a RangeError:
 * it is the operator's, and read at the start.
 */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const [net = '', prefix, more] = entry.split('/')
    const family = isIP(net)
    const bits = family === 4 ? 32 : 128
    const length = prefix === undefined ? bits : Number(prefix)
    const fits = /^\d{1,3}$/.test(prefix ?? '0') && length <= bits
    if (family === 0 || more !== undefined || !fits) throw new RangeError('neither an address nor a CIDR')
    list.addSubnet(net, length, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    const bare = address.split('%', 1)[0] ?? ''
    const family = isIP(bare)
    return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** `localhost` or a loopback literal, port left off: containerd's `IsLocalhost`. */
export function isLoopbackName(hostname: string): boolean {
  const bare = withoutBrackets(hostname).toLowerCase()
  return bare === 'localhost' || (isIP(bare) !== 0 && addressKind(bare) === 'loopback')
}

/** `[::1]` of a URL as an address: `::1`. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname
}
