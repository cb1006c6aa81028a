import { ApiError } from './api-error.ts'

/** Wrong passphrases in a row that pause a name. */
export const WRONG_MAX = 5
export const PAUSE_US = 15 * 60_000_000
const NAMES_MAX = 1000

interface Record {
  wrong: number
  /** The time of the last attempt, or, once paused, the end of the pause. */
  atUs: number
  pausedUntilUs: number
}

/**
 * Counts wrong passphrases by name, for names that exist and names that don't alike.
 *
 * An attempt counts as wrong from the moment it begins: guesses sent at the same time can't slip past the limit while
 * the first is still being hashed.
 */
export class Attempts {
  readonly #nowUs: () => number
  readonly #records = new Map<string, Record>()

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** @throws {ApiError} 429 `too_many_attempts` with `waitSeconds` while the name is paused */
  begin(name: string): void {
    const nowUs = this.#nowUs()
    const record = this.#records.get(name) ?? { wrong: 0, atUs: nowUs, pausedUntilUs: 0 }
    if (nowUs < record.pausedUntilUs) throw paused(name, record.pausedUntilUs - nowUs)
    if (record.pausedUntilUs > 0 || nowUs - record.atUs >= PAUSE_US) {
      record.wrong = 0
      record.pausedUntilUs = 0
    }
    record.wrong += 1
    record.atUs = nowUs
    if (record.wrong >= WRONG_MAX) record.pausedUntilUs = nowUs + PAUSE_US
    this.#records.set(name, record)
    this.#makeRoom()
  }

  /** The passphrase was right: forget the wrong ones before it. */
  succeed(name: string): void {
    this.#records.delete(name)
  }

  /** Names come from whoever asks, so the list is bounded; names that are paused stay longest. */
  #makeRoom(): void {
    if (this.#records.size <= NAMES_MAX) return
    for (const [name, record] of this.#records) {
      if (record.pausedUntilUs <= this.#nowUs()) {
        this.#records.delete(name)
        return
      }
    }
    const first = this.#records.keys().next()
    if (first.done !== true) this.#records.delete(first.value)
  }
}

function paused(name: string, leftUs: number): ApiError {
  const waitSeconds = Math.ceil(leftUs / 1_000_000)
  return new ApiError(
    429,
    'too_many_attempts',
    `${WRONG_MAX} wrong passphrases were entered for "${name}"`,
    `Wait ${Math.ceil(waitSeconds / 60)} min, or ask for a sign-in link: plumbline console.`,
    { waitSeconds },
  )
}
