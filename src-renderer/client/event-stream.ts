/**
 * The single stream of events of a tab (server-sent events, WHATWG HTML 9.2), read by fetch because an EventSource sends no headers.
 *
 * After a dropped connection, or an answer that is no stream, it is opened again, from the last position on.
 */
import './no-code-generation.ts'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type EventData, type EventName, eventNames, events } from '../../src-main/endpoints/events.ts'
import { addressOf } from './call.ts'
import { keyHeader } from './key.ts'

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
  #open: AbortController | null = null
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
    const abort = new AbortController()
    this.#open = abort
    void this.#read(abort.signal).catch(() => {
      if (abort.signal.aborted) return
      this.#state.onLost()
      this.#openLater()
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#open?.abort()
    this.#open = null
  }

  /** Rejects when the stream is over, however it ended. */
  async #read(signal: AbortSignal): Promise<never> {
    const after = this.#position === null ? {} : { after: this.#position }
    const headers = { accept: 'text/event-stream', ...keyHeader() }
    const response = await fetch(addressOf('events', { query: after }), { headers, signal, credentials: 'same-origin' })
    if (!response.ok || response.body === null) throw new Error(`no stream: ${response.status}`)
    this.#delayMs = firstDelayMs
    this.#state.onOpen()
    const parser = createParser({ onEvent: (event) => this.#take(event) })
    const decoder = new TextDecoder()
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read()
      if (done) throw new Error('the stream ended')
      parser.feed(decoder.decode(value, { stream: true }))
    }
  }

  #openLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.open(), this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs)
  }

  #take({ event, data, id }: EventSourceMessage): void {
    const name = eventNames.find((known) => known === event)
    if (name !== undefined) this.#hand(name, data, id)
  }

  #hand<N extends EventName>(name: N, data: string, id: string | undefined): void {
    let json: unknown
    try {
      json = JSON.parse(data)
    } catch {
      this.#state.onMalformed(name, 'not JSON')
      return
    }
    const parsed = events[name].safeParse(json)
    if (!parsed.success) {
      this.#state.onMalformed(name, parsed.error.issues[0]?.message ?? 'does not fit')
      return
    }
    if (id !== undefined && id !== '') this.#position = id
    this.#handlers[name](parsed.data as EventData<N>)
  }
}
