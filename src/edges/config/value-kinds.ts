import { isIP } from 'node:net'
import { parseDuration } from '../../base/duration.ts'
import { printable } from '../../base/text.ts'
import { parsePlatform } from '../../engine/platform/index.ts'
import type { Platform } from '../../engine/platform/index.ts'
import { parseImagePattern, parseRegistryPattern } from '../../engine/reference/index.ts'
import type { ImagePattern } from '../../engine/reference/index.ts'

/** One type of value, as it is written in a flag, a variable and the file alike. */
export interface ValueKind<T> {
  /** Its placeholder in help: `FILE`. */
  readonly placeholder: string
  /** Ends the sentence `"x" is not …`: `a duration, such as 10s`. */
  readonly accepts: string
  /** Undefined for what it does not accept. */
  read(text: string): T | undefined
}

/** A path in the file is taken from the file's own folder, as kubeconfig does it. */
export const filePath: ValueKind<string> = { placeholder: 'FILE', accepts: 'the path of a file', read: nonEmpty }
export const directoryPath: ValueKind<string> = {
  placeholder: 'DIR',
  accepts: 'the path of a directory',
  read: nonEmpty,
}

export const filePathOrNone: ValueKind<string> = {
  placeholder: 'FILE|none',
  accepts: 'the path of a file, or none',
  read: nonEmpty,
}

export const boolean: ValueKind<boolean> = {
  placeholder: '',
  accepts: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

export const port: ValueKind<number> = {
  placeholder: 'PORT',
  accepts: 'a port, 0 to 65535',
  read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
}

export const count: ValueKind<number> = {
  placeholder: 'NUMBER',
  accepts: 'a number from 0 to 999999',
  read: (text) => (/^\d{1,6}$/.test(text) ? Number(text) : undefined),
}

const MOST_TIMEOUT_MS = 3_600_000 // an hour: past it a timer is a mistake, and far past it one fires at once

export const duration: ValueKind<number> = {
  placeholder: 'DURATION',
  accepts: 'a duration above zero and up to 1h, such as 500ms, 10s or 1m30s',
  read(text) {
    const ms = parseDuration(text)
    return ms !== undefined && ms >= 1 && ms <= MOST_TIMEOUT_MS ? Math.round(ms) : undefined
  },
}

const MOST_WAIT_MS = 300_000 // nobody gives a pod longer to end

export const wait: ValueKind<number> = {
  placeholder: 'DURATION',
  accepts: 'a duration from 0 to 5m, such as 0, 10s or 1m30s',
  read(text) {
    const ms = parseDuration(text)
    return ms !== undefined && ms <= MOST_WAIT_MS ? Math.round(ms) : undefined
  },
}

export const platform: ValueKind<Platform> = {
  placeholder: 'LIST',
  accepts: 'a platform, such as linux/amd64 or linux/arm/v7',
  read: (text) => parsePlatform(text),
}

export const registryHost: ValueKind<string> = {
  placeholder: 'HOST',
  accepts: 'a registry host without a scheme or path, such as registry.local:5000',
  read: (text) => (isHost(text, /^[a-z0-9._-]+$/i) ? text : undefined),
}

export const hostGlob: ValueKind<string> = {
  placeholder: 'HOST',
  accepts: 'a registry host, where * stands for a part of a label, such as *.dkr.ecr.*.amazonaws.com',
  read: (text) => (isHost(text, /^[a-z0-9._*-]+$/i) ? text : undefined),
}

export const registryPattern: ValueKind<string> = {
  placeholder: 'HOST',
  accepts: 'a registry host in lower case, where * stands for a part of a label, such as ghcr.io or *.azurecr.io',
  read: parseRegistryPattern,
}

export const imagePattern: ValueKind<ImagePattern> = {
  placeholder: 'IMAGES',
  accepts:
    'a registry and a repository in lower case without a tag, such as ghcr.io/acme/*, ghcr.io/acme/** (all below) or docker.io/library/nginx',
  read: parseImagePattern,
}

export const address: ValueKind<string> = {
  placeholder: 'ADDRESS',
  accepts: 'an IP address or a CIDR, such as 169.254.20.10 or fd00:ec2::/32',
  read(text) {
    const [ip = '', bits, more] = text.split('/')
    const version = isIP(ip)
    if (version === 0 || ip.includes('%') || more !== undefined) return undefined
    if (bits === undefined) return text
    return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128) ? text : undefined
  },
}

export const namespaceName: ValueKind<string> = {
  placeholder: 'NAMESPACE',
  accepts: 'the name of a namespace: at most 63 lower-case letters, digits and -',
  read: (text) => (text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) ? text : undefined),
}

export const serviceName: ValueKind<string> = {
  placeholder: 'NAME',
  accepts: 'the name of a Service: at most 63 lower-case letters, digits and -',
  read: (text) => namespaceName.read(text),
}

export const objectName: ValueKind<string> = {
  placeholder: 'NAME',
  accepts: 'the name of an object: at most 253 lower-case letters, digits, - and .',
  read: (text) =>
    text.length <= 253 && text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label))
      ? text
      : undefined,
}

export const mutatorName: ValueKind<string> = {
  placeholder: 'NAME',
  accepts: 'the name of a webhook or policy, such as inject.example.com, or *.example.com for all that end so',
  read: (text) => (objectName.read(text.startsWith('*.') ? text.slice(2) : text) === undefined ? undefined : text),
}

export const userName: ValueKind<string> = {
  placeholder: 'NAME',
  accepts: 'the name of a user or group as the API server gives it, up to 512 characters',
  read: (text) => line(text, 512),
}

export const reason: ValueKind<string> = {
  placeholder: 'TEXT',
  accepts: 'a line of text, up to 200 characters',
  read: (text) => line(text, 200),
}

export const contextName: ValueKind<string> = {
  placeholder: 'NAME',
  accepts: 'the name of a context in a kubeconfig',
  read: nonEmpty,
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): ValueKind<T> {
  return {
    placeholder: words.join('|'),
    accepts: words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`,
    read: (text) => words.find((word) => word === text),
  }
}

function nonEmpty(text: string): string | undefined {
  return text === '' || text.includes('\0') ? undefined : text
}

function line(text: string, most: number): string | undefined {
  return text.trim() !== '' && printable(text, most) === text ? text : undefined
}

function isHost(text: string, name: RegExp): boolean {
  if (text.length > 255) return false
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text)
  const host = match?.[1]
  if (host === undefined) return false
  return host.startsWith('[') ? isIP(host.slice(1, -1)) === 6 : name.test(host)
}
