import { inspect } from 'node:util'

const REDACTED = '[redacted]'

/** A value that cannot be printed by accident: text, JSON, templates and `console.log` all show `[redacted]`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Call it only where it goes on the wire. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
