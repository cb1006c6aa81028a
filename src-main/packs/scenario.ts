/**
 * A pack's scenario: what is planted in assets, and what must be found of each, for any seed. The evidence is what `judge` is given, so that
 * a test may ask the rule alone; a scenario run brings the same about on a ledger (`src-main/gateway/scenario/`) and asks its certificates.
 */
import type { JsonValue } from '../wire/json.ts'
import type { RuleEvent, RuleEvidence, RuleReading, RuleStream } from './rule-types.ts'

/** `src-main/packs/<name>/scenario/scenario.ts` exports one as `scenario`. */
export interface PackScenario {
  /** Whoever says something. The gateway of the first one's owner reads every stream and issues; each owner has one gateway. */
  readonly people: readonly ScenarioPerson[]
  /** By how much the clock is moved while readings come. */
  readonly stepUs: number
  planted(seed: number): readonly PlantedAsset[]
}

export interface ScenarioPerson {
  /** As the evidence names it. */
  readonly actor: string
  readonly name: string
  readonly legalName: string
}

/** `label`: what a page calls it, where that is not its quantity. `gaps` name no lost numbers: a gateway gives none to what it never had. */
export interface PlantedStream extends RuleStream {
  readonly label?: string
  readonly gaps: readonly {
    readonly fromSequence: number
    readonly toSequence: number
    readonly fromTimeUs: number
    readonly toTimeUs: number
    readonly reason: string
  }[]
  readonly readings: readonly RuleReading[]
}

export interface PlantedEvidence extends RuleEvidence<{ readonly [name: string]: JsonValue }, RuleEvent> {
  readonly streams: readonly PlantedStream[]
  /** In the order in which they are said. Where a body names the hash of another one, or a stream, it means what the ledger has in its place. */
  readonly events: readonly RuleEvent[]
}

export type PlantedFinding = { readonly code: string; readonly [name: string]: JsonValue }

export interface Planted {
  readonly verdict: string
  /** In any order; without its sentence, stream, entry and the time of that. */
  readonly findings: readonly PlantedFinding[]
}

/** Where the way over a ledger comes to something else than the rule alone, and why. */
export interface OnLedger extends Partial<Planted> {
  readonly why: string
  /** Codes by which the ledger refuses statements, by their hashes in the evidence. */
  readonly refused?: { readonly [hash: string]: string }
  /** There is no way over a ledger: the rule alone is asked, and the result says so. */
  readonly isRuleAlone?: true
}

export interface PlantedAsset extends Planted {
  /** What is planted, in a few words. */
  readonly name: string
  readonly evidence: PlantedEvidence
  readonly onLedger?: OnLedger
}

/** What says where a finding is on a ledger, and in which words: another run has others. */
const ELSEWHERE = new Set(['text', 'stream', 'entry', 'atUs'])

/** Findings in one spelling and one order, so that two lists of them can be compared. */
export function speltFindings(findings: readonly { readonly [name: string]: unknown }[]): string[] {
  return findings
    .map((one) => Object.entries(one).filter(([name]) => !ELSEWHERE.has(name)))
    .map((members) => JSON.stringify(Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))))
    .toSorted()
}

/** mulberry32: 32-bit state, the same sequence everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
