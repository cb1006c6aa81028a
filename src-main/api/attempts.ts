import { ApiError } from './api-error.ts'

/** Wrong passphrases in a row that pause a name for one source. */
export const WRONG_MAX = 5
export const PAUSE_US = 15 * 60_000_000
const STRANGERS_MAX = 1000
const DEVICES_MAX = 1000
const ADDRESSES_MAX = 4096
/** Of all addresses elsewhere together, for one name. */
const WRONG_ELSEWHERE_MAX = 50

/** Where an attempt comes from. */
export interface Source {
  /** A browser in which this person has signed in before, else null. */
  readonly device: string | null
  /** Of whoever came through the door for others; null at this machine. */
  readonly address: string | null
}

interface Record {
  wrong: number
  /** The time of the last attempt, or, once paused, the end of the pause. */
  atUs: number
  pausedUntilUs: number
}

/**
 * Counts wrong passphrases by name and source, for names that exist and names that don't alike.
 *
 * A browser in which the person has signed in before is a source, with five attempts of its own. At this machine every address is
 * anybody's, so all other browsers there are one source. Through the door for others each address is one; and because whoever
 * has many addresses would have as many guesses, all of them together have fifty for a name. Who guesses pauses the name for
 * unknown browsers of the same source, never for the person's own. In a browser that was never used, a person whose name is
 * paused needs a sign-in link.
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
  readonly #addresses = new Map<string, Record>()

  /** @param options isPerson: whether a name is on the list of people */
  constructor(options: { nowUs: () => number; isPerson: (name: string) => boolean }) {
    this.#nowUs = options.nowUs
    this.#isPerson = options.isPerson
  }

  /**
   * @param source where the attempt comes from
   * @throws {ApiError} 429 `too_many_attempts` with `waitSeconds` while the name is paused for this source
   */
  begin(name: string, { device, address }: Source): void {
    if (device !== null) return this.#count(name, [[this.#devices, keyOf(name, device), WRONG_MAX]])
    const names = this.#isPerson(name) ? this.#people : this.#strangers
    if (address === null) return this.#count(name, [[names, name, WRONG_MAX]])
    this.#count(name, [
      [this.#addresses, keyOf(name, address), WRONG_MAX],
      [names, keyOf(name, ''), WRONG_ELSEWHERE_MAX],
    ])
  }

  /** The passphrase was right: forget the wrong ones of this source before it. */
  succeed(name: string, { device, address }: Source): void {
    if (device !== null) this.#devices.delete(keyOf(name, device))
    else if (address === null) this.#people.delete(name)
    else {
      this.#addresses.delete(keyOf(name, address))
      this.#takeBack(keyOf(name, ''))
    }
  }

  /** One that was right counts as no guess; what others guessed stays counted. */
  #takeBack(key: string): void {
    const record = this.#people.get(key)
    if (record === undefined) return
    record.wrong -= 1
    if (record.wrong < WRONG_ELSEWHERE_MAX) record.pausedUntilUs = 0
  }

  /** Looks at all of them before it counts in any. */
  #count(name: string, counts: readonly (readonly [Map<string, Record>, string, number])[]): void {
    const nowUs = this.#nowUs()
    for (const [records, key] of counts) {
      const pausedUntilUs = records.get(key)?.pausedUntilUs ?? 0
      if (nowUs < pausedUntilUs) throw paused(name, pausedUntilUs - nowUs)
    }
    for (const [records, key, max] of counts) {
      const record = records.get(key) ?? { wrong: 0, atUs: nowUs, pausedUntilUs: 0 }
      if (record.pausedUntilUs > 0 || nowUs - record.atUs >= PAUSE_US) {
        record.wrong = 0
        record.pausedUntilUs = 0
      }
      record.wrong += 1
      record.atUs = nowUs
      if (record.wrong >= max) record.pausedUntilUs = nowUs + PAUSE_US
      records.set(key, record)
    }
    this.#makeRoom(this.#strangers, STRANGERS_MAX)
    this.#makeRoom(this.#devices, DEVICES_MAX)
    this.#makeRoom(this.#addresses, ADDRESSES_MAX)
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

/** Neither a device id nor an address holds a line break; with neither, no name at this machine has such a key among people. */
function keyOf(name: string, source: string): string {
  return `${source}\n${name}`
}

function paused(name: string, leftUs: number): ApiError {
  const waitSeconds = Math.ceil(leftUs / 1_000_000)
  return new ApiError(
    429,
    'too_many_attempts',
    `too many wrong passphrases were entered for "${name}"`,
    `Wait ${Math.ceil(waitSeconds / 60)} min, use a browser in which you have signed in before, or ask for a sign-in link: plumbline console.`,
    { waitSeconds },
  )
}
