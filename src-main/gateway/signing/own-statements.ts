/** What becomes of the statements of this gateway: who waits for them, what is acknowledged, and what a refusal leads to. */
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { equalBytes } from '../../wire/bytes.ts'
import type { ActorId } from '../../wire/ids.ts'
import { packRefusalSentence } from '../../packs/shipped-words.ts'
import { refusalSentence } from '../../record/refusals.ts'
import type { OnCondition } from '../conditions.ts'

export interface OwnStatementsOptions {
  ledger: Ledger
  actor: ActorId
  nowMs(): number
  /** An own batch is in the queue as refused. False where its readings had been signed again already. */
  signAgain(sequence: number): boolean
  onAcknowledged(sequence: number, index: number, readings: number, latencyMs: number): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

const FORGOTTEN =
  'this gateway found that its ledger is an older one: whether it was recorded, the ledger shows once the gateway has caught up'

interface Waiting {
  resolve(outcome: Outcome): void
  reject(cause: Error): void
  /** Whoever waits hears of a refusal: no condition tells of it besides. */
  isTold: boolean
}

export class OwnStatements {
  readonly #o: OwnStatementsOptions
  readonly #signedAtMs = new Map<number, number>()
  readonly #waiting = new Map<number, Waiting>()
  /** Sequence of the own statement that no gateway takes. */
  #notTaken = -1
  acknowledgedReadings = 0
  /** Why this gateway signs nothing any more; null while it does. */
  stopped: string | null = null

  constructor(options: OwnStatementsOptions) {
    this.#o = options
  }

  signed(sequence: number): void {
    this.#signedAtMs.set(sequence, this.#o.nowMs())
  }

  async outcomeOf(sequence: number, isTold: boolean): Promise<Outcome> {
    return await new Promise((resolve, reject) => this.#waiting.set(sequence, { resolve, reject, isTold }))
  }

  /** Sequences begin anew: what waits is of another incarnation. */
  forget(): void {
    this.#signedAtMs.clear()
    for (const { reject } of this.#waiting.values()) reject(new Error(FORGOTTEN))
    this.#waiting.clear()
  }

  /** `mayAcknowledge`: false while this gateway doubts its ledger. */
  settled(outcome: Outcome, mayAcknowledge: boolean): void {
    const { sequence } = outcome
    if (outcome.outcome === 'bad') return this.#noteBad(outcome)
    if (sequence === null) return
    if (this.#notTaken !== -1 && sequence >= this.#notTaken) {
      this.#notTaken = -1
      this.#o.onCondition('statement-not-taken', this.#o.name, false)
    }
    if (outcome.outcome === 'invalid') this.#noteInvalid(outcome, sequence)
    else if (outcome.outcome === 'equivocation') this.#stop(outcome, sequence)
    const signedAt = this.#signedAtMs.get(sequence)
    this.#signedAtMs.delete(sequence)
    if (outcome.outcome === 'accepted' && outcome.index !== null && mayAcknowledge) {
      this.acknowledgedReadings += outcome.readings
      const latencyMs = signedAt === undefined ? 0 : this.#o.nowMs() - signedAt
      this.#o.onAcknowledged(sequence, outcome.index, outcome.readings, latencyMs)
    }
    this.#waiting.get(sequence)?.resolve(outcome)
    this.#waiting.delete(sequence)
  }

  /** An event that was refused stops nothing; a batch stops this gateway where its readings were signed again in vain. */
  #noteInvalid(outcome: Outcome, sequence: number): void {
    const { ledger, name, signAgain, onCondition } = this.#o
    const kept = ledger.queue.hashOf(sequence) !== null
    if (outcome.kind === 'batch' && kept && !signAgain(sequence)) return this.#stop(outcome, sequence)
    const code = outcome.kind === 'batch' ? 'statement-refused' : 'event-refused'
    if (this.#waiting.get(sequence)?.isTold !== true) onCondition(code, name, true, { sequence, ...refusalOf(outcome) })
    if (outcome.kind === 'event' && kept) this.#dropEvent(sequence)
  }

  #dropEvent(sequence: number): void {
    const refused = this.#o.ledger.queue.refusedAt(sequence)
    if (refused !== null) this.#o.ledger.discardRefused(refused.id)
  }

  /** Another signs as this gateway. */
  doubled(reason: string): void {
    this.stopped = reason
    this.#o.onCondition('keys-used-elsewhere', this.#o.name, true)
  }

  #stop(outcome: Outcome, sequence: number): void {
    this.stopped = `statement ${sequence} of this gateway was refused: ${wordsOf(outcome)}`
    this.#o.onCondition('signing-stopped', this.#o.name, true, { reason: this.stopped })
  }

  /** Anyone may propose what looks like ours; only what waits here as the next one is. */
  #noteBad(outcome: Outcome): void {
    const { ledger, actor, name, onCondition } = this.#o
    const next = ledger.incarnation(actor) === ledger.queue.incarnation ? ledger.nextSequence(actor) : 0
    const waiting = ledger.queue.hashOf(next)
    if (next === this.#notTaken || waiting === null || !equalBytes(waiting, outcome.entryHash)) return
    this.#notTaken = next
    onCondition('statement-not-taken', name, true, { sequence: next, ...refusalOf(outcome) })
  }
}

/** The code too: screens have words for it in their languages. */
function refusalOf(outcome: Outcome): { reason: string; refused?: string } {
  return { reason: wordsOf(outcome), ...(outcome.reason === undefined ? {} : { refused: outcome.reason }) }
}

function wordsOf({ reason, outcome }: Outcome): string {
  return reason === undefined ? outcome : (packRefusalSentence(reason) ?? refusalSentence(reason))
}
