import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { address } from './value-kinds.ts'

/** Whether a host (lower case, an IPv6 address without brackets) and port are reached without a proxy. */
export type Excepted = (host: string, port: string) => boolean

interface Rule {
  /** Undefined: any. */
  readonly port: string | undefined
  readonly matches: (host: string) => boolean
}

/**
 * The exceptions of NO_PROXY as Go's clients read it, the node's among them (golang.org/x/net/http/httpproxy, `Config.NoProxy`): names
 * with their subdomains, `.example` for subdomains alone, addresses, CIDRs (for hosts that are written as addresses), each but a CIDR with a
 * port if need be, and `*`. What is none of these matches nothing.
 */
export function readNoProxy(text: string): Excepted {
  const rules: Rule[] = []
  for (const part of text.split(',')) {
    const entry = part.trim().toLowerCase()
    if (entry === '*') return () => true
    if (entry !== '') rules.push(ruleOf(entry))
  }
  return (host, port) => rules.some((rule) => (rule.port ?? port) === port && rule.matches(host))
}

function ruleOf(entry: string): Rule {
  if (address.read(entry) !== undefined) return { port: undefined, matches: inRange(entry) }
  const split = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(entry)
  const host = split === null ? entry : (split[1] ?? split[2] ?? '')
  const port = split?.[3] === '' ? undefined : split?.[3]
  return { port, matches: isIP(host) === 0 || host.includes('%') ? named(host) : inRange(host) }
}

function inRange(range: string): Rule['matches'] {
  const [net = '', prefix] = range.split('/')
  const list = new BlockList()
  const family = familyOf(net)
  if (prefix === undefined) list.addAddress(net, family)
  else list.addSubnet(net, Number(prefix), family)
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host))
}

function named(written: string): Rule['matches'] {
  const name = written.replace(/^\*?\./, '')
  if (name === '') return () => false
  const ascii = /^[!-~]+$/.test(name) ? name : domainToASCII(name)
  if (ascii === '') return () => false
  const itself = name === written
  return (host) => isIP(host) === 0 && (host.endsWith(`.${ascii}`) || (itself && host === ascii))
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** `localhost` and loopback addresses, which no proxy is asked for. */
export function isOwn(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, familyOf(host)))
}

function familyOf(host: string): 'ipv4' | 'ipv6' {
  return isIP(host) === 6 ? 'ipv6' : 'ipv4'
}
