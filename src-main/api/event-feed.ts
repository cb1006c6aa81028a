import type { EventData } from '../endpoints/events.ts'
import type { ServerEvent, Subscription } from './handlers.ts'

/** Blocks read back from the ledger at once while a client catches up. */
const REPLAY_AT_ONCE = 200
/** Certificates that may wait for one client. Older ones fall out: the register has them all. */
const CERTIFICATES_WAITING_MAX = 32

type Block = { readonly id: number; readonly data: EventData<'blocks'> }

/** What one client has not received yet. Its size does not grow with how long the client has been away. */
interface Waiting {
  position: number
  status: EventData<'status'> | null
  audit: EventData<'audit'> | null
  points: Map<string, EventData<'points'>['points'][number]>
  pointsAtUs: number
  certificates: EventData<'certificate'>[]
  wake: () => void
}

/**
 * Hands what happens to every open console.
 *
 * Blocks always come from the ledger, live ones too: a client has a position, and what lies behind the head is read and
 * sent in order. So coming back after a pause is the same as being slow, and neither leaves a gap. Status, audit and
 * points speak of now: a slow client gets the newest and misses what was between.
 */
export class EventFeed {
  readonly #blocksAfter: (position: number, limit: number) => readonly Block[] | Promise<readonly Block[]>
  readonly #clients = new Set<Waiting>()
  #head: number
  #isOver = false
  #status: EventData<'status'> | null = null

  /**
   * @param options head: the ledger position now (tree size right after the newest seal); blocksAfter: blocks whose
   *   position is greater, in order, at most `limit`; `id` is each block's position
   */
  constructor(options: {
    head: number
    blocksAfter: (position: number, limit: number) => readonly Block[] | Promise<readonly Block[]>
  }) {
    this.#head = options.head
    this.#blocksAfter = options.blocksAfter
  }

  /** A block was sealed; `position` is the tree size right after it. */
  advance(position: number): void {
    if (position <= this.#head) return
    this.#head = position
    this.#wakeAll()
  }

  status(status: EventData<'status'>): void {
    this.#status = status
    for (const client of this.#clients) client.status = status
    this.#wakeAll()
  }

  points(update: EventData<'points'>): void {
    for (const client of this.#clients) {
      client.pointsAtUs = update.atUs
      for (const point of update.points) client.points.set(point.stream, point)
    }
    this.#wakeAll()
  }

  audit(progress: EventData<'audit'>): void {
    for (const client of this.#clients) client.audit = progress
    this.#wakeAll()
  }

  certificate(row: EventData<'certificate'>): void {
    for (const client of this.#clients) {
      client.certificates.push(row)
      if (client.certificates.length > CERTIFICATES_WAITING_MAX) client.certificates.shift()
    }
    this.#wakeAll()
  }

  /** Ends every stream: what is told next is told by another feed, to whoever comes again. */
  end(): void {
    this.#isOver = true
    this.#wakeAll()
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** The handler of the `events` endpoint. A client gets the newest status at once. */
  async *subscribe({ lastEventId, signal }: Subscription): AsyncGenerator<ServerEvent, void, undefined> {
    const client: Waiting = {
      // A position beyond the head is not one of this ledger's: such a client begins now.
      position: Math.min(lastEventId ?? this.#head, this.#head),
      status: this.#status,
      audit: null,
      points: new Map(),
      pointsAtUs: 0,
      certificates: [],
      wake: () => undefined,
    }
    const onAbort = (): void => client.wake()
    this.#clients.add(client)
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted && !this.#isOver) {
        yield* takeNow(client)
        if (client.position < this.#head) yield* this.#catchUp(client)
        else if (!this.#isOver) await untilWoken(client, signal)
      }
    } finally {
      this.#clients.delete(client)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async *#catchUp(client: Waiting): AsyncGenerator<ServerEvent, void, undefined> {
    const head = this.#head
    const blocks = await this.#blocksAfter(client.position, REPLAY_AT_ONCE)
    for (const { id, data } of blocks) {
      client.position = id
      yield { event: 'blocks', data, id }
    }
    // Entries may lie between the newest seal and the head that was announced; there is no block to send for them yet.
    if (blocks.length === 0) client.position = head
  }

  #wakeAll(): void {
    for (const client of this.#clients) client.wake()
  }
}

function hasSomething(client: Waiting): boolean {
  return client.status !== null || client.audit !== null || client.points.size > 0 || client.certificates.length > 0
}

function* takeNow(client: Waiting): Generator<ServerEvent, void, undefined> {
  if (client.status !== null) {
    const data = client.status
    client.status = null
    yield { event: 'status', data }
  }
  if (client.points.size > 0) {
    const points = [...client.points.values()]
    client.points.clear()
    yield { event: 'points', data: { atUs: client.pointsAtUs, points } }
  }
  if (client.audit !== null) {
    const data = client.audit
    client.audit = null
    yield { event: 'audit', data }
  }
  for (let row = client.certificates.shift(); row !== undefined; row = client.certificates.shift()) {
    yield { event: 'certificate', data: row }
  }
}

async function untilWoken(client: Waiting, signal: AbortSignal): Promise<void> {
  if (signal.aborted || hasSomething(client)) return
  await new Promise<void>((resolve) => {
    client.wake = resolve
  })
  client.wake = () => undefined
}
