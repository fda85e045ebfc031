const MOST_CHARACTERS = 253

/** Whether the API server could hold an object of that name: a DNS subdomain ("Object Names and IDs", RFC 1123). */
export function isObjectName(name: string): boolean {
  return name.length <= MOST_CHARACTERS && name.split('.').every(isLabel)
}

/** Namespaces are of one label. */
export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && isLabel(name)
}

function isLabel(label: string): boolean {
  return /^[a-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-')
}
