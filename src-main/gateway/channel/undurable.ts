/**
 * What was sent to the recording thread and is not durable yet. It is kept until then, so that a thread that has to begin anew loses
 * none of it. The acquisition is told of each message when the thread has it, so that what is under way stays bounded.
 */
import { ROW_BYTES, rowCount } from '../../wire/rows.ts'
import type { FromLedger } from './messages.ts'
import type { RowsHanded } from '../signing/rows-handed.ts'

interface Message {
  handed: RowsHanded
  /** Null once it was called. */
  taken: (() => void) | null
}

export class Undurable {
  /** The first of them were taken, the rest is on its way. */
  readonly #messages: Message[] = []
  #readings = 0
  #taken = 0
  /** Readings of the first message that are durable. */
  #ahead = 0

  /** Readings that are not durable yet. */
  get readings(): number {
    return this.#readings - this.#ahead
  }

  add(handed: RowsHanded, taken: (() => void) | undefined): void {
    this.#messages.push({ handed, taken: taken ?? null })
    this.#readings += rowCount(handed.rows)
  }

  /** The thread has more messages, and the first are durable, the next one in part. */
  taken({ messages, durable, ahead }: Omit<Extract<FromLedger, { type: 'taken' }>, 'type'>): void {
    for (const message of this.#messages.slice(this.#taken, this.#taken + messages)) {
      message.taken?.()
      message.taken = null
    }
    this.#taken += messages - durable
    for (const { handed } of this.#messages.splice(0, durable)) this.#readings -= rowCount(handed.rows)
    this.#ahead = ahead
  }

  /** For a thread that begins anew: what it does not have yet, in order. */
  again(): RowsHanded[] {
    this.#taken = 0
    const [first] = this.#messages
    if (first !== undefined && this.#ahead > 0) {
      this.#readings -= this.#ahead
      first.handed = withoutFirst(first.handed, this.#ahead)
    }
    this.#ahead = 0
    return this.#messages.map(({ handed }) => handed)
  }
}

function withoutFirst({ rows, gaps, kind }: RowsHanded, count: number): RowsHanded {
  return {
    rows: { ...rows, rows: rows.rows.slice(count * ROW_BYTES) },
    gaps: gaps.flatMap((gap) => (gap.row < count ? [] : [{ ...gap, row: gap.row - count }])),
    kind,
  }
}
