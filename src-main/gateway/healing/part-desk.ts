/** Lost parts of the ledger between gateways: gives others what they ask for, and fetches what this one lost. */
import { MinuteSum } from '../../consensus/conduct.ts'
import type { LostPart, PartName, Parts } from '../../ledger/healing/parts.ts'
import type { Hash } from '../../ledger/log-tree.ts'
import { PartFetcher, type MissingReason } from './part-fetcher.ts'
import { encodeAsk, encodeGive, parsePartMessage } from './part-frames.ts'

/** What one member is given in a minute; beyond it, it is left without an answer and asks later. */
const GIVEN_BYTES_PER_MINUTE_MAX = 256 * 1024 * 1024

export interface Fetched {
  parts: Parts
  missing: { part: LostPart; why: MissingReason }[]
  /** Consensus ids of those who gave them. */
  from: number[]
}

export interface PartDeskOptions {
  hash: Hash
  voters: number
  /** A part as this ledger has it; null where it has not, or not undamaged. */
  give(part: PartName): Uint8Array | null
  reachable(): readonly number[]
  send(member: number, body: Uint8Array): void
  /** A member sent what no gateway sends; `what` follows its name. */
  onMalformed(member: number, what: string): void
  nowMs(): number
}

export class PartDesk {
  readonly #o: PartDeskOptions
  readonly #given = new Map<number, MinuteSum>()
  #fetching: { fetcher: PartFetcher; done: (fetched: Fetched) => void } | null = null

  constructor(options: PartDeskOptions) {
    this.#o = options
  }

  /** Resolves when all is there, or nothing more will come. One at a time. */
  async fetch(lost: readonly LostPart[]): Promise<Fetched> {
    if (this.#fetching !== null) throw new Error('parts: they are being fetched already')
    const { hash, voters, reachable, nowMs } = this.#o
    const alike = voters - (Math.floor(voters / 2) + 1) + 1
    const ask = (member: number, parts: readonly PartName[]): void => this.#o.send(member, encodeAsk(parts))
    const fetcher = new PartFetcher({ hash, alike, lost, reachable, ask, nowMs })
    return await new Promise((done) => {
      this.#fetching = { fetcher, done }
      this.tick()
    })
  }

  /** Every 100 ms. */
  tick(): void {
    if (this.#fetching === null) return
    const { fetcher, done } = this.#fetching
    fetcher.tick()
    if (!fetcher.done) return
    this.#fetching = null
    done({ parts: fetcher.parts, missing: fetcher.missing, from: fetcher.givers })
  }

  receive(from: number, body: Uint8Array): void {
    const message = parsePartMessage(body)
    if (message === null) this.#o.onMalformed(from, 'asked for parts of the ledger in a form that no gateway has')
    else if (message.type === 'ask') for (const part of message.parts) this.#give(from, part)
    else {
      this.#fetching?.fetcher.receive(from, message.part, message.bytes)
      this.tick()
    }
  }

  #give(to: number, part: PartName): void {
    const given = this.#given.get(to) ?? new MinuteSum()
    this.#given.set(to, given)
    const nowMs = this.#o.nowMs()
    if (given.add(0, nowMs) >= GIVEN_BYTES_PER_MINUTE_MAX) return
    const bytes = this.#o.give(part)
    // Asking costs a look-up even where nothing is found.
    given.add((bytes?.length ?? 0) + 4_096, nowMs)
    this.#o.send(to, encodeGive(part, bytes))
  }
}
