import { encodeProposal, MAX_PROPOSAL_STATEMENTS, type Proposed } from '../wire/proposal.ts'
import { MAX_COMPRESSED_PAYLOAD_BYTES, MAX_ENTRY_BYTES } from '../wire/limits.ts'

const MIB = 1024 * 1024
/** Statements are joined into one proposal up to this size; a larger one travels alone. */
export const PROPOSAL_BYTES_TARGET = MIB
/** What may wait for the consensus core; beyond it the caller keeps its statements. */
export const BACKLOG_BYTES_MAX = 32 * MIB
/** A pass applies what is proposed in one piece, so a proposal stays below what can be verified between two ticks. */
const PROPOSAL_STATEMENTS_MAX = Math.min(MAX_PROPOSAL_STATEMENTS, 128)
const FRAMING_BYTES = 8

/** Statements that were handed over for proposing and not yet taken by the consensus core, in order. */
export class ProposalBacklog {
  #waiting: Proposed[] = []
  #bytes = 0

  get count(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes all of `statements` or none: `too_large` where one could never be proposed, `busy` where the bound is reached. */
  push(statements: readonly Proposed[]): 'taken' | 'busy' | 'too_large' {
    let bytes = 0
    for (const { entry, payload } of statements) {
      if (entry.length === 0 || entry.length > MAX_ENTRY_BYTES) return 'too_large'
      if ((payload?.length ?? 0) > MAX_COMPRESSED_PAYLOAD_BYTES) return 'too_large'
      bytes += sizeOf(entry, payload)
    }
    if (this.#bytes > 0 && this.#bytes + bytes > BACKLOG_BYTES_MAX) return 'busy'
    for (const statement of statements) this.#waiting.push(statement)
    this.#bytes += bytes
    return 'taken'
  }

  /**
   * Hands proposals of up to 1 MiB to `propose`, in order, until it returns false (not taken) or nothing waits.
   * Returns the number of statements that were taken.
   */
  drain(propose: (data: Uint8Array) => boolean): number {
    let from = 0
    while (from < this.#waiting.length) {
      const { end, bytes } = this.#next(from)
      if (!propose(encodeProposal(this.#waiting.slice(from, end)))) break
      this.#bytes -= bytes
      from = end
    }
    if (from > 0) this.#waiting = this.#waiting.slice(from)
    return from
  }

  /** Drops everything: another replica leads now, and the statements' owners propose them there. Returns how many. */
  clear(): number {
    const dropped = this.#waiting.length
    this.#waiting = []
    this.#bytes = 0
    return dropped
  }

  #next(from: number): { end: number; bytes: number } {
    let end = from
    let bytes = 0
    while (end < this.#waiting.length && end - from < PROPOSAL_STATEMENTS_MAX) {
      const { entry, payload } = this.#waiting[end] as Proposed
      const size = sizeOf(entry, payload)
      if (end > from && bytes + size > PROPOSAL_BYTES_TARGET) break
      bytes += size
      end += 1
    }
    return { end, bytes }
  }
}

function sizeOf(entry: Uint8Array, payload: Uint8Array | null): number {
  return FRAMING_BYTES + entry.length + (payload?.length ?? 0)
}
