import { printable } from '../../base/text.ts'
import type { Unconnected, Unproxied, Unreachable } from './facts.ts'
import type { Words } from './failure-words.ts'

/** Says what was in the way to `registry` (name and port), or to a host that it led to. */
export function wordsOfUnreachable(unreachable: Unreachable, registry: string): Words {
  return unreachable.detail === 'proxy' ? wordsOfProxy(unreachable) : wordsOfUnconnected(unreachable, registry)
}

function wordsOfUnconnected({ detail, host }: Unconnected, registry: string): Words {
  const at = printable(host, 100)
  // Nodes look under the registry's own name, whichever host its file then sends them to.
  const hosts = `certs.d/${printable(registry, 100)}/hosts.toml`
  switch (detail) {
    case 'dns':
      return {
        message: `the name ${at.replace(/:\d+$/, '')} does not resolve`,
        fix: 'check the spelling of the registry host',
      }
    case 'refused':
      return { message: `${at} refuses the connection`, fix: 'check the host and port, and that the registry is up' }
    case 'timeout':
      return {
        message: `${at} does not answer`,
        fix: 'check the way to it: firewall, routes, and that the registry is up',
      }
    case 'tls-unknown-ca':
      return {
        message: `${at} shows a certificate of a CA that is not trusted`,
        fix: `give nodes the CA (in ${hosts}: [host."https://${at}"] with ca = "/etc/ssl/certs/registry-ca.crt"), and us with --ca-file`,
      }
    case 'tls-expired':
      return { message: `the certificate of ${at} has expired`, fix: 'renew the certificate of the registry' }
    case 'tls-name':
      return {
        message: `the certificate of ${at} is for another name`,
        fix: 'use the name that the certificate is for, or issue it for this one',
      }
    case 'tls':
      return {
        message: `no TLS connection to ${at}`,
        fix: 'check its certificate and protocol versions, or the CA files of its hosts.toml',
      }
    case 'plain-http':
      return {
        message: `${at} speaks plain HTTP where nodes expect HTTPS`,
        fix: `serve HTTPS, or tell nodes (in ${hosts}: server = "http://${at}"), and us with --insecure-registry ${at}`,
      }
    case 'reset':
      return {
        message: `${at} breaks off the connection`,
        fix: 'look at the registry and what stands before it; try again',
      }
    case 'network':
      return { message: `no connection to ${at}`, fix: 'check the way to it: routes, firewall, address family' }
  }
}

function wordsOfProxy({ host, proxy }: Unproxied): Words {
  const to = printable(host, 100)
  const at = printable(proxy.host, 100)
  const { answer } = proxy
  const around = `if ${to} is reached without it, list it in NO_PROXY`
  if (answer === 407) {
    return {
      message: `the proxy ${at} on the way to ${to} wants a user and password, or other ones (407)`,
      fix: `give the proxy's URL its user and password (HTTPS_PROXY, HTTP_PROXY); ${around}`,
    }
  }
  if (typeof answer === 'number') {
    return answer >= 500
      ? { message: `the proxy ${at} does not get through to ${to} (${answer})`, fix: `look at the proxy; ${around}` }
      : { message: `the proxy ${at} does not let us through to ${to} (${answer})`, fix: `allow it there; ${around}` }
  }
  if (answer === 'not-http') {
    return {
      message: `${at} does not answer as an HTTP proxy does (on the way to ${to})`,
      fix: `check host, port and scheme of the proxy's URL (HTTPS_PROXY, HTTP_PROXY); ${around}`,
    }
  }
  const { message } = wordsOfUnconnected({ kind: 'unreachable', detail: answer, host: proxy.host }, host)
  const mend = answer.startsWith('tls') ? 'mend its certificate, or give us its CA (--ca-file)' : 'look at the proxy'
  return {
    message: `${message} (the proxy on the way to ${to})`,
    fix: `${mend}, and check its URL (HTTPS_PROXY, HTTP_PROXY); ${around}`,
  }
}
