import { PlumblineError } from '../../../wire/plumbline-error.ts'
import type { Value } from '../../../wire/reading.ts'
import type { OpcuaSource, OpcuaTag } from '../../config.ts'
import type { SecurityPolicyName } from '../../config-drivers.ts'
import type { CertificateDecision } from './certificate-decisions.ts'

/** What a server offers before any trust: its certificate and the strongest policy both sides can. */
export interface OpcuaOffer {
  /** DER. */
  certificate: Uint8Array
  securityPolicy: SecurityPolicyName
}

/**
 * Certificates of servers with what was decided about them, and our own. One folder for all OPC UA sources of a gateway;
 * decisions hold for one source.
 */
export interface OpcuaCertificateStore {
  /**
   * `Good`, or the name of the status code that speaks against the certificate, for example `BadCertificateUntrusted`.
   * Says nothing about any source: ask for decisions first.
   */
  check(certificate: Uint8Array): Promise<string>
  decision(certificate: Uint8Array, source: string): CertificateDecision | null
  /** Sources for which this certificate was trusted or pinned. */
  acceptedFor(certificate: Uint8Array): string[]
  /** Outlives a restart. */
  decide(certificate: Uint8Array, source: string, decision: CertificateDecision): Promise<void>
  /** Our certificate, which servers have to trust: SHA-256 and the file that can be copied to them. */
  readonly own: { fingerprint: string; file: string }
  close(): Promise<void>
}

/** Why a connection could not be made. */
export type OpcuaFaultCode =
  | 'unreachable'
  /** No endpoint that signs and encrypts with a policy we take. */
  | 'no-secure-endpoint'
  /** The server does not accept our certificate. */
  | 'certificate-refused'
  /** The server does not accept the log-in. */
  | 'login-refused'
  | 'other'

const NEXT: Record<OpcuaFaultCode, string> = {
  unreachable: 'Check that the server is switched on and reachable.',
  'no-secure-endpoint': 'Switch on signing and encryption there.',
  'certificate-refused': 'On the server, move it from rejected to trusted.',
  'login-refused': 'Check "login" of this source, and the user\'s rights on the server.',
  other: "Check the endpoint of this source and look into the server's log.",
}

export class OpcuaFault extends PlumblineError<OpcuaFaultCode> {
  override readonly name = 'OpcuaFault'

  constructor(code: OpcuaFaultCode, message: string) {
    super(code, message, NEXT[code])
  }
}

/** What a session tells while it runs. Nothing is told after `ended` or after `close` was called. */
export interface OpcuaEvents {
  /** A publish response came, with or without values. */
  alive(): void
  /** `sourceTimeUs` null: the server gave none; it may lie where no row can hold it. `overflow`: values before this one were lost in the server's queue. */
  value(tag: number, sourceTimeUs: number | null, value: Value, statusCode: number, overflow: boolean): void
  /** Publish responses were skipped: values of any tag may be lost. */
  missed(count: number): void
  ended(reason: string): void
}

export interface OpcuaItem {
  tag: number
  config: OpcuaTag
}

/** An item the server did not take. */
export interface RejectedItem {
  tag: number
  statusCode: number
  reason: string
}

export interface OpcuaSession {
  /** As the server revised it. */
  readonly publishingIntervalMs: number
  /** Longest time between two publish responses of a healthy server, by what it said it would do. */
  readonly signOfLifeMs: number
  /** Adds items to the one subscription, in groups; answers with those that were not taken. */
  monitor(items: readonly OpcuaItem[]): Promise<RejectedItem[]>
  /** Takes a few seconds at most; never rejects. */
  close(): Promise<void>
}

/** The OPC UA stack as the driver sees it. Rejections are OpcuaFault. */
export interface OpcuaBinding {
  openStore(folder: string): Promise<OpcuaCertificateStore>
  discover(source: OpcuaSource, store: OpcuaCertificateStore): Promise<OpcuaOffer>
  /** Connects to exactly the certificate of the offer, signed and encrypted. */
  connect(
    source: OpcuaSource,
    offer: OpcuaOffer,
    store: OpcuaCertificateStore,
    events: OpcuaEvents,
  ): Promise<OpcuaSession>
}
