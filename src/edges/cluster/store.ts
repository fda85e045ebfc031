import { readMetadata } from './read-objects.ts'

/** What is kept of a watched resource, by name. */
export interface Store<T> {
  get(name: string): T | undefined
  /** The same list until something changes. */
  all(): readonly T[]
  /** Takes in a new list page by page; what was kept stays until `done`. */
  replacing(): { readonly add: (items: readonly unknown[]) => void; readonly done: () => void }
  set(object: unknown): void
  delete(object: unknown): void
}

export function createStore<T>(read: (object: unknown) => T | undefined): Store<T> {
  let kept = new Map<string, T>()
  let list: readonly T[] | undefined

  function put(into: Map<string, T>, object: unknown): void {
    const name = readMetadata(object)?.name
    const value = read(object)
    if (name !== undefined && value !== undefined) into.set(name, value)
  }

  return {
    get: (name) => kept.get(name),
    all: () => (list ??= [...kept.values()]),
    replacing() {
      const next = new Map<string, T>()
      return {
        add: (items) => {
          for (const item of items) put(next, item)
        },
        done: () => {
          kept = next
          list = undefined
        },
      }
    },
    set(object) {
      put(kept, object)
      list = undefined
    },
    delete(object) {
      const name = readMetadata(object)?.name
      if (name !== undefined) kept.delete(name)
      list = undefined
    },
  }
}
