import { ApiError } from './api-error.ts'

/** Wrong passphrases in a row that pause a name. */
export const WRONG_MAX = 5
export const PAUSE_US = 15 * 60_000_000
const STRANGERS_MAX = 1000

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
  readonly #isPerson: (name: string) => boolean
  /** Apart from strangers: invented names must not push out the count of one that exists. There are few people. */
  readonly #people = new Map<string, Record>()
  readonly #strangers = new Map<string, Record>()

  /** @param options isPerson: whether a name is on the list of people */
  constructor(options: { nowUs: () => number; isPerson: (name: string) => boolean }) {
    this.#nowUs = options.nowUs
    this.#isPerson = options.isPerson
  }

  /** @throws {ApiError} 429 `too_many_attempts` with `waitSeconds` while the name is paused */
  begin(name: string): void {
    const nowUs = this.#nowUs()
    const records = this.#isPerson(name) ? this.#people : this.#strangers
    const record = records.get(name) ?? { wrong: 0, atUs: nowUs, pausedUntilUs: 0 }
    if (nowUs < record.pausedUntilUs) throw paused(name, record.pausedUntilUs - nowUs)
    if (record.pausedUntilUs > 0 || nowUs - record.atUs >= PAUSE_US) {
      record.wrong = 0
      record.pausedUntilUs = 0
    }
    record.wrong += 1
    record.atUs = nowUs
    if (record.wrong >= WRONG_MAX) record.pausedUntilUs = nowUs + PAUSE_US
    records.set(name, record)
    this.#makeRoom()
  }

  /** The passphrase was right: forget the wrong ones before it. */
  succeed(name: string): void {
    this.#people.delete(name)
  }

  /** Strangers' names come from whoever asks, so their list is bounded; names that are paused stay longest. */
  #makeRoom(): void {
    if (this.#strangers.size <= STRANGERS_MAX) return
    for (const [name, record] of this.#strangers) {
      if (record.pausedUntilUs <= this.#nowUs()) {
        this.#strangers.delete(name)
        return
      }
    }
    const first = this.#strangers.keys().next()
    if (first.done !== true) this.#strangers.delete(first.value)
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
