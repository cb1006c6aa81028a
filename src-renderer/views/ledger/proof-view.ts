/** The steps of a proof in words of this language. */
import type { StepView } from '../../parts/step-view.ts'
import type { EntryDetail, ProofStep, ProofSteps } from '../../words/model.ts'
import { m } from '../../paraglide/messages.js'
import { instrument, count } from '../../words/number.ts'
import { clock, day } from '../../words/time.ts'
import { unitText } from '../../words/unit.ts'
import { hashShort, hashStart } from '../../words/hash-text.ts'

export interface ProofContext {
  entry: EntryDetail
  block: number | null
  position: number | null
  /** Whether the path to the block's checkpoint is unfolded as well. */
  deep: boolean
  /** When the answer came, by the gateway's clock. */
  atUs: number | null
}

const order = ['file-read', 'fingerprint', 'signature', 'in-batch', 'in-block', 'peers-agree', 'key-valid'] as const
const fingerprintGroups = 2
const pathGroups = 4
const versusGroups = 8

/** Steps as they stand; before a proof has run, all of them not run. One reading's step is left out of a whole entry's proof. */
export function stepViews(proof: ProofSteps | null, context: ProofContext, running: boolean): StepView[] {
  const steps = proof?.steps ?? order.map((id): ProofStep => ({ id, state: 'not-run', title: id, detail: '' }))
  return steps
    .filter((step) => step.id !== 'in-batch' || context.position !== null)
    .map((step) => stepView(step, context, running))
}

function stepView(step: ProofStep, context: ProofContext, running: boolean): StepView {
  const view: StepView = {
    id: step.id,
    state: step.state,
    title: titleOf(step, context),
    detail: detailOf(step, context, running),
  }
  if (step.state === 'stops') {
    view.why = whyOf(step, context)
    if (step.expected !== undefined && step.actual !== undefined) {
      const computed = context.atUs === null ? m.ledger_actual() : m.ledger_actual_at({ time: clock(context.atUs) })
      const signedAt = context.entry.sealedAtUs
      view.expected = {
        label:
          signedAt === null || signedAt === undefined
            ? m.ledger_expected()
            : m.ledger_expected_at({ time: clock(signedAt) }),
        text: hashShort(step.expected, versusGroups),
      }
      view.actual = { label: computed, text: hashShort(step.actual, versusGroups) }
    }
  }
  const unfolded = step.id === 'in-batch' || context.deep
  if (step.path && step.state === 'holds' && unfolded) {
    view.path = step.path.map(({ side, hash }) => ({
      side: side === 'left' ? m.ledger_left() : m.ledger_right(),
      hash: hashStart(hash, pathGroups),
    }))
    if (step.root) view.sum = { side: m.ledger_root(), hash: `${hashStart(step.root, pathGroups)} ${m.ledger_equal()}` }
  }
  return view
}

function titleOf(step: ProofStep, { entry, block }: ProofContext): string {
  const titles: Record<ProofStep['id'], () => string> = {
    'file-read': m.ledger_step_file,
    fingerprint: m.ledger_step_fingerprint,
    signature: () => m.ledger_step_signature({ gateway: entry.gateway }),
    'in-batch': () => m.ledger_step_batch({ batch: count(entry.index) }),
    'in-block': () => (block === null ? m.ledger_step_block_open() : m.ledger_step_block({ block: count(block) })),
    'peers-agree': m.ledger_step_peers,
    'key-valid': m.ledger_step_key,
  }
  return titles[step.id]()
}

function detailOf(step: ProofStep, { entry }: ProofContext, running: boolean): string {
  if (step.state === 'stops') return m.ledger_stops_here()
  if (step.state === 'not-run') return running ? m.ledger_runs() : m.ledger_not_run()
  if (step.state === 'waits') return waitsFor(step)
  const figure = (key: string) => step.figures?.[key]
  const number = (key: string) => count(Number(figure(key) ?? 0))
  const details: Record<ProofStep['id'], () => string> = {
    'file-read': () => m.ledger_bytes_stored({ n: Number(figure('bytes') ?? 0), bytes: number('bytes') }),
    // Only a batch signs a hash to compare with; the hash of another entry is compared by its place in the block.
    fingerprint: () => {
      const hash = hashStart(String(figure('hash') ?? ''), fingerprintGroups)
      return entry.kind === 'batch' ? m.ledger_fingerprint_equal({ hash }) : m.ledger_fingerprint_plain({ hash })
    },
    signature: () => m.ledger_signature_valid({ alg: String(figure('alg') ?? '') }),
    'in-batch': () => m.ledger_reading_of({ position: number('position'), of: number('of') }),
    'in-block': () => m.ledger_entry_of({ position: number('position'), of: number('of') }),
    'peers-agree': () =>
      m.ledger_cosigned({
        cosigned: number('cosigned'),
        total: number('total'),
        time: clock(Number(figure('atUs') ?? 0)),
      }),
    'key-valid': () => keyLine(Number(figure('sinceUs') ?? 0), figure('revoked') === true),
  }
  return details[step.id]()
}

function keyLine(sinceUs: number, revoked: boolean): string {
  const text = { day: day(sinceUs) }
  return revoked ? m.ledger_key_revoked_later(text) : m.ledger_key_since(text)
}

function waitsFor(step: ProofStep): string {
  if (step.id === 'in-block') return m.ledger_waits_seal()
  if (step.id === 'peers-agree') return m.ledger_waits_peers()
  return m.ledger_waits_payload()
}

function whyOf(step: ProofStep, { entry }: ProofContext): string {
  const { gateway } = entry
  const words: Record<ProofStep['id'], () => string> = {
    'file-read': m.ledger_why_file,
    fingerprint: () => m.ledger_why_fingerprint({ gateway }),
    signature: () => m.ledger_why_signature({ gateway }),
    'in-batch': m.ledger_why_batch,
    'in-block': m.ledger_why_block,
    'peers-agree': m.ledger_why_peers,
    'key-valid': () => m.ledger_why_key({ gateway }),
  }
  const why = words[step.id]()
  return step.expected === undefined && step.detail !== '' ? `${why} ${m.ledger_told({ detail: step.detail })}` : why
}

/** The one sentence over the steps, its deciding word between asterisks; null before the proof has run. */
export function proofSentence(proof: ProofSteps, whole: boolean): string {
  if (proof.verdict === 'unchanged') return whole ? m.ledger_say_entry_unchanged() : m.ledger_say_unchanged()
  if (proof.verdict === 'changed') return m.ledger_say_changed()
  return m.ledger_say_unknown()
}

/** What an unchanged verdict does not prove, by what the source can show of itself. */
export function notProven(reading: ProofSteps['reading']): string {
  if (!reading) return m.ledger_not_proven_entry()
  if (reading.simulated) return m.ledger_not_proven_simulated()
  const unit = unitText(reading.unit)
  const value = `${instrument(reading.text)}${unit === '' ? '' : ` ${unit}`}`
  if (reading.trust === 'signed by device') return m.ledger_not_proven_signed({ value })
  if (reading.trust === 'authenticated channel') return m.ledger_not_proven_channel({ value })
  return m.ledger_not_proven({ value })
}

export function trustWords(trust: NonNullable<ProofSteps['reading']>['trust']): string {
  if (trust === 'signed by device') return m.ledger_trust_signed()
  return trust === 'authenticated channel' ? m.ledger_trust_channel() : m.ledger_trust_none()
}

/** What a proof that can neither hold nor stop is missing. */
export function waitsWords(proof: ProofSteps): string {
  const id = proof.steps.find((step) => step.state === 'waits')?.id
  const reason =
    id === 'in-block'
      ? m.ledger_missing_seal()
      : id === 'peers-agree'
        ? m.ledger_missing_peers()
        : m.ledger_missing_payload()
  return m.lead_missing({ reason })
}
