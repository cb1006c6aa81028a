import type { Connections } from './connections.ts'
import type { DoorCertificate } from './door-certificate.ts'
import type { ShutError } from './shut-error.ts'

/** Through which of its two servers a request came. Not from which address: what the network brings is elsewhere, also where it is this machine. */
export type DoorKind = 'machine' | 'network'

/** How the console for others is. */
export interface DoorState {
  /** `https://gw-hall-2.works.example:7443`, with the first of the names. */
  readonly url: string
  readonly names: readonly string[]
  readonly certificate: DoorCertificate | null
  readonly shut: ShutError | null
  /** It is open, by a certificate of the site that ends within 30 days. */
  readonly endsSoon: boolean
}

/** What a request's handling depends on, of the door it came through. */
export interface Door {
  readonly kind: DoorKind
  readonly scheme: 'http' | 'https'
  /** Exact values of Host that are ours, such as `127.0.0.1:8440`. */
  readonly hosts: ReadonlySet<string>
  readonly connections: Connections
  /** `http://127.0.0.1:8440`, known once it listens. */
  url(): string
}
