// The X.509 library's container asks for the Reflect metadata polyfill, of which it uses three functions: these. It reads what its
// own decorators wrote, on classes of its own; nobody else is served. Whoever brings a whole polyfill is left alone.
interface ReflectMetadata {
  getMetadata?: (key: unknown, target: object) => unknown
  getOwnMetadata?: (key: unknown, target: object) => unknown
  defineMetadata?: (key: unknown, value: unknown, target: object) => void
}

/** Must have run before `@peculiar/x509` is loaded. */
export function installReflectMetadata(): void {
  const reflect = Reflect as ReflectMetadata
  if (reflect.getMetadata !== undefined) return
  const metadata = new WeakMap<object, Map<unknown, unknown>>()
  const getOwn = (key: unknown, target: object): unknown => metadata.get(target)?.get(key)
  reflect.getOwnMetadata = getOwn
  reflect.getMetadata = (key, target) => {
    for (let owner: object | null = target; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
      if (metadata.get(owner)?.has(key) === true) return getOwn(key, owner)
    }
    return undefined
  }
  reflect.defineMetadata = (key, value, target) => {
    metadata.set(target, (metadata.get(target) ?? new Map<unknown, unknown>()).set(key, value))
  }
}
