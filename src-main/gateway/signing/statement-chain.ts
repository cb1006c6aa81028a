/**
 * The chain of what one gateway or person says: batches and events share one sequence, each naming the hash of the one before
 * (docs/FORMATS.md, Entry). A statement is fsynced in the gateway's own queue before it leaves the process, so that a
 * restart never signs a second content under the same sequence.
 */
import { zstdCompressSync, constants as zlib } from 'node:zlib'
import type { Addon } from '../../../native/addon.ts'
import {
  assembleEntry,
  encodeProtected,
  issuerOf,
  sigStructure,
  statementHash,
  subjectOf,
  type ContentType,
} from '../../wire/entry.ts'
import type { CborMap } from '../../wire/cbor.ts'
import { assetsOf, decodeBody, encodeBody } from '../../record/events.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import { incarnationIdOf } from '../../wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId, KeyId } from '../../wire/ids.ts'
import { ID_BYTES } from '../../wire/limits.ts'
import type { Rows } from '../../wire/rows.ts'
import {
  decodeEvent,
  encodeBatchHeader,
  encodeEvent,
  encodeSeal,
  type ClockState,
  type Gap,
} from '../../record/statements.ts'
import type { Consumed } from '../../record/statements.ts'
import { qualitiesOf, runsOf, type Run } from './packed.ts'

const NONCE_BYTES = 16
const SECRET_BYTES = 32
const ED25519 = 1
const ZSTD_LEVEL = 3

export interface SignedStatement {
  entry: Uint8Array
  payload: Uint8Array | null
  statementHash: Uint8Array
  incarnation: IncarnationId
  sequence: number
  readings: number
}

/** Where the next statement stands; without an incarnation the chain begins one of its own. */
export interface ChainPlace {
  incarnation: IncarnationId | null
  sequence: number
  previous: Uint8Array | null
}

/** An event of a pack's own: its type, the assets that it is about (ascending), its body. */
export interface PackEventSaid {
  type: string
  assets: readonly string[]
  body: CborMap
}

export interface ChainOptions {
  addon: Addon
  actor: ActorId
  channel: ChannelId
  /** What signs: a statement of the chain by the key that holds where it will stand, a seal by the one that holds now. */
  key(kind: ContentType): { keyId: KeyId; sign(bytes: Uint8Array): Uint8Array }
  /** In which the actor speaks; a gateway's own by default. */
  role?: PersonRole
  random(bytes: number): Uint8Array
  nowUs(): number
  clock(): ClockState
}

export class StatementChain {
  readonly #options: ChainOptions
  #incarnation: IncarnationId
  #sequence: number
  #previous: Uint8Array | null

  /** `place` continues what was last signed: the queue's newest entry, else the ledger's. */
  constructor(options: ChainOptions, { incarnation, sequence, previous }: ChainPlace) {
    this.#options = options
    this.#incarnation = incarnation ?? incarnationIdOf(options.random(ID_BYTES))
    this.#sequence = sequence
    this.#previous = previous
  }

  get incarnation(): IncarnationId {
    return this.#incarnation
  }

  get nextSequence(): number {
    return this.#sequence
  }

  /** Closes readings into one signed batch. `rows` may be in any order; the addon sorts them by stream and sequence. */
  batch(rows: Rows, gapsOf: (runs: Run[]) => Gap[]): SignedStatement {
    const { addon, actor, channel } = this.#options
    const closed = addon.closeBatch(rows.streams, rows.rows, rows.heap, this.#options.random(SECRET_BYTES))
    const payload = zstdCompressSync(closed.payload, {
      params: {
        [zlib.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
        [zlib.ZSTD_c_checksumFlag]: 1,
        [zlib.ZSTD_c_contentSizeFlag]: 1,
      },
      pledgedSrcSize: closed.payload.length,
    })
    const runs = runsOf(closed.runs)
    const count = runs.reduce((total, run) => total + run.count, 0)
    const header = encodeBatchHeader({
      v: 1,
      channel,
      actor,
      incarnation: this.#incarnation,
      nonce: this.#options.random(NONCE_BYTES),
      sequence: this.#sequence,
      previous: this.#previous,
      sealedAtUs: this.#options.nowUs(),
      clock: this.#options.clock(),
      count,
      firstTimeUs: closed.firstTimeUs,
      lastTimeUs: closed.lastTimeUs,
      root: closed.root,
      payloadHash: addon.sha256(payload),
      payloadLength: payload.length,
      runs,
      qualities: qualitiesOf(closed.qualities),
      gaps: gapsOf(runs),
    })
    return this.#sign('batch', header, payload, count)
  }

  /** Goes on in an incarnation that nobody knows yet. */
  forget(): void {
    this.#incarnation = incarnationIdOf(this.#options.random(ID_BYTES))
    this.follow(0, null)
  }

  /** Goes on elsewhere: the ledger holds statements of this gateway beyond those that this process signed. */
  follow(sequence: number, previous: Uint8Array | null): void {
    this.#sequence = sequence
    this.#previous = previous
  }

  /**
   * Signs one event of this gateway.
   *
   * @throws WireError naming the field that no replica would take; nothing is signed then, and no sequence consumed
   */
  event<T extends CoreEventType>(
    type: T,
    body: CoreEvents[T],
    consumes: readonly Consumed[] = [],
    occurredAtUs = this.#options.nowUs(),
  ): SignedStatement {
    const said = { type, assets: assetsOf(type, body), body: encodeBody(type, body) }
    const statement = this.#event({ ...said, consumes, occurredAtUs })
    decodeBody(type, decodeEvent(statement).body)
    return this.#sign('event', statement, null, 0)
  }

  /** The same of an event of a pack's own, whose body only that pack reads. It consumes nothing. */
  packEvent(said: PackEventSaid): SignedStatement {
    const statement = this.#event({ ...said, consumes: [], occurredAtUs: this.#options.nowUs() })
    return this.#sign('event', statement, null, 0)
  }

  /** Begins another incarnation by its fence, which ends the given one. */
  resume(ends: IncarnationId | null): SignedStatement {
    this.#incarnation = incarnationIdOf(this.#options.random(ID_BYTES))
    this.#sequence = 0
    this.#previous = null
    return this.event('gateway.resumed', { ends })
  }

  /** Signs a seal. Seals belong to no chain: any voter may write the next one. */
  seal(
    draft: { height: number; size: number; stateRoot: Uint8Array; packsHash: Uint8Array },
    timeUs: number,
  ): Uint8Array {
    const { channel } = this.#options
    const statement = encodeSeal({ v: 1, channel, nonce: this.#options.random(NONCE_BYTES), timeUs, ...draft })
    return this.#assemble('seal', statement).entry
  }

  #event(said: PackEventSaid & { consumes: readonly Consumed[]; occurredAtUs: number }): Uint8Array {
    const { actor, channel, random, role = 'gateway' } = this.#options
    const link = { incarnation: this.#incarnation, sequence: this.#sequence, previous: this.#previous }
    return encodeEvent({ v: 1, channel, actor, ...link, nonce: random(NONCE_BYTES), role, ...said, evidence: [] })
  }

  #sign(kind: ContentType, statement: Uint8Array, payload: Uint8Array | null, readings: number): SignedStatement {
    const { entry, hash } = this.#assemble(kind, statement)
    const place = { incarnation: this.#incarnation, sequence: this.#sequence }
    const signed = { entry, payload, statementHash: hash, ...place, readings }
    this.#sequence += 1
    this.#previous = hash
    return signed
  }

  #assemble(kind: ContentType, statement: Uint8Array): { entry: Uint8Array; hash: Uint8Array } {
    const { actor, channel } = this.#options
    const { keyId, sign } = this.#options.key(kind)
    const protectedBytes = encodeProtected({
      alg: ED25519,
      contentType: kind,
      keyId,
      issuer: issuerOf(actor),
      subject: subjectOf(channel),
      iatSeconds: Math.floor(this.#options.nowUs() / 1_000_000),
    })
    const signedBytes = sigStructure(protectedBytes, statement)
    const signature = sign(signedBytes)
    return {
      entry: assembleEntry(protectedBytes, statement, signature),
      hash: statementHash({ sigStructure: signedBytes }),
    }
  }
}
