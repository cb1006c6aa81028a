import { encodeProposal, MAX_PROPOSAL_STATEMENTS, type Proposed } from '../wire/proposal.ts'
import { MAX_COMPRESSED_PAYLOAD_BYTES, MAX_ENTRY_BYTES } from '../wire/limits.ts'

const MIB = 1024 * 1024
/** Statements are joined into one proposal up to this size; a larger one travels alone. */
export const PROPOSAL_BYTES_TARGET = MIB
/** What may wait for the consensus core; beyond it the caller keeps its statements. One member may have half of it. */
export const BACKLOG_BYTES_MAX = 32 * MIB
/** What one member may have proposed and not yet applied: half of what the core leaves uncommitted. */
export const UNCOMMITTED_BYTES_PER_ORIGIN_MAX = 8 * MIB
/** Members that have something to propose take turns of this size. */
const TURN_BYTES = 256 * 1024
/** A pass applies what is proposed in one piece, so a proposal stays below what can be verified between two ticks. */
const PROPOSAL_STATEMENTS_MAX = Math.min(MAX_PROPOSAL_STATEMENTS, 128)
const FRAMING_BYTES = 8

export type Taken = 'taken' | 'busy' | 'too_large'

/** What one member handed over. */
interface Origin {
  waiting: Proposed[]
  bytes: number
  /** Proposed and not yet applied. */
  uncommittedBytes: number
}

/** One proposal: how much of it is whose. */
interface Draft {
  statements: Proposed[]
  bytes: number
  shares: Map<Origin, { count: number; bytes: number }>
}

/**
 * Statements that were handed over for proposing and not yet taken by the consensus core: in order for each member, and members
 * in turns, so that one that brings much does not keep the others waiting.
 */
export class ProposalBacklog {
  /** In the order of their turns. */
  #origins = new Map<number, Origin>()
  #open: { index: number; shares: Draft['shares'] }[] = []

  get count(): number {
    let count = 0
    for (const { waiting } of this.#origins.values()) count += waiting.length
    return count
  }

  get bytes(): number {
    let sum = 0
    for (const { bytes } of this.#origins.values()) sum += bytes
    return sum
  }

  /**
   * Takes all of a member's `statements` or none: `too_large` where one could never be proposed, `busy` where the bound or the
   * member's half of it is reached.
   */
  push(member: number, statements: readonly Proposed[]): Taken {
    let bytes = 0
    for (const { entry, payload } of statements) {
      if (entry.length === 0 || entry.length > MAX_ENTRY_BYTES) return 'too_large'
      if ((payload?.length ?? 0) > MAX_COMPRESSED_PAYLOAD_BYTES) return 'too_large'
      bytes += sizeOf(entry, payload)
    }
    const origin = this.#origins.get(member) ?? { waiting: [], bytes: 0, uncommittedBytes: 0 }
    if (origin.bytes > 0 && origin.bytes + bytes > BACKLOG_BYTES_MAX / 2) return 'busy'
    if (origin.bytes > 0 && this.bytes + bytes > BACKLOG_BYTES_MAX) return 'busy'
    this.#origins.set(member, origin)
    for (const statement of statements) origin.waiting.push(statement)
    origin.bytes += bytes
    return 'taken'
  }

  /**
   * Hands proposals of up to 1 MiB to `propose`, which answers with the index in the log or null (not taken), until it does so or
   * nothing may be proposed now. Returns the number of statements that were taken.
   */
  drain(propose: (data: Uint8Array) => number | null): number {
    let taken = 0
    for (let draft = this.#draft(); draft.statements.length > 0; draft = this.#draft()) {
      const index = propose(encodeProposal(draft.statements))
      if (index === null) break
      this.#take(draft, index)
      taken += draft.statements.length
    }
    return taken
  }

  /** What was proposed up to `index` of the log is applied, or will never be. */
  applied(index: number): void {
    while ((this.#open[0]?.index ?? Number.POSITIVE_INFINITY) <= index)
      for (const [origin, { bytes }] of this.#open.shift()?.shares ?? []) origin.uncommittedBytes -= bytes
  }

  /** Drops everything: another replica leads now, and the statements' owners propose them there. Returns how many. */
  clear(): number {
    const dropped = this.count
    this.#origins = new Map()
    this.#open = []
    return dropped
  }

  #draft(): Draft {
    const draft: Draft = { statements: [], bytes: 0, shares: new Map() }
    for (let more = true; more;) {
      more = false
      for (const origin of this.#origins.values()) if (this.#turn(origin, draft)) more = true
    }
    return draft
  }

  /** Adds one member's next statements, a turn of them at most; false where none could be added. */
  #turn(origin: Origin, draft: Draft): boolean {
    const share = draft.shares.get(origin) ?? { count: 0, bytes: 0 }
    const before = share.count
    for (let turnBytes = 0; draft.statements.length < PROPOSAL_STATEMENTS_MAX;) {
      const next = origin.waiting[share.count]
      if (next === undefined) break
      const size = sizeOf(next.entry, next.payload)
      const uncommitted = origin.uncommittedBytes + share.bytes
      if (uncommitted > 0 && uncommitted + size > UNCOMMITTED_BYTES_PER_ORIGIN_MAX) break
      if (draft.bytes > 0 && draft.bytes + size > PROPOSAL_BYTES_TARGET) break
      if (turnBytes > 0 && turnBytes + size > TURN_BYTES) break
      draft.statements.push(next)
      draft.bytes += size
      turnBytes += size
      share.count += 1
      share.bytes += size
    }
    if (share.count === before) return false
    draft.shares.set(origin, share)
    return true
  }

  #take(draft: Draft, index: number): void {
    for (const [origin, { count, bytes }] of draft.shares) {
      origin.waiting = origin.waiting.slice(count)
      origin.bytes -= bytes
      origin.uncommittedBytes += bytes
    }
    this.#open.push({ index, shares: draft.shares })
    // Who came first this time comes last the next time.
    const [first] = this.#origins
    if (first === undefined) return
    this.#origins.delete(first[0])
    this.#origins.set(...first)
  }
}

function sizeOf(entry: Uint8Array, payload: Uint8Array | null): number {
  return FRAMING_BYTES + entry.length + (payload?.length ?? 0)
}
