import { createHash, randomBytes } from 'node:crypto'

/** How long a session lives without a request. */
export const SESSION_IDLE_US = 12 * 3_600_000_000
/** A one-time sign-in link is meant to be opened at once. */
export const SIGN_IN_CODE_US = 10 * 60_000_000
/** More than a site has people and tabs; the one idle longest makes room. */
export const SESSIONS_MAX = 256
export const SIGN_IN_CODES_MAX = 64

/** Who a session belongs to. The role decides what it may do. */
export interface Identity<Role extends string = string> {
  readonly name: string
  readonly role: Role
}

interface Session<Role extends string> {
  readonly identity: Identity<Role>
  readonly ended: AbortController
  usedAtUs: number
}

interface Code<Role extends string> {
  readonly identity: Identity<Role>
  readonly untilUs: number
}

/**
 * Sessions and one-time codes, in memory only: a restarted daemon asks for sign-in again, and no secret is on disk.
 *
 * Both maps are keyed by SHA-256 of the secret. What an attacker sends is hashed before it is looked up, so that the
 * time of the look-up says nothing about the secret.
 */
export class Sessions<Role extends string = string> {
  readonly #nowUs: () => number
  readonly #idleUs: number
  readonly #sessions = new Map<string, Session<Role>>()
  readonly #codes = new Map<string, Code<Role>>()

  /** @param options nowUs: microseconds since the epoch; idleUs: microseconds without a request that end a session */
  constructor(options: { nowUs: () => number; idleUs?: number }) {
    this.#nowUs = options.nowUs
    this.#idleUs = options.idleUs ?? SESSION_IDLE_US
  }

  /** Makes a code that signs `identity` in once within ten minutes (`SIGN_IN_CODE_US`). */
  createCode(identity: Identity<Role>): string {
    const nowUs = this.#nowUs()
    for (const [key, code] of this.#codes) if (code.untilUs <= nowUs) this.#codes.delete(key)
    dropOldest(this.#codes, SIGN_IN_CODES_MAX - 1)
    const secret = newSecret()
    this.#codes.set(keyOf(secret), { identity, untilUs: nowUs + SIGN_IN_CODE_US })
    return secret
  }

  /** Uses a code up. Null when it was used before, is too old, or never was one. */
  redeemCode(secret: string): Identity<Role> | null {
    const key = keyOf(secret)
    const code = this.#codes.get(key)
    this.#codes.delete(key)
    return code !== undefined && this.#nowUs() < code.untilUs ? code.identity : null
  }

  /** Opens a session and returns its secret, which goes into the cookie and nowhere else. */
  open(identity: Identity<Role>): string {
    this.#endIdle()
    while (this.#sessions.size >= SESSIONS_MAX) this.#end(this.#idleLongest())
    const secret = newSecret()
    this.#sessions.set(keyOf(secret), { identity, ended: new AbortController(), usedAtUs: this.#nowUs() })
    return secret
  }

  /**
   * The session of a cookie, marked as used now; null when there is none or it idled too long.
   *
   * @returns ended: fires when the session ends, so that a stream opened under it ends too
   */
  find(secret: string): { identity: Identity<Role>; ended: AbortSignal } | null {
    const key = keyOf(secret)
    const session = this.#sessions.get(key)
    if (session === undefined) return null
    const nowUs = this.#nowUs()
    if (nowUs - session.usedAtUs >= this.#idleUs) {
      this.#end(key)
      return null
    }
    session.usedAtUs = nowUs
    return { identity: session.identity, ended: session.ended.signal }
  }

  /** Whether the session of a cookie still lives. Asking does not count as using it. */
  isLive(secret: string): boolean {
    const session = this.#sessions.get(keyOf(secret))
    return session !== undefined && this.#nowUs() - session.usedAtUs < this.#idleUs
  }

  /** Ends a session; an unknown one is already ended. */
  close(secret: string): void {
    this.#end(keyOf(secret))
  }

  get count(): number {
    return this.#sessions.size
  }

  #endIdle(): void {
    const nowUs = this.#nowUs()
    for (const [key, session] of this.#sessions) if (nowUs - session.usedAtUs >= this.#idleUs) this.#end(key)
  }

  #idleLongest(): string {
    let oldest = ''
    let oldestUs = Number.POSITIVE_INFINITY
    for (const [key, session] of this.#sessions) {
      if (session.usedAtUs < oldestUs) [oldest, oldestUs] = [key, session.usedAtUs]
    }
    return oldest
  }

  #end(key: string): void {
    this.#sessions.get(key)?.ended.abort()
    this.#sessions.delete(key)
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64')
}

/** Maps keep insertion order, so the first keys are the oldest. */
function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= sizeMax) return
    map.delete(key)
  }
}
