/** What a rule is given and what it answers, as its author sees it: `rule.js` names these types in its comments. */
import type { JsonValue } from '../wire/json.ts'

/** A value with its kind: integers beyond 2^53, floats that JSON lacks, and bytes are text (docs/FORMATS.md, "Packs"). */
export type RuleValue =
  | { readonly kind: 'null'; readonly value: null }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer' | 'float'; readonly value: number | string }
  | { readonly kind: 'text' | 'bytes'; readonly value: string }

export interface RuleReading {
  readonly stream: string
  readonly sequence: number
  /** Never goes back. */
  readonly timeUs: number
  /** The source's own time, where it does not fit the order of the readings. */
  readonly stampedUs?: number
  readonly value: RuleValue
  /** OPC UA status code. */
  readonly quality: number
  readonly flags: number
}

export interface RuleStream {
  readonly stream: string
  readonly quantity: string
  readonly unit: string
  readonly kind: string
  readonly withheld?: number
  readonly recorded?: { readonly fromUs: number; readonly toUs: number } | null
  readonly readings: readonly RuleReading[]
}

export interface RuleEvent<Body = JsonValue> {
  readonly index: number
  readonly type: string
  readonly actor: string
  readonly legalName?: string
  readonly role: string
  /** Statement hash. */
  readonly hash: string
  readonly atUs: number
  readonly body: Body
}

/** What `judge` gets. */
export interface RuleEvidence<Parameters, Event> {
  readonly asset: { readonly id: string; readonly scheme: string; readonly type: string; readonly name: string }
  readonly parameters?: Parameters
  readonly period: { readonly fromUs: number; readonly toUs: number }
  readonly streams: readonly RuleStream[]
  readonly events?: readonly Event[]
}

export interface RuleReason {
  readonly code: string
  readonly severity: 'fraud' | 'fail' | 'conceded' | 'incomplete' | 'note'
  readonly text: string
  readonly [name: string]: unknown
}

/** What `judge` answers. */
export interface RuleVerdict {
  readonly verdict: string
  readonly reasons: readonly RuleReason[]
  readonly figures: { readonly [name: string]: number }
}
