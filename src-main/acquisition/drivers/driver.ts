import type { Value } from '../../wire/reading.ts'
import type { SourceStateName } from '../../wire/gateway-states.ts'
import type { TrustDecision } from '../../wire/stream-words.ts'
import type { ServerCertificate } from '../source-state.ts'

/** Where a driver leaves what it reads. Tags are named by their position in the source's list. */
export interface DriverSink {
  /**
   * One reading. A bad one is passed on with its status, never left out.
   * @param quality full 32-bit status, one of `QUALITY` or as the other side gave it (wire/quality.ts)
   * @param evidence record of the raw registers or frame the value was decoded from
   */
  sample(tag: number, sourceTimeUs: number, value: Value, quality: number, evidence?: Uint8Array): void
  /** Readings of these tags (default: all) may be missing from now until their next sample. */
  interrupt(reason: string, quality: number, tags?: readonly number[]): void
  /** Readings before the next sample of this tag were lost although the source was connected. */
  lost(tag: number, reason: string): void
  state(state: SourceStateName, reason: string): void
}

/** A running source. `start` never throws: what goes wrong becomes state and is tried again. */
export interface Driver {
  start(): void
  /** Ends within a few seconds, whatever the other side does; afterwards nothing more reaches the sink. */
  stop(): Promise<void>
  /** Reads everything anew, because readings were given up; for protocols that tell only changes. */
  resync?(reason: string): void
  certificate?(): ServerCertificate | null
  /** Throws AcquisitionError when the fingerprint is not the one on offer. */
  trust?(fingerprint: string, decision: TrustDecision): Promise<void>
}

/** What drivers get from outside, so that tests decide. */
export interface DriverEnvironment {
  nowUs: () => number
  /** In [0, 1). */
  random: () => number
}
