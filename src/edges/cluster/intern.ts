const MOST_STRINGS = 200_000

/** One string for all equal ones: nodes list the same images and have the same labels. */
export function createIntern(): (text: string) => string {
  const pool = new Map<string, string>()
  return (text) => {
    const known = pool.get(text)
    if (known !== undefined) return known
    // What is forgotten here is only no longer shared.
    if (pool.size >= MOST_STRINGS) pool.clear()
    pool.set(text, text)
    return text
  }
}
