/**
 * The examination of the evidence itself, from the seals to the verdict. Issuing runs it over what it is about to sign,
 * verifying over what it was given. Each part builds on the one before and must be called in order.
 */
import { verifySignature } from '../proof/signature.ts'
import { PackError } from '../packs/errors.ts'
import type { PackHost } from '../packs/host.ts'
import { checkHistories, openStreams } from './check-histories.ts'
import type { StreamFacts } from './check-histories.ts'
import { checkSeals } from './check-seals.ts'
import type { LedgerFacts, LedgerTree } from './check-seals.ts'
import { checkSources } from './check-sources.ts'
import type { SignatureCheck, SourceFacts } from './check-sources.ts'
import { checkStates } from './check-states.ts'
import type { StateFacts } from './check-states.ts'
import { EngineUnavailable, runPack } from './judge.ts'
import type { CertificateMaterial } from './material.ts'
import type { StepResult } from './step.ts'
import { isoOfUs } from './numbers.ts'
import { QUORUM_ONLY } from './subject.ts'
import type { Findings } from './subject.ts'

export interface Examination {
  seals(): StepResult & { ledger: LedgerFacts }
  states(): StepResult
  histories(): StepResult
  sources(): StepResult
  /** Throws StepStop, or EngineUnavailable. */
  pack(host: PackHost | PackError): Findings
}

export interface ExamineOptions {
  tree: LedgerTree
  /** When the credential says that it was signed; microseconds. */
  signedAtUs: number
  /** The public key that signs, or signed, the credential. */
  issuerKey: Uint8Array
  verifySignature?: SignatureCheck | undefined
}

export function examine(material: CertificateMaterial, options: ExamineOptions): Examination {
  const { tree, issuerKey, signedAtUs } = options
  let ledger: LedgerFacts
  let states: StateFacts
  let streams: StreamFacts[]
  let sources: SourceFacts
  return {
    seals() {
      ledger = checkSeals(material, tree, signedAtUs)
      return { ...wordSeals(ledger), ledger }
    },
    states() {
      states = checkStates(material, ledger, issuerKey)
      const proofs = states.newer.size + (states.older?.size ?? 0)
      return { detail: `${proofs} values proven, issued by ${states.issuer.member.name}`, figures: { proofs } }
    },
    histories() {
      streams = checkHistories(material, ledger, states)
      return wordHistories(material, streams, ledger)
    },
    sources() {
      sources = checkSources(material, { ledger, states, streams }, options.verifySignature ?? verifySignature)
      states.newer.end()
      states.older?.end()
      return wordSources(sources)
    },
    pack(host) {
      if (host instanceof PackError)
        throw new EngineUnavailable({ code: 'engine_broken', text: `a rule engine: ${host.message}` })
      const verdict = runPack(material, states, streams, sources, host)
      return { material, ledger, states, streams, sources, verdict }
    },
  }
}

function wordSeals(ledger: LedgerFacts): StepResult {
  const { newer, older, tree, placedCount } = ledger
  const range =
    older === null ? `up to seal ${newer.seal.height}` : `between seals ${older.seal.height} and ${newer.seal.height}`
  return {
    detail: `${placedCount} entries in the ledger of ${tree.size}, ${range}, as of ${isoOfUs(newer.asOfUs)}`,
    figures: { entries: placedCount, size: tree.size, height: newer.seal.height, asOfUs: newer.asOfUs },
  }
}

function wordHistories(material: CertificateMaterial, streams: StreamFacts[], ledger: LedgerFacts): StepResult {
  const readings = streams.reduce((sum, stream) => sum + stream.readings.length, 0)
  const withheld = streams.reduce((sum, stream) => sum + stream.withheld, 0)
  const detail = `${readings} readings of ${streams.length} streams, none left out${withheld > 0 ? `, ${withheld} withheld` : ''}`
  const figures = { readings, withheld, streams: streams.length }
  const open = openStreams(streams, material.period.toUs)
  const first = open[0]
  if (first === undefined) return { detail, figures }
  const known =
    first.completeUntilUs === null ? 'nothing is known of it' : `known up to ${isoOfUs(first.completeUntilUs)}`
  const text =
    `a newer seal: as of ${isoOfUs(ledger.newer.asOfUs)} ${first.state.label} may still deliver readings ` +
    `before ${isoOfUs(material.period.toUs)} (${known})`
  return {
    detail: `${detail}; ${open.length} of the streams may not be complete yet`,
    figures,
    waitsFor: { code: 'period_open', text },
  }
}

function wordSources(sources: SourceFacts): StepResult {
  if (!sources.fromSources) return { detail: QUORUM_ONLY, figures: { readings: 0, batches: 0 } }
  const names = [...sources.signers.values()].map((member) => member.name).sort()
  return {
    detail: `${sources.readings} readings in ${sources.batches} batches signed by ${names.join(', ')}`,
    figures: { readings: sources.readings, batches: sources.batches, gateways: names.join(', ') },
  }
}
