/**
 * Takes out of the ledger what a certificate is made of: the two seals that bracket the period, the state they commit to, the
 * histories between them, and the batches the readings came in (docs/FORMATS.md, Certificate). Nothing here decides anything;
 * the certificate's own examination does.
 */
import { loadAddon, type Addon } from '../../native/addon.ts'
import type {
  BracketingSeal,
  CertificateMaterial,
  LoggedEntry,
  PeriodLeaf,
  StateItem,
  StreamHistory,
} from '../certificates/material.ts'
import type { LedgerReader, ReadSeal } from '../ledger/reader.ts'
import { shippedPacks } from '../packs/shipped.ts'
import { equalBytes, toHex } from '../wire/bytes.ts'
import { coreKey, type AssetState } from '../record/core-state.ts'
import { parseEntry } from '../wire/entry.ts'
import type { ActorId, KeyId, StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import { decodeEvent } from '../record/statements.ts'
import { GatewayError } from './error.ts'
import { policyOf } from './policy.ts'
import { quorumCheckpoint } from './quorum-checkpoint.ts'

/** Event types that the shipped packs read. */
const EVENT_TYPES = ['odometer.wrapped', 'odometer.replaced', 'odometer.confirmed']
const EVENTS_MAX = 1_000
/** One certificate carries at most this many readings; a longer period is cut into several. */
export const CERTIFICATE_READINGS_MAX = 100_000

export interface MaterialRequest {
  asset: string
  fromUs: number
  toUs: number
  /** Key that will sign the certificate: its state must be enclosed. */
  issuer: { actor: ActorId; credentialKey: KeyId }
  stated: { [name: string]: JsonValue }
  /** Entries that were found changed: no certificate may rest on them. What else is changed fails the examination. */
  barred: { from: number; to: number } | null
}

/**
 * Throws GatewayError `unknown_asset`; `no_pack`, `pack_not_shipped`, `too_many_readings` or `not_cosigned_yet` where nothing can be
 * certified; `entry_barred`, `range_barred` or `readings_missing` where nothing may be.
 */
export function certificateMaterial(reader: LedgerReader, request: MaterialRequest): CertificateMaterial {
  return new Collector(reader, request).collect()
}

class Collector {
  readonly #reader: LedgerReader
  readonly #request: MaterialRequest
  readonly #addon: Addon = loadAddon()
  readonly #asset: AssetState
  /** The streams that were bound to the asset in the state the newer seal commits to. */
  readonly #streams: StreamId[]
  readonly #newer: ReadSeal
  readonly #older: ReadSeal | null
  readonly #size: number
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
    this.#asset = asset
    const checkpoint = quorumCheckpoint(reader)
    if (checkpoint === null) throw notAgreedYet()
    const streams = [...new Set(asset.streams.map(({ stream }) => stream))]
    const bracket = reader.histories.bracket(request.asset, streams, request, checkpoint.size)
    if (bracket === null) throw notAgreedYet()
    const { height } = bracket.newer
    this.#streams = streams.filter((stream) => reader.state.treeValueAt(height - 1, coreKey.stream(stream)) !== null)
    this.#newer = bracket.newer
    this.#older = bracket.older
    this.#size = checkpoint.size
    this.#checkpoint = checkpoint.text
  }

  collect(): CertificateMaterial {
    const pack = this.#pack()
    const streams = this.#streams.map((stream) => this.#history(stream))
    const events = this.#declared()
    const batches = [...this.#batches.keys()].toSorted((a, b) => a - b).map((index) => this.#logged(index))
    const logged = events.map((index) => this.#logged(index))
    return {
      channel: this.#reader.channel,
      asset: this.#request.asset,
      pack,
      period: { fromUs: this.#request.fromUs, toUs: this.#request.toUs },
      checkpoint: this.#checkpoint,
      policy: policyOf(this.#reader),
      genesis: this.#logged(0),
      newer: this.#bracket(this.#newer, this.#newerKeys(pack.id, [...batches, ...logged])),
      older: this.#older === null ? null : this.#bracket(this.#older, this.#historyKeys()),
      batches,
      events: logged,
      streams,
      stated: this.#request.stated,
    }
  }

  #pack(): { id: string; source: string } {
    const [id] = this.#asset.packs
    if (id === undefined)
      throw new GatewayError(
        'no_pack',
        `no rule pack judges "${this.#request.asset}"`,
        'Bind one under assets[].packs.',
      )
    const inForce = this.#reader.state.packs().find((pack) => pack.id === id)
    const shipped = shippedPacks().find((pack) => inForce !== undefined && equalBytes(pack.hash, inForce.hash))
    if (shipped === undefined)
      throw new GatewayError('pack_not_shipped', `the pack "${id}" is not in this release`, 'Update Plumbline.')
    return { id, source: shipped.source }
  }

  /** Events about the asset that its pack may need, as far as the newer seal's state reaches. */
  #declared(): number[] {
    const { asset } = this.#request
    return EVENT_TYPES.flatMap((type) => this.#reader.entries.eventsOfType(type, EVENTS_MAX))
      .filter(
        (event) =>
          event.index < this.#newer.treeSize && decodeEvent(parseEntry(event.bytes).payload).assets.includes(asset),
      )
      .map((event) => event.index)
      .toSorted((a, b) => a - b)
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
    }
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

  #newerKeys(pack: string, signed: LoggedEntry[]): Uint8Array[] {
    const { issuer, asset } = this.#request
    const signers = new Map<string, { key: KeyId; actor: ActorId }>()
    for (const { entry } of signed) {
      const { keyId, actor } = parseEntry(entry)
      signers.set(keyId, { key: keyId, actor })
    }
    return [
      coreKey.channel(),
      coreKey.asset(asset),
      coreKey.pack(pack),
      coreKey.key(issuer.credentialKey),
      coreKey.member(issuer.actor),
      ...this.#streams.map((stream) => coreKey.stream(stream)),
      ...this.#asset.streams
        .filter(({ stream }) => this.#streams.includes(stream))
        .map(({ actor }) => coreKey.member(actor)),
      ...this.#historyKeys(),
      ...[...signers.values()].flatMap(({ key, actor }) => [coreKey.key(key), coreKey.member(actor)]),
    ]
  }

  #historyKeys(): Uint8Array[] {
    const { asset } = this.#request
    return this.#streams.flatMap((stream) => [coreKey.history(asset, stream), coreKey.gaps(asset, stream)])
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
