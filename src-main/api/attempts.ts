import { ApiError } from './api-error.ts'

/** Wrong passphrases in a row that pause a name for one source. */
export const WRONG_MAX = 5
export const PAUSE_US = 15 * 60_000_000
const STRANGERS_MAX = 1000
const DEVICES_MAX = 1000

interface Record {
  wrong: number
  /** The time of the last attempt, or, once paused, the end of the pause. */
  atUs: number
  pausedUntilUs: number
}

/**
 * Counts wrong passphrases by name and source, for names that exist and names that don't alike.
 *
 * The console serves loopback only: every address there is anybody's on this machine, so none is a source. A browser in which
 * the person has signed in before is one, with five attempts of its own; everything else together is another. Who guesses
 * from elsewhere has five guesses in 15 minutes as before, and pauses the name for other unknown browsers, no longer for
 * the person's own. In a browser that was never used, a person whose name is paused needs a sign-in link.
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
  readonly #devices = new Map<string, Record>()

  /** @param options isPerson: whether a name is on the list of people */
  constructor(options: { nowUs: () => number; isPerson: (name: string) => boolean }) {
    this.#nowUs = options.nowUs
    this.#isPerson = options.isPerson
  }

  /**
   * @param device in which this person has signed in before, else null
   * @throws {ApiError} 429 `too_many_attempts` with `waitSeconds` while the name is paused for this source
   */
  begin(name: string, device: string | null): void {
    const nowUs = this.#nowUs()
    const records = device !== null ? this.#devices : this.#isPerson(name) ? this.#people : this.#strangers
    const key = keyOf(name, device)
    const record = records.get(key) ?? { wrong: 0, atUs: nowUs, pausedUntilUs: 0 }
    if (nowUs < record.pausedUntilUs) throw paused(name, record.pausedUntilUs - nowUs)
    if (record.pausedUntilUs > 0 || nowUs - record.atUs >= PAUSE_US) {
      record.wrong = 0
      record.pausedUntilUs = 0
    }
    record.wrong += 1
    record.atUs = nowUs
    if (record.wrong >= WRONG_MAX) record.pausedUntilUs = nowUs + PAUSE_US
    records.set(key, record)
    this.#makeRoom(this.#strangers, STRANGERS_MAX)
    this.#makeRoom(this.#devices, DEVICES_MAX)
  }

  /** The passphrase was right: forget the wrong ones of this source before it. */
  succeed(name: string, device: string | null): void {
    if (device === null) this.#people.delete(name)
    else this.#devices.delete(keyOf(name, device))
  }

  /** Strangers' names come from whoever asks, and a person can make devices, so the lists are bounded; what is paused stays longest. */
  #makeRoom(records: Map<string, Record>, max: number): void {
    if (records.size <= max) return
    for (const [key, record] of records) {
      if (record.pausedUntilUs <= this.#nowUs()) {
        records.delete(key)
        return
      }
    }
    const first = records.keys().next()
    if (first.done !== true) records.delete(first.value)
  }
}

/** A device id holds no line break. */
function keyOf(name: string, device: string | null): string {
  return device === null ? name : `${device}\n${name}`
}

function paused(name: string, leftUs: number): ApiError {
  const waitSeconds = Math.ceil(leftUs / 1_000_000)
  return new ApiError(
    429,
    'too_many_attempts',
    `${WRONG_MAX} wrong passphrases were entered for "${name}"`,
    `Wait ${Math.ceil(waitSeconds / 60)} min, use a browser in which you have signed in before, or ask for a sign-in link: plumbline console.`,
    { waitSeconds },
  )
}
