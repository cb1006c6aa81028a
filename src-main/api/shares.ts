import { ApiError } from './api-error.ts'
import type { Caller } from './handlers.ts'

/** Event streams of one person at once, over all of its browsers and tabs: a browser opens six connections to one address. */
export const STREAMS_PER_PERSON = 8
/** Open consoles and other event streams at once. */
const STREAMS_MAX = 256
/** Requests of one person that are being answered at once, streams included: of 512 connections. */
export const REQUESTS_PER_PERSON = 32

type Answered = { once(event: 'close', listener: () => void): unknown }

/** What one person may hold at once, so that the others find room. Programs with the token have no share: the machine is theirs. */
export class Shares {
  readonly #requests = new Map<string, number>()
  readonly #streams = new Map<string, number>()
  #allStreams = 0

  /**
   * Counts a request until its answer closes.
   *
   * @throws {ApiError} 429 `too_many_requests`
   */
  request(caller: Caller, answered: Answered): void {
    if (caller.via !== 'session') return
    if ((this.#requests.get(caller.name) ?? 0) >= REQUESTS_PER_PERSON) {
      throw new ApiError(
        429,
        'too_many_requests',
        `${REQUESTS_PER_PERSON} requests of ${caller.name} are being answered already`,
        'Wait for them, or close consoles that nobody looks at.',
      )
    }
    count(this.#requests, caller.name, answered)
  }

  /**
   * Counts an event stream until it closes.
   *
   * @throws {ApiError} 429 `too_many_streams` beyond the person's share, 503 `busy` beyond what there is
   */
  stream(caller: Caller, answered: Answered): void {
    if (caller.via === 'session' && (this.#streams.get(caller.name) ?? 0) >= STREAMS_PER_PERSON) {
      throw new ApiError(
        429,
        'too_many_streams',
        `${caller.name} has ${STREAMS_PER_PERSON} event streams open already`,
        'Close consoles that nobody looks at.',
      )
    }
    if (this.#allStreams >= STREAMS_MAX) {
      throw new ApiError(
        503,
        'busy',
        `${STREAMS_MAX} event streams are open already`,
        'Close consoles that nobody looks at.',
      )
    }
    this.#allStreams += 1
    answered.once('close', () => {
      this.#allStreams -= 1
    })
    if (caller.via === 'session') count(this.#streams, caller.name, answered)
  }
}

function count(counts: Map<string, number>, name: string, answered: Answered): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
  answered.once('close', () => {
    const left = (counts.get(name) ?? 1) - 1
    if (left > 0) counts.set(name, left)
    else counts.delete(name)
  })
}
