import type { SourceStateName } from '../wire/gateway-states.ts'
import type { Trust } from './stream-description.ts'

/** A source as status pages show it. */
export interface SourceState {
  source: string
  name: string
  protocol: string
  trust: Trust
  state: SourceStateName
  /** Why, and what to do where something can be done; empty when live. */
  reason: string
  sinceUs: number
  lastReadingAtUs: number | null
  points: number
  /** The server certificate a decision is asked or was made about. */
  certificate: ServerCertificate | null
}

/** What a person compares with the machine before trusting it. */
export interface ServerCertificate {
  /** SHA-256 of the DER bytes, 64 lower-case hex digits. */
  fingerprint: string
  subject: string
  issuer: string
  notBeforeUs: number
  notAfterUs: number
  endpoint: string
  securityPolicy: string
  trusted: boolean
}

/** A span without readings, before row `row` of the rows that it leaves with. */
export interface Gap {
  stream: string
  row: number
  fromTimeUs: number
  toTimeUs: number
  reason: string
}
