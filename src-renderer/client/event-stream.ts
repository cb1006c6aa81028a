/**
 * The single EventSource of a tab.
 *
 * The browser resumes by itself after a dropped connection (it sends Last-Event-ID); after an answer that is no stream, such as
 * 401 or 503, it gives up for good, so then a new one is opened that names the last position in its query.
 */
import './no-code-generation.ts'
import { type EventData, type EventName, eventNames, events } from '../../src-main/endpoints/events.ts'
import { addressOf } from './call.ts'

const firstDelayMs = 1000
const longestDelayMs = 10_000

export type Handlers = { [N in EventName]: (data: EventData<N>) => void }

export interface StreamState {
  /** The stream is open. */
  onOpen(): void
  /** The stream broke; it is being opened again. */
  onLost(): void
  /** An event did not fit its schema. */
  onMalformed(name: string, reason: string): void
}

export class EventStream {
  #source: EventSource | null = null
  #position: string | null = null
  #delayMs = firstDelayMs
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #handlers: Handlers
  readonly #state: StreamState

  constructor(handlers: Handlers, state: StreamState) {
    this.#handlers = handlers
    this.#state = state
  }

  open(): void {
    this.close()
    const after = this.#position === null ? {} : { after: this.#position }
    const source = new EventSource(addressOf('events', { query: after }))
    this.#source = source
    source.addEventListener('open', () => {
      this.#delayMs = firstDelayMs
      this.#state.onOpen()
    })
    source.addEventListener('error', () => {
      this.#state.onLost()
      if (source.readyState === EventSource.CLOSED) this.#openLater()
    })
    for (const name of eventNames)
      source.addEventListener(name, (event) => this.#take(name, event as MessageEvent<string>))
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = null
  }

  #openLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.open(), this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs)
  }

  #take<N extends EventName>(name: N, event: MessageEvent<string>): void {
    let json: unknown
    try {
      json = JSON.parse(event.data)
    } catch {
      this.#state.onMalformed(name, 'not JSON')
      return
    }
    const parsed = events[name].safeParse(json)
    if (!parsed.success) {
      this.#state.onMalformed(name, parsed.error.issues[0]?.message ?? 'does not fit')
      return
    }
    if (event.lastEventId !== '') this.#position = event.lastEventId
    this.#handlers[name](parsed.data as EventData<N>)
  }
}
