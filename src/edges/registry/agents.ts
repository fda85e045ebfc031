import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { Agent, buildConnector } from 'undici'
import { addressKind, addressList, withoutBrackets } from './addresses.ts'
import { AddressRefused } from './network-errors.ts'
import type { Limits, RegistryOptions, ResolveHost } from './options.ts'
import { reachProxy } from './tunnel.ts'

/** The TLS side of a connection; endpoints with equal settings share a pool. */
export interface TlsSettings {
  readonly ca?: string
  readonly client?: { readonly cert: string; readonly key: string }
  readonly skipVerify: boolean
  readonly dialTimeoutMs?: number
}

export interface Agents {
  /** `loopback`: whether connections to this very machine may be made. */
  get(settings: TlsSettings, loopback: boolean): Agent
  close(): Promise<void>
}

const resolveByLibc: ResolveHost = (hostname) => lookup(hostname, { all: true })

/**
 * Pools of kept-alive HTTP/1.1 connections, by target, even where they lead to the same proxy. Each connects only to addresses that
 * were judged when the name was resolved, so that a name cannot change its meaning in between (DNS rebinding). Behind a proxy an address
 * in the place of a name is judged still; what a name leads to is the proxy's to know, and to judge.
 */
export function createAgents(options: RegistryOptions, limits: Limits): Agents {
  const allowed = addressList(options.allowAddresses ?? [])
  const resolveHost = options.resolveHost ?? resolveByLibc
  const agents = new Map<string, Agent>()
  const contexts = new Map<string, SecureContext>()

  function judge(address: string, loopback: boolean): boolean {
    const kind = addressKind(address)
    return kind === 'plain' || (kind === 'loopback' && loopback) || allowed(address)
  }

  function lookupFor(isGood: (address: string) => boolean): LookupFunction {
    return (hostname, asked, callback) => {
      resolveHost(hostname).then(
        (addresses) => {
          const good = addresses.filter(({ address }) => isGood(address))
          const [first] = good
          if (first === undefined) callback(new AddressRefused(addressKind(addresses[0]?.address ?? '')), '')
          else if (asked.all === true) callback(null, [...good])
          else callback(null, first.address, first.family)
        },
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error('lookup failed'), '')
        },
      )
    }
  }

  function contextOf({ ca, client, skipVerify }: TlsSettings): SecureContext {
    const key = JSON.stringify([ca, client, skipVerify])
    const known = contexts.get(key)
    if (known !== undefined) return known
    // Reading some hundred roots takes a tenth of a second: not for those who verify nothing.
    const context = createSecureContext({ ...(skipVerify ? {} : roots([options.ca, ca])), ...client })
    contexts.set(key, context)
    return context
  }

  function make(settings: TlsSettings, loopback: boolean): Agent {
    const connection = {
      lookup: lookupFor((address) => judge(address, loopback)),
      timeout: settings.dialTimeoutMs ?? limits.dialMs,
      allowH2: false,
      rejectUnauthorized: !settings.skipVerify,
    }
    const toProxy = {
      lookup: lookupFor(() => true),
      secureContext: () => contextOf({ skipVerify: false }),
      userAgent: options.userAgent ?? 'pullable',
      timeoutMs: connection.timeout,
    }
    let plain: buildConnector.connector | undefined
    let secure: buildConnector.connector | undefined
    function open(target: buildConnector.Options, callback: buildConnector.Callback): void {
      try {
        if (target.protocol === 'https:') {
          secure ??= buildConnector({ ...connection, secureContext: contextOf(settings) })
          secure(target, callback)
        } else {
          plain ??= buildConnector(connection)
          plain(target, callback)
        }
      } catch (error) {
        callback(error instanceof Error ? error : new Error('connect failed'), null)
      }
    }
    return new Agent({
      connections: limits.connections,
      headersTimeout: limits.answerMs,
      bodyTimeout: limits.answerMs,
      keepAliveTimeout: 30_000,
      allowH2: false,
      connect: (target, callback) => {
        const literal = withoutBrackets(target.hostname)
        // A literal is never looked up.
        if (isIP(literal) !== 0 && !judge(literal, loopback)) {
          callback(new AddressRefused(addressKind(literal)), null)
          return
        }
        const proxy = options.proxyFor?.(new URL(`${target.protocol}//${target.host ?? literal}`))
        if (proxy === undefined) {
          open(target, callback)
          return
        }
        reachProxy(proxy, target, toProxy).then(
          (socket) => {
            if (target.protocol === 'https:') open({ ...target, httpSocket: socket }, callback)
            else callback(null, socket)
          },
          (error: unknown) => {
            callback(error instanceof Error ? error : new Error('proxy failed'), null)
          },
        )
      },
    })
  }

  return {
    get(settings, loopback) {
      const key = JSON.stringify([settings, loopback])
      const known = agents.get(key)
      if (known !== undefined) return known
      const agent = make(settings, loopback)
      agents.set(key, agent)
      return agent
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
      agents.clear()
    },
  }
}

let systemRoots: readonly string[] | undefined

/** A CA of one's own replaces the default ones unless they are listed beside it; Go's clients read the system's too. */
function roots(own: readonly (string | undefined)[]): { readonly ca: string[] } {
  systemRoots ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
  return { ca: [...systemRoots, ...own.filter((pem) => pem !== undefined)] }
}
