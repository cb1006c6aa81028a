import type { GatewayCore } from './core.ts'
import type { FromLedger, GapReport } from './messages.ts'
import type { Rows } from '../wire/rows.ts'

/** Counts what this thread was handed, and tells how much of it is durable: what is not yet is sent again should the thread begin anew. */
export class TakenSoFar {
  readonly #core: Pick<GatewayCore, 'readings' | 'gap' | 'undurable'>
  readonly #tell: (message: FromLedger) => void
  /** Of each message whose readings are not all durable: how many readings had come with it and all before it. */
  readonly #marks: number[] = []
  /** Messages that came since this was told last. */
  #new = 0
  #readings = 0
  #gaps = 0
  #gapsTold = 0

  constructor(core: Pick<GatewayCore, 'readings' | 'gap' | 'undurable'>, tell: (message: FromLedger) => void) {
    this.#core = core
    this.#tell = tell
  }

  rows(rows: Rows): void {
    const before = this.#core.undurable.readings
    this.#core.readings(rows)
    this.#readings += this.#core.undurable.readings - before
    this.#marks.push(this.#readings)
    this.#new += 1
  }

  gap(gap: GapReport): void {
    this.#core.gap(gap)
    this.#gaps += 1
  }

  /** Only after work that did not fail: what a failed transaction held is in no count any more. */
  told(): void {
    const durableReadings = this.#readings - this.#core.undurable.readings
    const first = this.#marks.findIndex((mark) => mark > durableReadings)
    const durable = first === -1 ? this.#marks.length : first
    this.#marks.splice(0, durable)
    if (this.#new > 0 || durable > 0) this.#tell({ type: 'taken', messages: this.#new, durable })
    this.#new = 0
    if (this.#gapsTold === this.#gaps || this.#core.undurable.gaps) return
    this.#gapsTold = this.#gaps
    this.#tell({ type: 'gaps-signed', total: this.#gaps })
  }
}
