/** A signal that fires once, so many milliseconds from now. */
export type After = (ms: number) => AbortSignal

/** The grace of the other images, in milliseconds: most registries answer within it, and whoever applied the object waits for it. */
export const GRACE = 2_000

export interface Haste {
  /** Fires with the deadline, or once the grace is over. */
  readonly signal: AbortSignal
  /** From now on the grace runs. */
  begin(): void
}

/** Why the grace's signal fires. Without one, each would make an error with a stack of its own, for nobody to read. */
const OVER = new Error('the grace is over')

/**
 * Once one image is certain to be denied, the others only add to what is said: they get a grace, so that all that is wrong is said
 * at once, and not the whole time, so that a registry that hangs does not hold a denial back.
 */
export function createHaste(deadline: AbortSignal, after: After | undefined): Haste {
  if (after === undefined) return { signal: deadline, begin: () => undefined }
  const hurry = new AbortController()
  let begun = false
  return {
    signal: AbortSignal.any([deadline, hurry.signal]),
    begin() {
      if (begun) return
      begun = true
      after(GRACE).addEventListener('abort', () => hurry.abort(OVER), { once: true })
    },
  }
}
