/** What becomes of the statements of this gateway: who waits for them, what is acknowledged, and what a refusal leads to. */
import type { Ledger, Outcome } from '../ledger/ledger.ts'
import { equalBytes } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeBody, type StreamOpened } from '../wire/events.ts'
import type { ActorId } from '../wire/ids.ts'
import { refusalSentence } from '../wire/refusals.ts'
import { decodeEvent } from '../wire/statements.ts'

export interface OwnStatementsOptions {
  ledger: Ledger
  actor: ActorId
  nowMs(): number
  /** An own batch is in the queue as refused. False where its readings had been signed again already. */
  signAgain(sequence: number): boolean
  openStream(opening: StreamOpened): void
  onAcknowledged(sequence: number, index: number, readings: number, latencyMs: number): void
  onAlarm(code: string, message: string): void
}

export class OwnStatements {
  readonly #o: OwnStatementsOptions
  readonly #signedAtMs = new Map<number, number>()
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  #badTold = -1
  acknowledgedReadings = 0
  /** Why this gateway signs nothing any more; null while it does. */
  stopped: string | null = null

  constructor(options: OwnStatementsOptions) {
    this.#o = options
  }

  signed(sequence: number): void {
    this.#signedAtMs.set(sequence, this.#o.nowMs())
  }

  async outcomeOf(sequence: number): Promise<Outcome> {
    return await new Promise((resolve) => this.#waiting.set(sequence, resolve))
  }

  /** `mayAcknowledge`: false while this gateway doubts its ledger. */
  settled(outcome: Outcome, mayAcknowledge: boolean): void {
    const { sequence } = outcome
    if (outcome.outcome === 'bad') return this.#noteBad(outcome)
    if (sequence === null) return
    if (outcome.outcome === 'invalid') this.#noteInvalid(outcome, sequence)
    else if (outcome.outcome === 'equivocation') this.#stop(outcome, sequence)
    const signedAt = this.#signedAtMs.get(sequence)
    this.#signedAtMs.delete(sequence)
    if (outcome.outcome === 'accepted' && outcome.index !== null && mayAcknowledge) {
      this.acknowledgedReadings += outcome.readings
      const latencyMs = signedAt === undefined ? 0 : this.#o.nowMs() - signedAt
      this.#o.onAcknowledged(sequence, outcome.index, outcome.readings, latencyMs)
    }
    this.#waiting.get(sequence)?.(outcome)
    this.#waiting.delete(sequence)
  }

  /** An event that was refused stops nothing; a batch stops this gateway where its readings were signed again in vain. */
  #noteInvalid(outcome: Outcome, sequence: number): void {
    const { ledger, signAgain, onAlarm } = this.#o
    const kept = ledger.queue.hashOf(sequence) !== null
    if (outcome.kind === 'batch' && kept && !signAgain(sequence)) return this.#stop(outcome, sequence)
    const rest = outcome.kind === 'batch' && kept ? `; its ${outcome.readings} readings are signed again` : ''
    onAlarm('own_invalid', `statement ${sequence} of this gateway was refused: ${wordsOf(outcome)}${rest}`)
    if (outcome.kind === 'event' && kept) this.#dropEvent(sequence)
  }

  /** A stream whose opening was refused for the sake of its asset is recorded without it: its readings must not be lost. */
  #dropEvent(sequence: number): void {
    const { ledger, openStream } = this.#o
    const refused = ledger.queue.refusedAt(sequence)
    if (refused === null) return
    const event = decodeEvent(parseEntry(refused.entry).payload)
    if (event.type === 'stream.opened') {
      const opening = decodeBody('stream.opened', event.body)
      if (opening.asset !== null && ledger.stream(opening.stream) === null) openStream({ ...opening, asset: null })
    }
    ledger.discardRefused(refused.id)
  }

  /** Another signs as this gateway. */
  doubled(reason: string): void {
    this.stopped = reason
    this.#o.onAlarm('identity_doubled', reason)
  }

  #stop(outcome: Outcome, sequence: number): void {
    this.stopped = `statement ${sequence} of this gateway was refused: ${wordsOf(outcome)}`
    this.#o.onAlarm(`own_${outcome.outcome}`, this.stopped)
  }

  /** Anyone may propose what looks like ours; only what waits here as the next one is. */
  #noteBad(outcome: Outcome): void {
    const { ledger, actor, onAlarm } = this.#o
    const next = ledger.incarnation(actor) === ledger.queue.incarnation ? ledger.nextSequence(actor) : 0
    const waiting = ledger.queue.hashOf(next)
    if (next === this.#badTold || waiting === null || !equalBytes(waiting, outcome.entryHash)) return
    this.#badTold = next
    onAlarm(
      'own_bad',
      `no gateway takes statement ${next} of this one: ${wordsOf(outcome)}. It waits in the queue and is proposed again.`,
    )
  }
}

function wordsOf({ reason, outcome }: Outcome): string {
  return reason === undefined ? outcome : refusalSentence(reason)
}
