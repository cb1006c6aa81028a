/**
 * Lots that sources tell of by the value of one of their tags. Readings of a source belong to the lot that its tag said last, in the order in
 * which they were read. The reading that says another one is the first of the new lot: before it stands, signed by this gateway, that the
 * streams of the source end with the old one, and that the new one is registered where it is not. Each stream is then bound at its first
 * reading in the lot, so that one which seldom moves leaves no empty bindings behind.
 *
 * Nothing of it is kept beside the ledger and the queue. A process that ended anywhere finds there to what its streams are bound, and does
 * what is missing when it reads the tag again.
 */
import type { AssetRegistered } from '../../record/asset-fields.ts'
import type { CoreEvents } from '../../record/kinds.ts'
import { refusalSentence, type RefusalCode } from '../../record/refusals.ts'
import { packRefusalSentence } from '../../packs/shipped-words.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import type { Translations } from '../../wire/languages.ts'
import { parseStreamId, type ActorId, type StreamId } from '../../wire/ids.ts'
import { toHex } from '../../wire/bytes.ts'
import { printable } from '../../wire/printable.ts'
import { qualityClass } from '../../wire/quality.ts'
import { ROW_BYTES, VALUE_KIND, type Rows } from '../../wire/rows.ts'
import type { OnCondition } from '../conditions.ts'
import type { OwnBindings } from './own-bindings.ts'
import { contentOf, viewOf, type StreamCursor, type StreamNumbers } from './stream-numbers.ts'

const STREAM_BYTES = 16
const ROW_KIND = 4
const ROW_QUALITY = 24
const ROW_VALUE = 32
/** What a lot may be called: an id has one spelling, and is read aloud on the telephone. */
const LOT = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/
const LOT_CHARS_MAX = 64
/** Of what a device says; the rest tells no lots apart. */
const LOT_BYTES_READ = 512

/** A source that tells its lots. */
export interface LotSource {
  source: string
  /** As people call it. */
  name: string
  /** The stream of the tag that carries the lot. */
  carrier: StreamId
  /** Whose readings belong to the lot, the carrier among them. */
  streams: readonly StreamId[]
  /** What is registered; the value stands behind its id and its name. */
  asset: AssetRegistered
}

type Sign = <T extends 'asset.registered' | 'stream.bound' | 'stream.unbound'>(type: T, body: CoreEvents[T]) => number

export interface SourceLotsOptions {
  ledger: Ledger
  actor: ActorId
  numbers: StreamNumbers
  bindings: OwnBindings
  sign: Sign
  /** Whoever asks for it is told of a refusal. */
  outcomeOf(sequence: number): Promise<Outcome>
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class SourceLots {
  readonly #lots: readonly SourceLot[]
  readonly #byStream: ReadonlyMap<StreamId, SourceLot>

  constructor(options: SourceLotsOptions, sources: readonly LotSource[]) {
    this.#lots = sources.map((source) => new SourceLot(options, source))
    this.#byStream = new Map(
      sources.flatMap(({ streams }, at) => streams.map((stream) => [stream, this.#lots[at] as SourceLot])),
    )
  }

  /** Of the source whose stream this is; null where it tells no lots. */
  of(stream: StreamId): SourceLot | null {
    return this.#byStream.get(stream) ?? null
  }

  /** What rows say last of lots, by the stream that carries it. */
  saidIn({ rows, streams, heap }: Rows): Map<string, string> {
    const said = new Map<string, string>()
    const carriers = streamsIn(streams).map((stream) => (this.of(stream)?.isCarrier(stream) === true ? stream : null))
    if (carriers.every((carrier) => carrier === null)) return said
    const view = viewOf(rows)
    for (let at = 0; at < rows.length; at += ROW_BYTES) {
      const carrier = carriers[view.getUint32(at, true)] ?? null
      const lot = carrier === null ? null : lotIn(view, at, heap)
      if (carrier !== null && lot !== null) said.set(carrier, lot)
    }
    return said
  }

  /** The same as if readings said so, by what `saidIn` gave; false where all of it is known. */
  meet(said: ReadonlyMap<string, string>): boolean {
    return [...said].filter(([carrier, lot]) => this.#byStream.get(carrier as StreamId)?.says(lot)).length > 0
  }

  /** Signs what the lots that were met ask for, before the readings that are of them. */
  begin(): void {
    for (const lot of this.#lots) lot.begin()
  }

  /** What was signed counts for nothing: the ledger is asked anew, once the tags are read again. */
  forget(): void {
    for (const lot of this.#lots) lot.forget()
  }
}

export class SourceLot {
  readonly #o: SourceLotsOptions
  readonly #source: LotSource
  /** What the tag said last; null while it was not read. */
  #value: string | null = null
  /** Asset to which readings belong; null while there is none, or none that could be taken. */
  #asset: string | null = null
  /** Met in a reading that is not numbered yet. */
  #met: string | null = null
  /** Streams that are bound to it. */
  readonly #bound = new Set<StreamId>()

  constructor(options: SourceLotsOptions, source: LotSource) {
    this.#o = options
    this.#source = source
  }

  /** Whether a row says another lot than the one before: nothing behind it may be numbered until `begin`. */
  meets({ stream }: StreamCursor, view: DataView, at: number, heap: Uint8Array): boolean {
    if (!this.isCarrier(stream)) return false
    const value = lotIn(view, at, heap)
    return value !== null && this.says(value)
  }

  isCarrier(stream: StreamId): boolean {
    return stream === this.#source.carrier
  }

  /** Whether this is another lot than the one before; it is met then. */
  says(value: string): boolean {
    if (value === this.#value) return false
    this.#met = value
    return true
  }

  /** The row that a stream has next is in the lot. */
  joins({ stream, next }: StreamCursor): void {
    const asset = this.#asset
    if (asset === null || this.#bound.has(stream)) return
    this.#bound.add(stream)
    const { bindings, sign } = this.#o
    if (bindings.assetsOf(stream).includes(asset)) return this.#isTaken()
    void this.#follow(asset, sign('stream.bound', { stream, asset, fromSequence: next }))
  }

  begin(): void {
    const value = this.#met
    if (value === null) return
    this.#met = null
    this.#value = value
    this.#bound.clear()
    const asset = this.#source.asset.asset + value
    const isUsable = LOT.test(value)
    this.#end(isUsable ? asset : null)
    this.#asset = isUsable && this.#register(asset, value) ? asset : null
    const lot = printable(value)
    this.#tell('lot-unusable', !isUsable, { lot })
    if (!isUsable) this.#tell('lot-refused', false)
  }

  forget(): void {
    this.#value = null
    this.#asset = null
    this.#met = null
    this.#bound.clear()
  }

  /** Each stream ends with its newest reading what it is bound to, but for the one asset. */
  #end(but: string | null): void {
    const { bindings, numbers, sign } = this.#o
    for (const stream of this.#source.streams) {
      const cursor = numbers.of(stream)
      if (cursor === null) continue
      for (const asset of bindings.assetsOf(stream))
        if (asset !== but) sign('stream.unbound', { stream, asset, lastSequence: cursor.next - 1 })
    }
  }

  /** Whether it is registered, or is about to be: one that was a lot before is taken up again. */
  #register(asset: string, value: string): boolean {
    const { ledger, actor, bindings, sign } = this.#o
    const known = ledger.asset(asset, actor)
    if (known !== null) {
      const { registered, refusal } = known
      const refused = refusal ?? (isAlike(registered, this.#source.asset) ? null : 'asset-differs')
      if (refused !== null) this.#refuse(refused)
      return refused === null
    }
    if (bindings.isRegistering(asset)) return true
    try {
      void this.#follow(asset, sign('asset.registered', { ...named(this.#source.asset, value), asset }))
      return true
    } catch {
      // It is told where it could not be signed.
      return false
    }
  }

  async #follow(asset: string, sequence: number): Promise<void> {
    // Where memory was lost nobody hears what becomes of it; the tag is read again then.
    const decided = await this.#o.outcomeOf(sequence).catch(() => null)
    if (decided === null || asset !== this.#asset) return
    if (decided.outcome !== 'invalid' || decided.reason === undefined) return this.#isTaken()
    this.#refuse(decided.reason)
    // Nothing more is tried with it: each stream would be refused for the same.
    this.#asset = null
  }

  #isTaken(): void {
    this.#tell('lot-refused', false)
  }

  #refuse(refused: RefusalCode): void {
    const reason = packRefusalSentence(refused) ?? refusalSentence(refused)
    this.#tell('lot-refused', true, { lot: printable(this.#value ?? ''), reason, refused })
  }

  #tell(code: 'lot-refused' | 'lot-unusable', on: boolean, facts: Record<string, string> = {}): void {
    const { name, onCondition } = this.#o
    onCondition(code, `${name}/${this.#source.source}`, on, { source: this.#source.name, ...facts })
  }
}

function streamsIn(streams: Uint8Array): StreamId[] {
  return Array.from({ length: streams.length / STREAM_BYTES }, (_, i) =>
    parseStreamId(toHex(streams.subarray(i * STREAM_BYTES, (i + 1) * STREAM_BYTES))),
  )
}

/** What else was said when it was registered is of that time. */
function isAlike(one: Omit<AssetRegistered, 'asset'>, other: AssetRegistered): boolean {
  const packs = one.packs.toSorted().join(' ') === other.packs.toSorted().join(' ')
  const kind = one.scheme === other.scheme && one.type === other.type
  // Simulated readings belong to no real lot.
  return packs && kind && one.simulated === other.simulated
}

function named(asset: AssetRegistered, value: string): AssetRegistered {
  const { name, names } = asset
  const behind = (text: string): string => `${text} ${value}`
  if (names === undefined) return { ...asset, name: behind(name) }
  const all = Object.entries(names).map(([language, text]) => [language, behind(text)])
  return { ...asset, name: behind(name), names: Object.fromEntries(all) as Translations }
}

/**
 * The lot that a good reading says; null where it says none: a text without a character, or zero, which is what a machine shows that has none.
 * Blanks and zero bytes around a text fill up what a device has for it.
 */
function lotIn(view: DataView, at: number, heap: Uint8Array): string | null {
  if (qualityClass(view.getUint32(at + ROW_QUALITY, true)) !== 'good') return null
  const kind = view.getUint8(at + ROW_KIND)
  if (kind === VALUE_KIND.text) {
    const content = contentOf(view, at, heap) as Uint8Array
    const text = new TextDecoder().decode(content.subarray(0, LOT_BYTES_READ)).replaceAll('\0', ' ').trim()
    return text === '' ? null : text.slice(0, LOT_CHARS_MAX + 1)
  }
  if (kind !== VALUE_KIND.integer && kind !== VALUE_KIND.big) return null
  const bits = view.getBigUint64(at + ROW_VALUE, true)
  const number = kind === VALUE_KIND.big ? bits : BigInt.asIntN(64, bits)
  return number === 0n ? null : String(number)
}
