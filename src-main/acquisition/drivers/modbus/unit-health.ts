const FAILURES_BEFORE_QUARANTINE = 3
const QUARANTINE_MS_MIN = 10_000
const QUARANTINE_MS_MAX = 300_000
/** Nobody waits behind a unit that is alone on its line. */
const QUARANTINE_MS_ALONE = 5000

/** Whether a unit, or one block of it, answers. A dead one is asked ever more rarely, so that it does not stall the others on its line. */
export class AnswerHealth {
  /** Requests in a row that were not answered. */
  failures = 0
  /** On the monotonic clock; 0 when not in quarantine. */
  quarantinedUntilMs = 0
  reason = ''
  readonly #alone: boolean
  #quarantineMs: number

  constructor(alone: boolean) {
    this.#alone = alone
    this.#quarantineMs = alone ? QUARANTINE_MS_ALONE : QUARANTINE_MS_MIN
  }

  get answering(): boolean {
    return this.failures === 0
  }

  succeeded(): void {
    this.failures = 0
    this.quarantinedUntilMs = 0
    this.reason = ''
    this.#quarantineMs = this.#alone ? QUARANTINE_MS_ALONE : QUARANTINE_MS_MIN
  }

  failed(reason: string): void {
    this.failures++
    this.reason = reason
  }

  /** Not to be asked for a while, if it has failed often enough. */
  quarantine(nowMs: number): void {
    if (this.failures < FAILURES_BEFORE_QUARANTINE) return
    this.quarantinedUntilMs = nowMs + this.#quarantineMs
    if (!this.#alone) this.#quarantineMs = Math.min(QUARANTINE_MS_MAX, this.#quarantineMs * 2)
  }
}
