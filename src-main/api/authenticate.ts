import { createHash, timingSafeEqual } from 'node:crypto'
import { THIS_MACHINE } from '../endpoints/at-this-machine.ts'
import type { Access } from '../endpoints/endpoint.ts'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import type { DoorKind } from './door-state.ts'
import type { Caller } from './handlers.ts'
import type { Sessions } from './sessions.ts'

const NOBODY: Caller = { name: '', role: 'auditor', via: 'nobody' }
const BY_TOKEN: Caller = { name: THIS_MACHINE, role: 'installer', via: 'token' }

/**
 * Cookies ignore ports, and any account of this machine may serve a page on another port of this address: the browser sends it our
 * cookie. What only a page of our own origin has comes as this header.
 */
export const KEY_HEADER = 'x-plumbline-key'

export interface Credentials {
  readonly cookie: string | undefined
  /** The page's key (KEY_HEADER). */
  readonly key: string | undefined
  readonly authorization: string | undefined
  readonly door: DoorKind
}

/** A caller, with what ends a stream opened in its name. */
export interface Authenticated {
  readonly caller: Caller
  /** Fires when the session ends; never for a token. */
  readonly ended: AbortSignal | null
  /** False once the session ran out; asking does not prolong it. */
  readonly isLive: () => boolean
}

/**
 * Cookies ignore ports: three consoles on one address would log each other out if the name did not say whose it is. Elsewhere the
 * name also makes the browser insist on TLS and on this host (RFC 6265bis, 4.1.3.2).
 *
 * @param gatewayActor actor id, lower-case hex
 */
export function cookieName(gatewayActor: string, door: DoorKind): string {
  return `${door === 'network' ? '__Host-' : ''}plumbline-${gatewayActor.slice(0, 8)}`
}

/** The value of a cookie in a Cookie header (RFC 6265 4.2.1), or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}

/** Decides who calls and whether this endpoint is for them. */
export class Gatekeeper {
  readonly #sessions: Sessions<Role>
  readonly #gatewayActor: string
  readonly #tokenHash: Buffer

  constructor(options: { sessions: Sessions<Role>; gatewayActor: string; token: string }) {
    this.#sessions = options.sessions
    this.#gatewayActor = options.gatewayActor
    this.#tokenHash = hash(options.token)
  }

  /**
   * @param access of the endpoint, as in the table
   * @throws {ApiError} 401 `not_signed_in`, or 403 `wrong_role` saying which role may
   */
  admit(access: Access, credentials: Credentials): Authenticated {
    const known = this.#identify(credentials)
    if (access === 'open' || (access === 'open-loopback' && credentials.door === 'machine')) {
      return known ?? { caller: NOBODY, ended: null, isLive: () => true }
    }
    if (known === null) {
      throw notSignedIn()
    }
    const isRoleCall = typeof access !== 'string'
    if (isRoleCall && known.caller.via !== 'token' && !access.includes(known.caller.role)) {
      throw new ApiError(
        403,
        'wrong_role',
        `${known.caller.name} is signed in as ${known.caller.role}; this needs ${access.join(' or ')}`,
        `Ask somebody who is ${access.join(' or ')}.`,
      )
    }
    return known
  }

  #identify({ cookie, key, authorization, door }: Credentials): Authenticated | null {
    if (authorization !== undefined) {
      const token = /^Bearer (\S+)$/.exec(authorization)?.[1]
      // The token is for programs on this machine; it opens nothing at the door for others, even if it leaked.
      if (token === undefined || door !== 'machine' || !timingSafeEqual(hash(token), this.#tokenHash)) {
        throw new ApiError(
          401,
          'not_signed_in',
          door === 'machine' ? 'the token is not the one of this daemon' : 'the token opens nothing from elsewhere',
          door === 'machine'
            ? 'Read it again from runtime.json: it changes whenever the daemon starts.'
            : 'It is for programs at the machine of the gateway, at its loopback address.',
        )
      }
      return { caller: BY_TOKEN, ended: null, isLive: () => true }
    }
    const secret = readCookie(cookie, cookieName(this.#gatewayActor, door))
    const session = secret === null || key === undefined ? null : this.#sessions.find({ cookie: secret, key }, door)
    if (secret === null || session === null) return null
    return {
      caller: { ...session.identity, via: 'session', session: session.ended },
      ended: session.ended,
      isLive: () => this.#sessions.isLive(secret),
    }
  }
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** @throws {ApiError} 401 `not_signed_in` where the session that was admitted has ended since */
export function refuseEnded({ ended, isLive }: Authenticated): void {
  if (ended?.aborted === true || !isLive()) throw notSignedIn()
}

/** @throws {ApiError} 401 `not_signed_in` where the call was broken off: its session ended, or who made it hung up */
export function refuseBrokenOff(signal: AbortSignal): void {
  if (signal.aborted) throw notSignedIn()
}

function notSignedIn(): ApiError {
  return new ApiError(
    401,
    'not_signed_in',
    'nobody is signed in here',
    'Sign in at the console, or send the token of runtime.json.',
  )
}
