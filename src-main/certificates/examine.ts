/**
 * The examination of the evidence itself, from the seals to the verdict. Issuing runs it over what it is about to sign,
 * verifying over what it was given. Each part builds on the one before and must be called in order.
 */
import { verifySignature } from '../proof/signature.ts'
import { PackError } from '../packs/errors.ts'
import type { PackHost } from '../packs/host.ts'
import { checkHistories, openStreams } from './check-histories.ts'
import type { HistoryFacts } from './check-histories.ts'
import { knownRules } from '../record/rules.ts'
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
  let histories: HistoryFacts
  let sources: SourceFacts
  return {
    seals() {
      ledger = checkSeals(material, tree, signedAtUs)
      return { ...wordSeals(ledger), ledger }
    },
    states() {
      states = checkStates(material, ledger, issuerKey)
      const proofs = states.newer.size + (states.older?.size ?? 0)
      if (!knownRules.has(states.rules)) return waitForRules(states.rules)
      return { detail: `${proofs} values proven, issued by ${states.issuer.member.name}`, figures: { proofs } }
    },
    histories() {
      histories = checkHistories(material, ledger, states)
      return wordHistories(material, histories, ledger)
    },
    sources() {
      sources = checkSources(material, { ledger, states, ...histories }, options.verifySignature ?? verifySignature)
      states.newer.end()
      states.older?.end()
      return wordSources(sources)
    },
    pack(host) {
      if (host instanceof PackError)
        throw new EngineUnavailable({ code: 'engine_broken', text: `a rule engine: ${host.message}` })
      const verdict = runPack(material, states, histories, sources, host)
      return { material, ledger, states, ...histories, sources, verdict }
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

/** What the ledger decided by rules that are not here may mean another thing than it seems to. */
function waitForRules(version: number): StepResult {
  const text = `a release that knows version ${version} of the channel's rules`
  return { detail: `decided by version ${version} of the rules`, waitsFor: { code: 'rules_unknown', text } }
}

function wordHistories(
  material: CertificateMaterial,
  { events, streams }: HistoryFacts,
  ledger: LedgerFacts,
): StepResult {
  const readings = streams.reduce((sum, stream) => sum + stream.readings.length, 0)
  const withheld = streams.reduce((sum, stream) => sum + stream.withheld, 0)
  const told = events.shown.length + events.closed
  const detail = `${readings} readings of ${streams.length} streams and ${told} events, none left out${withheld > 0 ? `, ${withheld} readings withheld` : ''}`
  const figures = { readings, withheld, streams: streams.length, events: told }
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

/** A signature by a key that was in two hands says nothing about whose word it is. */
function suspicion({ suspect }: SourceFacts): Pick<StepResult, 'waitsFor'> {
  if (suspect === null) return {}
  const { entry, signer, from } = suspect
  const text = `evidence that does not rest on entry ${entry}: what the key of ${signer} signed from entry ${from} on is in doubt`
  return { waitsFor: { code: 'key_suspect', text } }
}

function wordSources(sources: SourceFacts): StepResult {
  if (!sources.fromSources) return { detail: QUORUM_ONLY, figures: { readings: 0, batches: 0 }, ...suspicion(sources) }
  const names = [...sources.signers.values()].map((member) => member.name).sort()
  const detail = `${sources.readings} readings in ${sources.batches} batches signed by ${names.join(', ')}`
  const figures = { readings: sources.readings, batches: sources.batches, gateways: names.join(', ') }
  return { detail, figures, ...suspicion(sources) }
}
