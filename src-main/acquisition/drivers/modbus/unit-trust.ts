import type { ModbusRequest } from './link.ts'

/** How a request was answered; an exception fits a request of any length. */
export type Answered = 'data' | 'exception'

/** Other table that the same device is asked for when it ignores reads of another length. */
const OTHER_TABLE = { holding: 'input', input: 'holding', coil: 'discrete', discrete: 'coil' } as const
const PLACES = 65_536

/**
 * Whether the replies of one unit are believed, on a line where replies carry no number. A reply that somebody asked for
 * earlier may still come, or a serial server may hold it until the next request: it would be a wrong value without an error.
 * So after opening and after each unanswered request
 * 1. nothing is asked of the unit for as long as a reply may be late,
 * 2. a sentinel is read, whose value is thrown away; a reply too many would follow now, so the unit is left alone again,
 * 3. the next request is believed if its answer cannot be the sentinel's: the replies then belong to their requests.
 * Other units may be asked meanwhile, since replies name their unit.
 */
export class UnitTrust {
  readonly #latenessMs: number
  #stage: 'doubted' | 'sentinel answered' | 'trusted' = 'doubted'
  #sentinel: { request: ModbusRequest; answered: Answered } | null = null
  /** The kind of sentinel: of another table, or else of another length. */
  #ofOtherTable = false
  /** The unit must not be asked before, on the monotonic clock. */
  askableAtMs = 0

  constructor(latenessMs: number) {
    this.#latenessMs = latenessMs
  }

  get trusted(): boolean {
    return this.#stage === 'trusted'
  }

  /** A request stayed unanswered, or something came that it cannot explain. */
  doubt(nowMs: number): void {
    this.#stage = 'doubted'
    this.askableAtMs = nowMs + this.#latenessMs
  }

  /** Back to the sentinel at least, because bytes came that nobody can explain; a trusted unit is not touched. */
  disturbed(nowMs: number): void {
    if (this.#stage === 'sentinel answered') this.doubt(nowMs)
  }

  /** True when the answer to this request may be believed if it fits. */
  believes(request: ModbusRequest): boolean {
    if (this.#stage !== 'sentinel answered' || this.#sentinel === null) return this.trusted
    const { request: sentinel, answered } = this.#sentinel
    return answered === 'exception' || !sameShape(sentinel, request)
  }

  sentinelFor(request: ModbusRequest): ModbusRequest {
    return this.#ofOtherTable ? { ...request, table: OTHER_TABLE[request.table], count: 1 } : ofOtherLength(request)
  }

  sentinelAnswered(request: ModbusRequest, answered: Answered, nowMs: number): void {
    this.#stage = 'sentinel answered'
    this.#sentinel = { request, answered }
    this.askableAtMs = nowMs + this.#latenessMs
  }

  /** Some devices say nothing to a length they do not like, others nothing to a table they do not have: the other is tried. */
  sentinelFailed(nowMs: number): void {
    this.#ofOtherTable = !this.#ofOtherTable
    this.doubt(nowMs)
  }

  /** An answer to a request that `believes` allowed. */
  answered(request: ModbusRequest, answered: Answered, nowMs: number): void {
    if (this.trusted) return
    const sentinel = this.#sentinel
    // Two exceptions of one table look alike, so the second may be the first one's: it proves nothing.
    const alike = sentinel?.answered === 'exception' && answered === 'exception'
    if (alike && sentinel.request.table === request.table) this.sentinelFailed(nowMs)
    else this.#stage = 'trusted'
  }
}

/** A read of the same place whose answer is shorter or longer. */
function ofOtherLength(request: ModbusRequest): ModbusRequest {
  const other = isBits(request) ? (request.count > 8 ? 1 : 9) : request.count > 1 ? 1 : 2
  return { ...request, address: Math.min(request.address, PLACES - other), count: other }
}

function sameShape(one: ModbusRequest, other: ModbusRequest): boolean {
  return one.table === other.table && dataBytesOf(one) === dataBytesOf(other)
}

/** How many bytes of data the answer holds. */
function dataBytesOf(request: ModbusRequest): number {
  return isBits(request) ? Math.ceil(request.count / 8) : request.count * 2
}

function isBits(request: ModbusRequest): boolean {
  return request.table === 'coil' || request.table === 'discrete'
}
