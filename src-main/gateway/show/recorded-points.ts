/** What screens show of the record: streams as they are opened, and the newest reading of each as batches are applied. */
import type { Point } from '../../endpoints/model.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { parseStreamId } from '../../wire/ids.ts'
import type { BatchPayloads } from './batch-payloads.ts'
import type { GatewayConfig } from '../folder/config.ts'
import type { LivePoints } from './live-points.ts'
import { unlessDamaged } from './unless-damaged.ts'

const WAITING_BATCHES_MAX = 256

export interface RecordedPointsOptions {
  config: GatewayConfig
  actor: string
  reader: LedgerReader
  payloads: BatchPayloads
  points: LivePoints
}

export class RecordedPoints {
  readonly #o: RecordedPointsOptions
  #newBatches: number[] = []
  #hasNewEvents = false
  /** Streams that were opened up to this entry are defined. */
  #definedUpTo = 0

  constructor(options: RecordedPointsOptions) {
    this.#o = options
  }

  /** After a start: the newest reading of every stream, so that screens and gaps go on from what is recorded. */
  begin(): void {
    const { payloads, points } = this.#o
    this.#define()
    points.take(payloads.newestOf(points.all().map(({ stream }) => parseStreamId(stream))))
    points.changes()
  }

  /** An entry was applied; it is looked at with the next ones. */
  applied(index: number, kind: 'batch' | 'event'): void {
    if (kind === 'event') this.#hasNewEvents = true
    else this.#newBatches.push(index)
    if (this.#newBatches.length > WAITING_BATCHES_MAX)
      this.#newBatches.splice(0, this.#newBatches.length - WAITING_BATCHES_MAX)
  }

  /** Points whose value changed since the last call. */
  changes(): Point[] {
    if (this.#hasNewEvents) unlessDamaged(() => this.#define(), undefined)
    this.#hasNewEvents = false
    const batches = this.#newBatches
    if (batches.length === 0) return []
    this.#newBatches = []
    this.#o.points.take(this.#o.payloads.of(batches))
    return this.#o.points.changes()
  }

  #define(): void {
    const { reader, points, actor } = this.#o
    const opened = reader.streams(this.#definedUpTo)
    if (opened.length === 0) return
    const members = new Map(reader.members().map((member) => [member.actor as string, member.name]))
    const normal = normalRanges(this.#o.config)
    for (const stream of opened) {
      this.#definedUpTo = stream.openedAt
      if (points.has(stream.stream)) continue
      const own = stream.actor === actor ? normal.get(stream.source)?.get(stream.tag) : undefined
      points.define({ ...stream, gateway: members.get(stream.actor) ?? stream.actor, normal: own ?? null })
    }
  }
}

/** By source and tag. */
function normalRanges({ sources }: GatewayConfig): Map<string, Map<string, [number, number] | undefined>> {
  return new Map(sources.map(({ id, tags }) => [id, new Map(tags.map((tag) => [tag.id, tag.normal]))]))
}
