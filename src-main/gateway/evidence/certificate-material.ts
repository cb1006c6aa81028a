/**
 * Takes out of the ledger what a certificate is made of: the two seals that bracket the period, the state they commit to, the
 * histories between them, and the batches the readings came in (docs/FORMATS.md, Certificate). Nothing here decides anything;
 * the certificate's own examination does.
 */
import { loadAddon, type Addon } from '../../../native/addon.ts'
import type {
  BracketingSeal,
  CertificateMaterial,
  EventHistory,
  LoggedEntry,
  PeriodEvent,
  PeriodLeaf,
  StateItem,
  StreamHistory,
} from '../../certificates/material.ts'
import type { AssetEventEntry } from '../../ledger/read-asset-events.ts'
import type { Bracket } from '../../ledger/read-history.ts'
import type { LedgerReader, ReadSeal } from '../../ledger/reader.ts'
import { toHex } from '../../wire/bytes.ts'
import { readsEvent } from '../../packs/manifest.ts'
import type { PackManifest } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import { encodeAssetEvent } from '../../record/asset-history.ts'
import { coreKey, coreKeyOf } from '../../record/core-state.ts'
import { decodeBody } from '../../record/events.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { ActorId, KeyId, LeafIndex, StreamId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { decodeEvent } from '../../record/statements.ts'
import { GatewayError } from '../error.ts'
import { policyOf } from '../agreement/policy.ts'
import { quorumCheckpoint } from '../agreement/quorum-checkpoint.ts'
import { packIdOf, packToJudge } from './pack-to-judge.ts'
import type { IssuingKeys } from './issuing-key.ts'

/**
 * What a pack reads may be said this long before it happens (a counter is to be replaced on Monday): the older state is one from before
 * it. Which one is taken is no secret and no trust: an event before it only fails to speak for the asset.
 */
const SAID_AHEAD_US_MAX = 30 * 86_400_000_000
/**
 * And this long after it, by ledger time (the counter that was replaced on Friday): the newer state is one that has it. No longer, so that
 * nobody who may speak of an asset can have the readings of years enclosed, more than a certificate carries.
 */
const SAID_AFTER_US_MAX = 30 * 86_400_000_000
/** Events that say which streams there are. */
const BINDING = ['stream.bound', 'stream.unbound']
/** One certificate carries at most this many readings; a longer period is cut into several. */
export const CERTIFICATE_READINGS_MAX = 100_000

export interface MaterialRequest {
  asset: string
  /** Which of the packs of the asset judges; may be left out where there is one. */
  pack?: string | undefined
  fromUs: number
  toUs: number
  /** The key that will sign the certificate is enclosed. */
  issuer: IssuingKeys<{ readonly keyId: KeyId }>
  stated: { [name: string]: JsonValue }
  /** A pack by its hash, where this gateway has it. */
  packOf(hash: Uint8Array): Pack | undefined
  /** Entries that were found changed: no certificate may rest on them. What else is changed fails the examination. */
  barred: { from: number; to: number } | null
}

/**
 * Throws GatewayError `unknown_asset`; `no_pack`, `pack_unclear`, `pack_not_bound`, `pack_retired`, `pack_not_shipped`, `too_many_readings`,
 * `no_issuing_key` or `not_cosigned_yet` where nothing can be certified; `entry_barred`, `range_barred` or `readings_missing` where nothing may be.
 */
export function certificateMaterial(reader: LedgerReader, request: MaterialRequest): CertificateMaterial {
  return new Collector(reader, request).collect()
}

class Collector {
  readonly #reader: LedgerReader
  readonly #request: MaterialRequest
  readonly #addon: Addon = loadAddon()
  readonly #packId: string
  /** The streams that were bound to the asset when the period began, or came to it up to the state of the newer seal. */
  readonly #streams: StreamId[]
  readonly #events: AssetEventEntry[]
  readonly #newer: ReadSeal
  readonly #older: ReadSeal | null
  readonly #size: number
  readonly #credentialKey: KeyId
  readonly #checkpoint: string
  readonly #batches = new Map<number, { payload: Uint8Array; hashes: Uint8Array }>()

  constructor(reader: LedgerReader, request: MaterialRequest) {
    this.#reader = reader
    this.#request = request
    const asset = reader.asset(request.asset)
    if (asset === null)
      throw new GatewayError(
        'unknown_asset',
        `there is no asset "${request.asset}"`,
        'plumbline status lists the assets.',
      )
    this.#packId = packIdOf(request, asset.packs)
    const checkpoint = quorumCheckpoint(reader)
    if (checkpoint === null) throw notAgreedYet()
    const bracket = this.#bracketBelow(checkpoint.size, [...new Set(asset.streams.map(({ stream }) => stream))])
    this.#credentialKey = bracket.key
    this.#newer = bracket.newer
    this.#events = reader.assetEvents.between(request.asset, this.#at(bracket.older), this.#at(bracket.newer))
    this.#streams = this.#boundSince(bracket.older)
    this.#older = bracket.older
    this.#size = checkpoint.size
    this.#checkpoint = checkpoint.text
  }

  collect(): CertificateMaterial {
    const pack = packToJudge(this.#reader, this.#request, { id: this.#packId, height: this.#newer.height - 1 })
    const streams = this.#streams.map((stream) => this.#history(stream))
    const events = this.#eventHistory(pack.manifest)
    const shown = events.leaves.flatMap((event) => (event.kind === 'shown' ? [event] : []))
    const batches = [...this.#batches.keys()].toSorted((a, b) => a - b).map((index) => this.#logged(index))
    return {
      channel: this.#reader.channel,
      asset: this.#request.asset,
      pack,
      period: { fromUs: this.#request.fromUs, toUs: this.#request.toUs },
      checkpoint: this.#checkpoint,
      policy: policyOf(this.#reader),
      genesis: this.#logged(0),
      newer: this.#bracket(this.#newer, this.#newerKeys(pack.manifest.id, [...batches, ...shown])),
      older: this.#older === null ? null : this.#bracket(this.#older, this.#standingKeys()),
      batches,
      events,
      streams,
      stated: this.#request.stated,
    }
  }

  /** Indices of the first and last event that the asset's pack reads and that may be about the period; null where there is none. */
  #said(): { said: LeafIndex | null; told: LeafIndex | null } {
    const pack = this.#packId
    const { asset, fromUs, toUs } = this.#request
    const { assetEvents, blocks, found } = this.#reader
    const until = blocks.seal(found.heightAt(toUs + SAID_AFTER_US_MAX)) ?? blocks.newestSeal()
    return {
      said: assetEvents.firstOf(asset, `${pack}.`, fromUs - SAID_AHEAD_US_MAX),
      told: assetEvents.lastOf(asset, `${pack}.`, until.index),
    }
  }

  /** What was said later is taken in, but never so much of the time after that no certificate has room for it. */
  #bracketBelow(size: number, streams: readonly StreamId[]): Bracket & { key: KeyId } {
    const { asset, issuer } = this.#request
    const { said, told } = this.#said()
    const around = (least: number): Bracket[] => {
      const found = this.#reader.histories.bracket(asset, streams, { ...this.#request, said, least }, size)
      return found === null ? [] : [found]
    }
    const brackets = [(told ?? -1) + 1, 0].flatMap(around)
    const fits = (one: Bracket): boolean => this.#readingsIn(one, streams) <= CERTIFICATE_READINGS_MAX
    const bracket = brackets.find(fits) ?? brackets.at(-1)
    if (bracket === undefined) throw notAgreedYet()
    // Where the key of then may not sign any more, a state is enclosed that has the next one.
    for (const one of [bracket, ...(issuer.since === null ? [] : around(issuer.since))]) {
      const key = issuer.at(one.newer.treeSize)
      if (key !== null) return { ...one, key: key.keyId }
    }
    throw new GatewayError(
      'no_issuing_key',
      'this gateway has no key by which it may sign a certificate now: it was revoked or is suspended',
      'Have it restored, or name another (plumbline key rotate --use credential), and wait for the next block.',
    )
  }

  /** Of the stream that has most of them. */
  #readingsIn({ newer, older }: Bracket, streams: readonly StreamId[]): number {
    return Math.max(0, ...streams.map((stream) => this.#sizeAt(newer, stream) - this.#sizeAt(older, stream)))
  }

  /** Height of the state that a seal commits to: the one that the seal before it closed. */
  #at(seal: ReadSeal | null): number | null {
    return seal === null ? null : seal.height - 1
  }

  #boundSince(older: ReadSeal | null): StreamId[] {
    const stood = older === null ? [] : this.#reader.state.streamsAt(this.#request.asset, older.height - 1)
    const came = this.#events.flatMap(({ type, bytes }) => {
      if (type !== 'stream.bound') return []
      const { body } = decodeEvent(parseEntry(bytes).payload)
      return [decodeBody('stream.bound', body).stream]
    })
    return [...new Set([...stood.map(({ stream }) => stream), ...came])]
  }

  #eventHistory(pack: PackManifest): EventHistory {
    const { asset } = this.#request
    const before = this.#reader.assetEvents.frontier(asset, this.#at(this.#older))
    const leaves = this.#events.map(({ bytes, ...event }): PeriodEvent => {
      const isShown = readsEvent(pack, event.type) || BINDING.includes(event.type)
      if (!isShown) return { kind: 'closed', leaf: encodeAssetEvent(event) }
      this.#refuseBarred(event.index)
      return { kind: 'shown', index: event.index, outcome: event.outcome, entry: bytes }
    })
    return { before, leaves }
  }

  /** The history in the state that a seal commits to: the one that the seal before it closed. */
  #sizeAt(seal: ReadSeal | null, stream: StreamId): number {
    return seal === null ? 0 : (this.#reader.histories.at(this.#request.asset, stream, seal.height - 1)?.size ?? 0)
  }

  #gapsAt(seal: ReadSeal | null, stream: StreamId): number {
    if (seal === null) return 0
    return this.#reader.histories.gapsAt(this.#request.asset, stream, seal.height - 1)?.count ?? 0
  }

  #history(stream: StreamId): StreamHistory {
    const { asset } = this.#request
    const from = this.#sizeAt(this.#older, stream)
    const to = this.#sizeAt(this.#newer, stream)
    if (to - from > CERTIFICATE_READINGS_MAX)
      throw new GatewayError(
        'too_many_readings',
        `the period holds ${to - from} readings, more than ${CERTIFICATE_READINGS_MAX}`,
        'Choose a shorter period.',
      )
    const leaves = this.#reader.histories
      .leaves(asset, stream, from, to)
      .map(({ entry, batchPosition: position }): PeriodLeaf => {
        const batch = this.#batch(entry)
        return {
          kind: 'disclosed',
          cbor: new Uint8Array(this.#addon.leafCbor(batch.payload, position)),
          batch: entry,
          position,
          path: split(this.#addon.merklePath(batch.hashes, position)),
        }
      })
    return {
      stream,
      before: from === 0 ? [] : this.#reader.histories.frontier(asset, stream, from),
      leaves,
      gaps: this.#reader.histories.gaps(
        asset,
        stream,
        this.#gapsAt(this.#older, stream),
        this.#gapsAt(this.#newer, stream),
      ),
      changes: this.#changes(stream),
    }
  }

  #changes(stream: StreamId): Uint8Array[] {
    const count = (seal: ReadSeal | null): number =>
      seal === null ? 0 : this.#reader.state.changesAt(stream, seal.height - 1)
    return this.#reader.histories.changes(stream).slice(count(this.#older), count(this.#newer))
  }

  #refuseBarred(entry: number): void {
    const { barred } = this.#request
    if (barred === null || entry < barred.from || entry > barred.to) return
    throw new GatewayError(
      barred.from === barred.to ? 'entry_barred' : 'range_barred',
      barred.from === barred.to
        ? `entry ${entry} was found changed on this gateway; certificates over it are barred`
        : 'a change was found on this gateway, and nobody knows how far it reaches; certificates are barred',
      'Issue it on a gateway whose record is unchanged, or choose a period without this entry.',
    )
  }

  #batch(entry: number): { payload: Uint8Array; hashes: Uint8Array } {
    const known = this.#batches.get(entry)
    if (known !== undefined) return known
    this.#refuseBarred(entry)
    const payload = this.#reader.payload(entry)
    // Nothing is ever erased yet: what is not there was taken away, and is no reading that somebody withholds.
    if (payload === null)
      throw new GatewayError(
        'readings_missing',
        `the readings of entry ${entry} are not in the store of this gateway`,
        'Run plumbline fsck, and issue it on a gateway whose record is unchanged.',
      )
    const opened = { payload, hashes: this.#addon.checkBatch(payload, 65_536).leafHashes }
    this.#batches.set(entry, opened)
    return opened
  }

  #logged(index: number): LoggedEntry {
    this.#refuseBarred(index)
    const { bytes } = this.#reader.entries.require(index)
    return { index, entry: bytes, path: this.#reader.log.inclusionPath(index, this.#size) }
  }

  #bracket(seal: ReadSeal, keys: Uint8Array[]): BracketingSeal {
    const unique = new Map(keys.map((key) => [toHex(key), key]))
    const state: StateItem[] = this.#reader.state.prove(seal.height - 1, [...unique.values()]).items
    return { seal: this.#logged(seal.index), closed: this.#logged(seal.treeSize - 1), state }
  }

  #newerKeys(pack: string, signed: readonly Pick<LoggedEntry, 'index' | 'entry'>[]): Uint8Array[] {
    const { issuer, asset } = this.#request
    const signers = new Map<string, { key: KeyId; actor: ActorId }>()
    for (const { index, entry } of signed) {
      const { keyId, actor } = parseEntry(entry)
      this.#refuseSuspect(index, keyId)
      signers.set(keyId, { key: keyId, actor })
    }
    return [
      coreKey.channel(),
      coreKeyOf('rules', ''),
      coreKey.asset(asset),
      coreKey.pack(pack),
      coreKey.key(this.#credentialKey),
      coreKey.member(issuer.actor),
      ...this.#streams.map((stream) => coreKey.stream(stream)),
      ...this.#streams.flatMap((stream) => {
        const actor = this.#reader.stream(stream)?.actor
        return actor === undefined ? [] : [coreKey.member(actor)]
      }),
      ...this.#standingKeys(),
      ...[...signers.values()].flatMap(({ key, actor }) => [coreKey.key(key), ...this.#signerKeys(actor)]),
    ]
  }

  /** Also where the state that the certificate would prove is from before anybody said so. */
  #refuseSuspect(entry: number, key: KeyId): void {
    const from = this.#reader.state.key(key)?.suspectFrom
    if (from === undefined || entry < from) return
    throw new GatewayError(
      'key_suspect',
      `entry ${entry} was signed by key ${key}, and what that signed from entry ${from} on may be somebody else's word`,
      'Choose a period before it, or have it said again by a key that nobody doubts.',
    )
  }

  /** A person is shown with the member that it speaks for. */
  #signerKeys(actor: ActorId): Uint8Array[] {
    const person = this.#reader.state.person(actor)
    return person === null ? [coreKey.member(actor)] : [coreKeyOf('person', actor), coreKey.member(person.keeper)]
  }

  /** What stands at either seal. */
  #standingKeys(): Uint8Array[] {
    const { asset } = this.#request
    return [
      coreKeyOf('asset-streams', asset),
      coreKeyOf('asset-events', asset),
      ...this.#streams.flatMap((stream) => [
        coreKeyOf('stream-changes', stream),
        coreKey.history(asset, stream),
        coreKey.gaps(asset, stream),
      ]),
    ]
  }
}

function notAgreedYet(): GatewayError {
  return new GatewayError(
    'not_cosigned_yet',
    'no block is cosigned by enough gateways yet',
    'Wait until the gateways have agreed on the first blocks, a few seconds after the start.',
  )
}

function split(packed: Uint8Array): Uint8Array[] {
  return Array.from({ length: packed.length / 32 }, (_, i) => new Uint8Array(packed.subarray(32 * i, 32 * i + 32)))
}
