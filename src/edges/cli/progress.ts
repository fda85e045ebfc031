import type { Terminal } from './terminal.ts'

const REDRAW_MS = 100
const SHOWN_AFTER_MS = 300 // what is done by then needs no progress

export interface Progress {
  done(): void
  /** Takes the line away. */
  end(): void
}

/** One line on a terminal that counts up while lookups run, `checking 12/40`; nothing in a pipe. */
export function startProgress(terminal: Terminal, total: number): Progress {
  if (terminal.isTTY !== true) return { done: () => undefined, end: () => undefined }
  let count = 0
  let drawn = false
  const started = Date.now()
  const timer = setInterval(() => {
    if (Date.now() - started < SHOWN_AFTER_MS) return
    drawn = true
    terminal.write(`\r\u001b[Kchecking ${count}/${total}`)
  }, REDRAW_MS)
  timer.unref()
  return {
    done: () => {
      count += 1
    },
    end: () => {
      clearInterval(timer)
      if (drawn) terminal.write('\r\u001b[K')
    },
  }
}
