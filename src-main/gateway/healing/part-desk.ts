/** Lost parts of the ledger between gateways: gives others what they ask for, and fetches what this one lost. */
import type { Hash } from '../../wire/bytes.ts'
import type { Addon } from '../../../native/addon.ts'
import { MinuteSum } from '../../consensus/conduct.ts'
import { FRAME } from '../../consensus/frames.ts'
import type { ChannelLinks } from '../agreement/member-links.ts'
import { Parts, type LostPart, type PartName } from '../../ledger/healing/parts.ts'
import { PartFetcher, type MissingPart } from './part-fetcher.ts'
import { encodeAsk, encodeGive, parsePartMessage } from './part-frames.ts'

/** What one member is given in a minute; beyond it, it is left without an answer and asks later. */
const GIVEN_BYTES_PER_MINUTE_MAX = 256 * 1024 * 1024

export interface Fetched {
  parts: Parts
  missing: MissingPart[]
  /** Consensus ids of those who gave them. */
  from: number[]
}

export interface PartDeskOptions {
  addon: Pick<Addon, 'sha256'>
  members: readonly { voter: boolean }[]
  /** A part as this ledger has it; null where it has not, or not undamaged. */
  give(part: PartName): Uint8Array | null
  /** The links to the others; null while there are none. */
  peers(): Pick<ChannelLinks, 'send' | 'status' | 'refused'> | null
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
    const { addon, members, peers, nowMs } = this.#o
    const voters = members.filter(({ voter }) => voter).length
    const fetcher = new PartFetcher({
      hash: (bytes) => addon.sha256(bytes),
      alike: voters - (Math.floor(voters / 2) + 1) + 1,
      lost,
      reachable: () => (peers()?.status() ?? []).flatMap(({ id, state }) => (state === 'up' ? [id] : [])),
      ask: (member, parts) => this.#send(member, encodeAsk(parts)),
      nowMs,
    })
    return await new Promise((done) => {
      this.#fetching = { fetcher, done }
      this.tick()
    })
  }

  /** The same, and keeps what was had beside the ledger, whether it is all or not. Never rejects: `error` says why nothing came of it. */
  async fetchAndKeep(
    lost: readonly LostPart[],
    file: string,
  ): Promise<Omit<Fetched, 'parts'> & { error: string | null }> {
    try {
      const { parts, missing, from } = await this.fetch(lost)
      const hash: Hash = (bytes) => this.#o.addon.sha256(bytes)
      // Without an end of the log that an earlier start found: rows behind it may be applied by now.
      const kept = new Parts()
      kept.add(Parts.read(file, hash))
      kept.add(parts)
      kept.write(file, hash)
      return { missing, from, error: null }
    } catch (error) {
      return { missing: [], from: [], error: (error as Error).message }
    }
  }

  /** What comes of fetching where nobody can be asked. */
  nothing(lost: readonly LostPart[]): Fetched {
    return {
      parts: new Parts(),
      missing: lost.map((part) => ({ part, why: 'nobody-reachable', isToldByEnough: false })),
      from: [],
    }
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
    if (message === null) this.#o.peers()?.refused(from, 'asked for parts of the ledger in a form that no gateway has')
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
    this.#send(to, encodeGive(part, bytes))
  }

  #send(member: number, body: Uint8Array): void {
    this.#o.peers()?.send(member, FRAME.parts, body)
  }
}
