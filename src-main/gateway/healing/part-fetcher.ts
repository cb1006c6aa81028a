/**
 * Fetches lost parts of the ledger from the other gateways. Pure: time, links and hashes come in. Whose part is known by its hash is
 * taken from whoever has it; of one of which this disk knows nothing any more, as many others must tell the same as a start without
 * memory has to hear (MEMORY: n - q + 1), so that one of them is honest.
 */
import { equalBytes, toHex } from '../../wire/bytes.ts'
import type { Hash } from '../../wire/bytes.ts'
import { hashOfPart, nameText, Parts, PARTS_BYTES_MAX } from '../../ledger/healing/parts.ts'
import type { LostPart, PartName } from '../../ledger/healing/parts.ts'
import { ASKED_AT_ONCE_MAX } from './part-frames.ts'

/** How long an answer may take before another gateway is asked. */
const ANSWER_MS = 5_000
/** How often one that does not answer is asked: a full link drops what was to be sent. */
const TRIES_MAX = 2
/** Bytes that are kept to be compared. */
const COMPARED_BYTES_MAX = 64 * 1024 * 1024
/** How long is waited for a gateway to be reached. */
const REACH_MS = 15_000

export interface PartFetcherOptions {
  hash: Hash
  /** How many others must tell the same where this disk knows nothing. */
  alike: number
  lost: readonly LostPart[]
  /** Gateways that can be asked now. */
  reachable(): readonly number[]
  ask(member: number, parts: readonly PartName[]): void
  nowMs(): number
}

export type MissingReason = 'nobody-reachable' | 'nobody-has-it' | 'they-differ' | 'too-much'

export interface MissingPart {
  part: LostPart
  why: MissingReason
  /** As many answered without having it as must tell the same where this disk knows nothing: a liar alone decides nothing. */
  isToldByEnough: boolean
}

interface Wanted {
  part: LostPart
  /** Asked now, and since when. */
  asked: Map<number, number>
  /** How often a member was asked and did not answer. */
  silent: Map<number, number>
  /** What members gave that is not known to be right: its hash in hex; null for nothing. */
  answers: Map<number, string | null>
  /** Bytes to compare, where others decide. */
  given: Map<string, Uint8Array>
}

export class PartFetcher {
  readonly parts = new Parts()
  readonly #o: PartFetcherOptions
  readonly #wanted = new Map<string, Wanted>()
  readonly #givers = new Set<number>()
  /** How often a member did not answer at all. */
  readonly #silent = new Map<number, number>()
  #comparedBytes = 0
  readonly #sinceMs: number
  #tooMuch = false

  constructor(options: PartFetcherOptions) {
    this.#o = options
    this.#sinceMs = options.nowMs()
    for (const part of options.lost) {
      const wanted = { part, asked: new Map(), silent: new Map(), answers: new Map(), given: new Map() }
      this.#wanted.set(nameText(part), wanted)
    }
  }

  /** Who gave what was taken. */
  get givers(): number[] {
    return [...this.#givers]
  }

  /** Nothing more will come of it: all is there, or what is missing has been asked of everybody. */
  get done(): boolean {
    if (this.#wanted.size === 0 || this.#tooMuch) return true
    const reachable = this.#o.reachable()
    const waited = this.#o.nowMs() - this.#sinceMs >= REACH_MS
    return [...this.#wanted.values()].every((one) => {
      if (one.asked.size > 0) return false
      return waited && reachable.every((member) => isDone(one, member))
    })
  }

  /** What could not be had, and why. */
  get missing(): MissingPart[] {
    return [...this.#wanted.values()].map(({ part, answers }) => {
      const isToldByEnough = answers.size >= this.#o.alike
      if (this.#tooMuch) return { part, why: 'too-much', isToldByEnough }
      if (answers.size === 0) return { part, why: 'nobody-reachable', isToldByEnough }
      const isGiven = [...answers.values()].some((hash) => hash !== null)
      return { part, why: isGiven ? 'they-differ' : 'nobody-has-it', isToldByEnough }
    })
  }

  /** Asks whoever can be asked next: of those who may have it, the one that was silent least and has least to do. */
  tick(): void {
    const nowMs = this.#o.nowMs()
    this.#giveUp(nowMs)
    const reachable = this.#o.reachable()
    const load = this.#load()
    const asks = new Map<number, PartName[]>()
    for (const wanted of this.#wanted.values()) {
      for (const member of this.#next(wanted, reachable, load)) {
        asks.set(member, [...(asks.get(member) ?? []), wanted.part])
        wanted.asked.set(member, nowMs)
        load.set(member, (load.get(member) ?? 0) + 1)
      }
    }
    for (const [member, parts] of asks) this.#o.ask(member, parts)
  }

  /** What a member gives; what nobody asked it for is passed over. */
  receive(from: number, name: PartName, bytes: Uint8Array | null): void {
    const wanted = this.#wanted.get(nameText(name))
    if (wanted === undefined || !wanted.asked.delete(from)) return
    const hash = bytes === null ? null : hashOfPart(this.#o.hash, name, bytes)
    wanted.answers.set(from, hash === null ? null : toHex(hash))
    if (bytes === null || hash === null) return
    const { expected, exact } = wanted.part
    if (expected !== null && equalBytes(hash, expected)) return this.#take(wanted, bytes, [from])
    // What cannot be the right one is not kept: a liar gives any number of large ones.
    if (exact || this.#comparedBytes + bytes.length > COMPARED_BYTES_MAX) return
    if (!wanted.given.has(toHex(hash))) {
      this.#comparedBytes += bytes.length
      wanted.given.set(toHex(hash), Uint8Array.from(bytes))
    }
    this.#compare(wanted)
  }

  #compare(wanted: Wanted): void {
    for (const [hash, bytes] of wanted.given) {
      const alike = [...wanted.answers].filter(([, other]) => other === hash).map(([member]) => member)
      if (alike.length >= this.#o.alike) return this.#take(wanted, bytes, alike)
    }
  }

  #take({ part }: Wanted, bytes: Uint8Array, from: readonly number[]): void {
    if (this.parts.bytes + bytes.length > PARTS_BYTES_MAX) {
      this.#tooMuch = true
      return
    }
    // A view into a frame would keep all of it.
    this.parts.set(part, Uint8Array.from(bytes))
    for (const member of from) this.#givers.add(member)
    this.#wanted.delete(nameText(part))
  }

  /** One after the other where the hash tells; all at once where they must be compared. */
  #next(wanted: Wanted, reachable: readonly number[], load: ReadonlyMap<number, number>): number[] {
    const { part, asked } = wanted
    const silent = (member: number): number => this.#silent.get(member) ?? 0
    const has = (member: number): number => load.get(member) ?? 0
    const free = reachable.filter(
      (member) =>
        !asked.has(member) && !isDone(wanted, member) && has(member) < (silent(member) > 0 ? 1 : ASKED_AT_ONCE_MAX),
    )
    if (part.expected === null) return free
    return asked.size > 0 ? [] : free.toSorted((a, b) => silent(a) - silent(b) || has(a) - has(b)).slice(0, 1)
  }

  #load(): Map<number, number> {
    const load = new Map<number, number>()
    for (const { asked } of this.#wanted.values())
      for (const member of asked.keys()) load.set(member, (load.get(member) ?? 0) + 1)
    return load
  }

  #giveUp(nowMs: number): void {
    for (const { asked, silent } of this.#wanted.values())
      for (const [member, askedMs] of asked) {
        if (nowMs - askedMs < ANSWER_MS) continue
        asked.delete(member)
        silent.set(member, (silent.get(member) ?? 0) + 1)
        this.#silent.set(member, (this.#silent.get(member) ?? 0) + 1)
      }
  }
}

function isDone({ answers, silent }: Wanted, member: number): boolean {
  return answers.has(member) || (silent.get(member) ?? 0) >= TRIES_MAX
}
