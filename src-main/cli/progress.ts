import { printable } from '../wire/printable.ts'

const PROGRESS_EVERY_MS = 500

/** Says on standard error, not too often, how many entries of what have been checked. */
export function progressOf(): (what: string, done: number, total: number) => void {
  let toldMs = performance.now()
  return (what, done, total) => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(`${printable(what)}: ${done} of ${total} entries checked\n`)
  }
}
