/** The pack run again over the disclosed readings: the verdict is computed, never read. */
import { toHex } from '../wire/bytes.ts'
import { PlumblineError } from '../wire/plumbline-error.ts'
import { PackError } from '../packs/errors.ts'
import type { PackHost } from '../packs/host.ts'
import { readingForPack } from '../packs/reading-json.ts'
import { parseVerdict } from '../packs/verdict.ts'
import type { PackVerdict } from '../packs/verdict.ts'
import { holdEqual } from './check-seals.ts'
import type { HistoryFacts, PlacedReading, StreamFacts } from './check-histories.ts'
import type { SourceFacts } from './check-sources.ts'
import type { StateFacts } from './check-states.ts'
import type { JsonObject } from './credential.ts'
import type { CertificateMaterial } from './material.ts'
import type { Missing, MissingCode } from './step.ts'
import { StepStop } from './step.ts'

export const NO_JUDGEMENT = 'no judgement'

/** The engine that can run this pack is another one, or broke: not a verdict on the certificate. */
export class EngineUnavailable extends PlumblineError<MissingCode> {
  override readonly name = 'EngineUnavailable'
  readonly missing: Missing

  constructor(missing: Missing) {
    super(missing.code, missing.text, 'Check the certificate with the release of Plumbline that its channel uses.')
    this.missing = missing
  }
}

/** Throws StepStop, or EngineUnavailable where nobody can tell with this engine. */
export function runPack(
  material: CertificateMaterial,
  states: StateFacts,
  { events, streams }: HistoryFacts,
  sources: SourceFacts,
  host: PackHost,
): PackVerdict {
  const { hash, ruleHash, files, manifest } = material.pack
  holdEqual(states.pack.ruleHash, ruleHash, `the enclosed rule of ${manifest.id} is not the one in force`)
  holdEqual(states.pack.hash, hash, `the enclosed pack ${manifest.id} is not the one in force`)
  const { retired } = states.pack
  if (retired !== null && material.period.toUs > retired.timeUs)
    throw new StepStop(`the pack ${manifest.id} was retired by entry ${retired.entry}, before the period ends`)
  const withheld = streams.reduce((sum, stream) => sum + stream.withheld, 0)
  if (withheld > 0) return notJudged(`${withheld} readings are withheld`)
  if (events.withheld > 0) return notJudged(`${events.withheld} events that the rule reads are withheld`)
  const engine = toHex(states.pack.engineHash)
  if (engine !== toHex(host.engineHash)) {
    const text = `the rule engine ${engine.slice(0, 16)}, for which the pack was activated`
    throw new EngineUnavailable({ code: 'engine_unknown', text })
  }
  try {
    return parseVerdict(host.run(files.rule, 'judge', packInput(material, states, streams, sources)))
  } catch (error) {
    if (!(error instanceof PackError)) throw error
    // A bound on what a rule may use decides nothing about what it would have said.
    if (error.code === 'pack_limit')
      throw new EngineUnavailable({
        code: 'rule_unfinished',
        text: `a rule that comes to an end here: ${error.message}`,
      })
    if (error.code !== 'pack_trap') throw new StepStop(`the pack does not come to a verdict: ${error.message}`)
    throw new EngineUnavailable({ code: 'engine_broken', text: `a working rule engine (${error.message})` })
  }
}

function notJudged(why: string): PackVerdict {
  const text = `${why}; a verdict would rest on what nobody can see`
  return { verdict: NO_JUDGEMENT, reasons: [{ code: 'WITHHELD', text, severity: 'incomplete' }], figures: {} }
}

function packInput(
  material: CertificateMaterial,
  states: StateFacts,
  streams: StreamFacts[],
  sources: SourceFacts,
): JsonObject {
  const { scheme, type, name } = states.asset
  return {
    asset: { id: material.asset, scheme, type, name },
    parameters: states.pack.parameters,
    period: { fromUs: material.period.fromUs, toUs: material.period.toUs },
    streams: streams.map((stream) => ({
      stream: stream.stream,
      quantity: stream.state.quantity,
      unit: stream.state.unit,
      kind: stream.state.kind,
      label: stream.state.label,
      trust: stream.state.trust,
      simulated: stream.state.simulated,
      gateway: stream.state.actor,
      withheld: stream.withheld,
      recorded: stream.recorded === null ? null : { ...stream.recorded },
      gaps: stream.gaps.map((gap) => ({ ...gap })),
      readings: stream.judged.map(placedForPack),
    })),
    events: sources.events,
  }
}

/** `timeUs` never goes back; where that is not the source's own time, which does not fit the order, that one stands beside it. */
function placedForPack({ leaf, place }: PlacedReading): JsonObject {
  const reading = readingForPack(leaf)
  return place.fits ? reading : { ...reading, timeUs: place.timeUs, stampedUs: leaf.sourceTimeUs }
}
