/** Why a file could not be read, in words: `no such file or directory`. Nothing of the error but its code is in them. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  switch (code) {
    case 'ENOENT':
      return 'no such file or directory'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a directory'
    case 'ELOOP':
      return 'a link that leads to itself'
    default:
      return /^[A-Z0-9_]{2,40}$/.test(code) ? `it cannot be read (${code})` : 'it cannot be read'
  }
}
