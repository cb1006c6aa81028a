/**
 * Brings planted evidence about on a ledger: assets registered, streams opened and bound, readings handed over like those of a source, and
 * what people say signed by them, each at its time on the scenario's clock.
 */
import type { PlantedAsset, PlantedStream } from '../../packs/scenario.ts'
import type { RuleEvent, RuleReading } from '../../packs/rule-types.ts'
import { streamId } from '../../record/channel.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import { plainMeaning } from '../../record/stream-fields.ts'
import type { StreamOpened } from '../../record/stream-fields.ts'
import { parseActorId } from '../../wire/ids.ts'
import type { StreamId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { FLAG } from '../../wire/quality.ts'
import type { Value } from '../../wire/reading.ts'
import { RowWriter, UNNUMBERED } from '../../wire/rows.ts'
import { packEventSaid } from '../channel/say-as.ts'
import { GatewayError } from '../error.ts'
import type { PlacedGap } from '../signing/rows-handed.ts'
import type { Plant } from './plant.ts'

export type Progress = (what: string, done: number, total: number) => void

/** What the ledger has in the place of what evidence names. */
interface Recorded {
  asset: PlantedAsset
  streams: RecordedStream[]
  /** Streams and statement hashes of the evidence, each with the ledger's own. */
  names: Map<string, string>
}

interface RecordedStream {
  planted: PlantedStream
  stream: StreamId
  /** Readings that were handed over. */
  handed: number
  handedGaps: number
  isBound: boolean
}

interface Due {
  recorded: Recorded
  event: RuleEvent
}

/** Throws GatewayError `not_recorded` for what the ledger does not take, and for what it takes though it was planted as refused. */
export async function recordEvidence(
  plant: Plant,
  pack: string,
  assets: readonly PlantedAsset[],
  { stepUs, onProgress }: { stepUs: number; onProgress: Progress },
): Promise<void> {
  const all = assets.map((asset, at) => recordedOf(plant, asset, at))
  await register(plant, pack, all)
  const said = all
    .flatMap((recorded) => recorded.asset.evidence.events.map((event): Due => ({ recorded, event })))
    .toSorted((a, b) => a.event.atUs - b.event.atUs)
  const moments = momentsOf(assets, stepUs)
  for (const [at, momentUs] of moments.entries()) {
    onProgress('recorded until', at + 1, moments.length)
    plant.clock.advance(momentUs)
    for (const recorded of all) handOver(plant, recorded, momentUs)
    await plant.alive()
    await Promise.all(all.map(async (recorded) => await end(plant, recorded)))
    while (said[0] !== undefined && said[0].event.atUs <= momentUs) await say(plant, said.shift() as Due)
  }
}

/**
 * A stream that delivers nothing more though its asset's period goes on ends there: else everybody who reads a certificate would have to wait
 * for what it may still deliver. Before the clock comes to that end, so that the seals that bracket the period know it.
 */
async function end(plant: Plant, { asset: { evidence }, streams }: Recorded): Promise<void> {
  const ending = streams.filter(({ planted: { readings }, handed, isBound }) => {
    const isOver = handed === readings.length && (readings.at(-1)?.timeUs ?? 0) < evidence.period.toUs
    return isBound && isOver
  })
  await Promise.all(
    ending.map(async (one) => {
      one.isBound = false
      const body = { stream: one.stream, asset: evidence.asset.id, lastSequence: UNNUMBERED }
      await plant.event(plant.first, 'stream.unbound', body)
    }),
  )
}

function recordedOf({ first }: Plant, asset: PlantedAsset, at: number): Recorded {
  const streams = asset.evidence.streams.map((planted, tag): RecordedStream => {
    const stream = streamId(first.reader.channel, parseActorId(first.actor), sourceOf(at), tagOf(tag))
    return { planted, stream, handed: 0, handedGaps: 0, isBound: true }
  })
  return { asset, streams, names: new Map(streams.map(({ planted, stream }) => [planted.stream, stream])) }
}

const sourceOf = (asset: number): string => `line-${asset + 1}`
const tagOf = (stream: number): string => `tag-${stream + 1}`

/** Each event waits for the one before alone where it rests on it; all of one sort are signed at once. */
async function register(plant: Plant, pack: string, all: readonly Recorded[]): Promise<void> {
  const { first } = plant
  const others = ({ asset: { evidence } }: Recorded): string[] =>
    [...new Set(evidence.events.map(({ actor }) => personOf(plant, actor).channel.actor))].filter(
      (actor) => actor !== first.actor,
    )
  await Promise.all(
    all.map(async ({ asset: { evidence } }) => {
      const { id, ...what } = evidence.asset
      await plant.event(first, 'asset.registered', {
        asset: id,
        ...what,
        attributes: {},
        packs: [pack],
        simulated: true,
      })
    }),
  )
  await Promise.all(
    all.flatMap((recorded, at) => [
      ...others(recorded).map(async (party) => {
        const { id: asset } = recorded.asset.evidence.asset
        await plant.event(first, 'asset.bound', { asset, party: parseActorId(party) })
      }),
      ...recorded.streams.map(async (one, tag) => await open(plant, recorded, one, [sourceOf(at), tagOf(tag)])),
    ]),
  )
}

async function open(
  plant: Plant,
  { asset: { evidence } }: Recorded,
  { planted, stream }: RecordedStream,
  [source, tag]: [source: string, tag: string],
): Promise<void> {
  const { first } = plant
  const { quantity, unit, kind, label = quantity, readings } = planted
  // It begins by the number that the evidence gives its first reading.
  const fromSequence = readings[0]?.sequence ?? 0
  await Promise.all([
    plant.event(first, 'stream.opened', {
      stream,
      source,
      tag,
      label,
      unit,
      kind: kind as StreamOpened['kind'],
      quantity,
      meaning: plainMeaning('scenario'),
      trust: 'unauthenticated',
      simulated: true,
      range: null,
      cadenceMs: 1_000,
      fromSequence,
    }),
    plant.event(first, 'stream.bound', { stream, asset: evidence.asset.id, fromSequence }),
  ])
}

/** When something is said, in between once a step, and at last when all periods are over. */
function momentsOf(assets: readonly PlantedAsset[], stepUs: number): number[] {
  const said = assets.flatMap(({ evidence }) => evidence.events.map(({ atUs }) => atUs))
  const read = assets.flatMap(({ evidence }) => evidence.streams.flatMap(({ readings }) => readings.map(takenUs)))
  const ends = assets.map(({ evidence }) => evidence.period.toUs)
  const fixed = [...new Set([...said, least(read), most(read), most(ends)])].toSorted((a, b) => a - b)
  return fixed.flatMap((momentUs, at) => {
    const beforeUs = fixed[at - 1] ?? momentUs
    // While nothing is read, nothing has to be moved for.
    const isRead = momentUs <= most(read) && beforeUs >= least(read)
    const steps = isRead ? Math.ceil((momentUs - beforeUs) / stepUs) : 1
    return Array.from({ length: Math.max(1, steps) }, (_, step) =>
      step + 1 >= steps ? momentUs : beforeUs + (step + 1) * stepUs,
    )
  })
}

/** When it reached its gateway: a source's own clock may say what it likes. */
const takenUs = ({ timeUs }: RuleReading): number => timeUs
const least = (all: readonly number[]): number => all.reduce((a, b) => Math.min(a, b))
const most = (all: readonly number[]): number => all.reduce((a, b) => Math.max(a, b))

/** Readings of one asset up to a moment, stream by stream: so they come to lie in few batches. */
function handOver({ first }: Plant, { streams }: Recorded, untilUs: number): void {
  const writer = new RowWriter(streams.map(({ stream }) => stream))
  const gaps: PlacedGap[] = []
  for (const [index, one] of streams.entries()) {
    const { readings, gaps: planted } = one.planted
    for (; (readings[one.handed]?.timeUs ?? Infinity) <= untilUs; one.handed++) {
      const reading = readings[one.handed] as RuleReading
      for (; (planted[one.handedGaps]?.toSequence ?? Infinity) < reading.sequence; one.handedGaps++) {
        const { fromTimeUs, toTimeUs, reason } = planted[one.handedGaps] as (typeof planted)[number]
        gaps.push({ stream: one.stream, fromTimeUs, toTimeUs, reason, row: writer.count })
      }
      const { stampedUs = reading.timeUs, quality, flags } = reading
      writer.push(index, UNNUMBERED, stampedUs, valueOf(reading), quality, flags | FLAG.simulated)
    }
  }
  if (writer.count > 0) first.thread.rows({ rows: writer.take(), gaps, kind: 'live' })
}

function valueOf({ value }: RuleReading): Value {
  switch (value.kind) {
    case 'float':
      return { kind: 'float', value: Number(value.value) }
    case 'boolean':
      return { kind: 'boolean', value: value.value }
    case 'text':
      return { kind: 'text', value: value.value }
    default:
      throw new TypeError(`no scenario reads values of the kind ${value.kind}`)
  }
}

async function say(plant: Plant, { recorded: { asset, names }, event }: Due): Promise<void> {
  const person = personOf(plant, event.actor)
  const body = withNames(event.body, names)
  const statement = packEventSaid(event.type, [asset.evidence.asset.id], body)
  const { outcome, hash, refused, reason } = await plant.say(person, event.role as PersonRole, statement)
  const planted = asset.onLedger?.refused?.[event.hash] ?? null
  const isAsPlanted = planted === null ? outcome === 'accepted' : refused === planted
  if (!isAsPlanted)
    throw new GatewayError(
      'not_recorded',
      `${event.type} about ${asset.evidence.asset.id} (${asset.name}) by ${person.name} came to ${refused ?? outcome} (${reason ?? 'no reason'}), not to ${planted ?? 'accepted'}`,
      'A scenario says what is refused. Please report this.',
    )
  if (hash !== null) names.set(event.hash, hash)
}

function personOf({ people }: Plant, actor: string): NonNullable<ReturnType<Plant['people']['get']>> {
  const person = people.get(actor)
  if (person === undefined) throw new TypeError(`the scenario has no person for the actor ${actor}`)
  return person
}

/** With what the ledger has in the place of streams and statements that the evidence names. */
function withNames(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return names.get(value) ?? value
  if (Array.isArray(value)) return value.map((item) => withNames(item, names))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withNames(item, names)]))
}
