/** Which parts of a ledger this disk lost: by their hashes, whatever the pages say. */
import { leafHash } from '../../proof/merkle.ts'
import type { Addon } from '../../../native/addon.ts'
import { equalBytes, fromHex, toHex } from '../../wire/bytes.ts'
import type { KeyState } from '../../record/core-state.ts'
import { keyNamed } from '../../record/key-named.ts'
import { decodeEvent } from '../../record/statements.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodeEnvelope } from '../../record/envelope.ts'
import { WireError } from '../../wire/errors.ts'
import { keyId, type KeyId, type LeafIndex } from '../../wire/ids.ts'
import { auditEntry } from '../audit-entry.ts'
import { Found } from '../audit-finding.ts'
import { LedgerError } from '../errors.ts'
import { parseGenesis } from '../genesis.ts'
import { payloadsNamed, raftRowDigest } from '../raft-log.ts'
import { DamagedLedger, payloadNamed, type DamagedEntry } from './damaged-ledger.ts'
import type { LostPart, Parts } from './parts.ts'

export interface SurveyOptions {
  file: string
  addon: Addon
  /** Entry bytes of the channel's genesis. */
  genesis: Uint8Array
  /** What was fetched already. */
  parts: Parts
  onProgress?: (doneEntries: number, totalEntries: number) => void
}

/** Every lost part, once. A lost entry's payload is known only when the entry is there again. Throws LedgerError. */
export function surveyLosses(options: SurveyOptions): LostPart[] {
  const damaged = new DamagedLedger(options.file, options.parts, (bytes) => options.addon.sha256(bytes))
  try {
    return new Survey(damaged, options).run()
  } finally {
    damaged.close()
  }
}

class Survey {
  readonly #damaged: DamagedLedger
  readonly #options: SurveyOptions
  readonly #lost: LostPart[] = []
  readonly #lostPayloads = new Set<string>()
  /** Of the row before. */
  #term = 0
  readonly #keys: Map<KeyId, KeyState>

  constructor(damaged: DamagedLedger, options: SurveyOptions) {
    this.#damaged = damaged
    this.#options = options
    const { body } = parseGenesis(options.addon, options.genesis)
    this.#keys = new Map(
      body.members.flatMap(({ actor, keys }) =>
        keys.map((key) => [keyId(key.alg, key.public), { ...key, actor, from: 0, to: null }]),
      ),
    )
  }

  run(): LostPart[] {
    const total = this.#damaged.size
    for (let index = 0; index < total; index++) {
      this.#entry(index)
      this.#options.onProgress?.(index + 1, total)
    }
    this.#damaged.atOnce(() => {
      this.#damaged.requireOwn()
      const log = this.#damaged.log()
      // What waits in the queue is on this disk alone: first, so that no row of the log counts as what needs it.
      for (const hash of this.#damaged.queuedPayloads()) this.#payload(hash, this.#damaged.payloadRow(hash), {})
      for (let index = log.first; index <= log.last; index++) this.#logRow(index, log)
    })
    return this.#lost
  }

  #entry(index: LeafIndex): void {
    const entry = this.#damaged.entry(index)
    const expected = this.#damaged.leaf(index)
    if (entry === null || !this.#holds(index, entry, expected)) {
      // Where both the entry and its tile may be damaged, most of the others decide.
      this.#lost.push({ kind: 'entry', index, expected, exact: false, tail: null })
      return
    }
    this.#takeKey(index, entry.bytes)
    const named = payloadNamed(entry.bytes)
    if (named !== null) this.#payload(named, entry.payloadRow, { entry: index })
  }

  /** What no tile covers, or a tile that may be damaged itself contradicts, is told by its signature and its place in its signer's chain. */
  #holds(index: LeafIndex, { bytes, sequence }: DamagedEntry, expected: Uint8Array | null): boolean {
    const { addon } = this.#options
    if (
      expected !== null &&
      equalBytes(
        leafHash(bytes, (part) => addon.sha256(part)),
        expected,
      )
    )
      return true
    const row = {
      idx: index,
      kind: 0,
      readings: 0,
      bytes,
      marks: null,
      cameTo: null,
      findings: null,
      payload: null,
      payloadHash: null,
      payloadBytes: null,
    }
    try {
      const envelope = decodeEnvelope(auditEntry(addon, row, null, (id) => this.#keys.get(id)))
      return envelope.kind === 'seal' ? sequence === null : sequence === envelope.sequence
    } catch (cause) {
      if (cause instanceof Found || cause instanceof WireError) return false
      throw cause
    }
  }

  /** What comes behind an event that names a key may be signed by it. */
  #takeKey(index: LeafIndex, bytes: Uint8Array): void {
    const entry = parseEntry(bytes)
    if (entry.contentType !== 'event') return
    const { type, body } = decodeEvent(entry.payload)
    const named = keyNamed(entry.actor, type, body)
    if (named !== null) this.#keys.set(keyId(named.alg, named.public), { ...named, from: index + 1, to: null })
  }

  #payload(hash: string, row: number | null, by: { entry?: LeafIndex; tail?: number }): void {
    if (this.#lostPayloads.has(hash)) return
    const bytes = this.#damaged.payload(row ?? this.#damaged.payloadRow(hash), hash)
    if (bytes !== null && toHex(this.#options.addon.sha256(bytes)) === hash) return
    this.#lostPayloads.add(hash)
    this.#lost.push({ kind: 'payload', hash, expected: fromHex(hash), exact: true, tail: null, ...by })
  }

  /**
   * The last row is known by its digest whatever its page says. Of one before it, what enough others tell alike is taken: by Raft's Log
   * Matching (Ongaro and Ousterhout 2014, 5.3) it is another than was confirmed here only where its term is above that of a row behind it.
   */
  #logRow(index: number, { last, committed, lastDigest }: ReturnType<DamagedLedger['log']>): void {
    const row = this.#damaged.logRow(index)
    const hash = (bytes: Uint8Array): Uint8Array => this.#options.addon.sha256(bytes)
    const holds = row !== null && equalBytes(raftRowDigest(hash, index, row.term, row.kind, row.data), row.digest)
    const tail = index > committed ? index : null
    if (!holds) {
      const expected = index === last && lastDigest !== null ? lastDigest : (row?.digest ?? null)
      const exact = tail !== null && (index === last || lastDigest === null)
      this.#lost.push({ kind: 'log', index, expected, exact, tail })
      return
    }
    if (row.term < this.#term)
      throw new LedgerError('raft_log_damaged', `Raft log entry ${index - 1} is of a later term than the one behind it`)
    this.#term = row.term
    for (const named of payloadsNamed(index, row.data)) this.#payload(toHex(named), null, tail === null ? {} : { tail })
  }
}
