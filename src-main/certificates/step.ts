/**
 * The named steps of a check, in the order in which every verifier takes them (docs/FORMATS.md, section 8), and the two
 * ways in which a step does not hold: it stops, because what it found contradicts what it was told, or it waits,
 * because something is missing that only others can give.
 */

export const STEPS = [
  ['form', 'Form'],
  ['issuer-signature', "Issuer's signature"],
  ['checkpoints', 'Cosigned checkpoints under the pinned policy'],
  ['seals', 'Seals with log paths'],
  ['state-proofs', 'State proofs'],
  ['histories', 'Histories'],
  ['source-signatures', 'Source signatures'],
  ['pack', 'The pack run again'],
] as const

export type StepId = (typeof STEPS)[number][0]

/** Figures of a step, so that a console can word it in another language. Hashes as hex, times in microseconds. */
export interface StepFigures {
  [name: string]: string | number | boolean
}

export const STEP_STATES = ['holds', 'stops', 'waits', 'not-run'] as const
export type StepState = (typeof STEP_STATES)[number]

export interface Step {
  id: StepId
  title: string
  state: StepState
  /** One English phrase. */
  detail: string
  figures?: StepFigures
  /** Where a step stops on a comparison: what should have been there, and what was. */
  expected?: string
  actual?: string
}

/** What a step that holds has to say. */
export interface StepResult {
  detail: string
  figures?: StepFigures
  /** Set when nothing contradicts but something is missing: the step waits. */
  waitsFor?: Missing
}

export type MissingCode =
  | 'policy_unknown'
  | 'policy_other'
  | 'policy_continued'
  | 'not_vouched'
  | 'policy_asks_nobody'
  | 'cosigners_missing'
  | 'period_open'
  | 'engine_unknown'
  | 'engine_broken'
  | 'rule_unfinished'
  | 'rules_unknown'
  | 'key_suspect'
  | 'page_not_ours'
  | 'page_unknown'

/** Something without which nobody can tell; `code` is stable. */
export interface Missing {
  code: MissingCode
  /** What is missing, as a phrase that follows "Missing: ". */
  text: string
}

/** Thrown inside a step: it stops here. */
export class StepStop extends Error {
  override readonly name = 'StepStop'
  readonly expected: string | undefined
  readonly actual: string | undefined

  constructor(detail: string, expected?: string, actual?: string) {
    super(detail)
    this.expected = expected
    this.actual = actual
  }
}

/** Stops the step unless the condition holds. */
export function hold(condition: boolean, detail: string, expected?: string, actual?: string): asserts condition {
  if (!condition) throw new StepStop(detail, expected, actual)
}
