import type { Value } from '../../wire/reading.ts'
import type { ServerCertificate, SourceStateName } from '../source-state.ts'
import type { OpcuaCertificateStore } from './opcua/binding.ts'

/** Where a driver leaves what it reads. Tags are named by their position in the source's list. */
export interface DriverSink {
  /**
   * One reading. A bad one is passed on with its status, never left out.
   * @param quality full 32-bit OPC UA StatusCode
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
  trust?(fingerprint: string, decision: 'trust' | 'refuse'): Promise<void>
}

/** What drivers get from outside, so that tests decide. */
export interface DriverEnvironment {
  nowUs: () => number
  /** In [0, 1). */
  random: () => number
  /** The one certificate store of all OPC UA sources; opened when the first of them asks. */
  certificateStore: () => Promise<OpcuaCertificateStore>
}

/** Common status codes that drivers give, OPC UA Part 6, Annex A. */
export const QUALITY = {
  good: 0,
  badCommunicationError: 0x80050000,
  badDecodingError: 0x80070000,
  badTimeout: 0x800a0000,
  badNoCommunication: 0x80310000,
  badWaitingForInitialData: 0x80320000,
  badOutOfRange: 0x803c0000,
  badNotSupported: 0x803d0000,
  badConfigurationError: 0x80890000,
  badNotConnected: 0x808a0000,
  badDeviceFailure: 0x808b0000,
  badSensorFailure: 0x808c0000,
  badDataUnavailable: 0x809e0000,
  badTypeMismatch: 0x80740000,
} as const
