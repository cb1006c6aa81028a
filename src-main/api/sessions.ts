import { createHash, randomBytes } from 'node:crypto'
import type { DoorKind } from './door-state.ts'

/** How long a session lives without a request. */
export const SESSION_IDLE_US = 12 * 3_600_000_000
/** How long it lives at most. */
export const SESSION_MAX_US = 7 * 24 * 3_600_000_000
/** How often that a session was used is written down. */
const USE_KEPT_US = 60_000_000
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

/** The two secrets of a session. */
export interface SessionSecrets {
  /** For the cookie, which a browser sends to every port of this address: alone it opens nothing. */
  readonly cookie: string
  /** For the page of this origin alone, which sends it as a header with every call. */
  readonly key: string
}

interface Session<Role extends string> {
  readonly identity: Identity<Role>
  /** It opens nothing at the other. */
  readonly door: DoorKind
  readonly ended: AbortController
  /** SHA-256 of the page's key. */
  readonly keyHash: string
  readonly openedAtUs: number
  usedAtUs: number
}

/** What of a session is kept across a restart: hashes, no secret. */
export interface KeptSession<Role extends string> {
  readonly cookieHash: string
  readonly keyHash: string
  readonly name: string
  readonly role: Role
  readonly door: DoorKind
  readonly openedAtUs: number
  readonly usedAtUs: number
}

export interface SessionStore<Role extends string> {
  load(): KeptSession<Role>[]
  save(sessions: readonly KeptSession<Role>[]): void
}

interface Code<Role extends string> {
  readonly identity: Identity<Role>
  readonly door: DoorKind
  readonly untilUs: number
}

/**
 * Sessions and one-time codes. Sessions outlive a restart by the hashes of their secrets; codes do not, and no secret is on disk.
 *
 * Both maps are keyed by SHA-256 of the secret. What an attacker sends is hashed before it is looked up, so that the
 * time of the look-up says nothing about the secret.
 */
export class Sessions<Role extends string = string> {
  readonly #nowUs: () => number
  readonly #idleUs: number
  readonly #store: SessionStore<Role> | null
  #keptAtUs = 0
  readonly #sessions = new Map<string, Session<Role>>()
  readonly #codes = new Map<string, Code<Role>>()

  /**
   * @param options nowUs: microseconds since the epoch; idleUs: microseconds without a request that end a session; store: where
   *   sessions are kept across restarts
   */
  constructor(options: { nowUs: () => number; idleUs?: number; store?: SessionStore<Role> }) {
    this.#nowUs = options.nowUs
    this.#idleUs = options.idleUs ?? SESSION_IDLE_US
    this.#store = options.store ?? null
    for (const { cookieHash, keyHash, name, role, door, openedAtUs, usedAtUs } of this.#store?.load() ?? [])
      this.#sessions.set(cookieHash, {
        identity: { name, role },
        door,
        ended: new AbortController(),
        keyHash,
        openedAtUs,
        usedAtUs,
      })
    this.#endOld()
  }

  /** Makes a code that signs `identity` in once within ten minutes (`SIGN_IN_CODE_US`), through this door. */
  createCode(identity: Identity<Role>, door: DoorKind = 'machine'): string {
    const nowUs = this.#nowUs()
    for (const [key, code] of this.#codes) if (code.untilUs <= nowUs) this.#codes.delete(key)
    dropOldest(this.#codes, SIGN_IN_CODES_MAX - 1)
    const secret = newSecret()
    this.#codes.set(keyOf(secret), { identity, door, untilUs: nowUs + SIGN_IN_CODE_US })
    return secret
  }

  /** Uses a code up. Null when it was used before, is too old, is for the other door, or never was one. */
  redeemCode(secret: string, door: DoorKind = 'machine'): Identity<Role> | null {
    const key = keyOf(secret)
    const code = this.#codes.get(key)
    this.#codes.delete(key)
    return code?.door === door && this.#nowUs() < code.untilUs ? code.identity : null
  }

  /**
   * Opens a session, for one door. Its secrets go into the cookie and to the page, and nowhere else.
   *
   * @returns also `ended`, as `find` gives it
   */
  open(identity: Identity<Role>, door: DoorKind = 'machine'): SessionSecrets & { ended: AbortSignal } {
    this.#endOld()
    while (this.#sessions.size >= SESSIONS_MAX) this.#end(this.#idleLongest())
    const secrets = { cookie: newSecret(), key: newSecret() }
    const nowUs = this.#nowUs()
    const ended = new AbortController()
    this.#sessions.set(keyOf(secrets.cookie), {
      identity,
      door,
      ended,
      keyHash: keyOf(secrets.key),
      openedAtUs: nowUs,
      usedAtUs: nowUs,
    })
    this.#keep()
    return { ...secrets, ended: ended.signal }
  }

  /**
   * The session of a cookie, marked as used now; null when there is none, it is over, it was begun at the other door, or the page's
   * key is another one.
   *
   * @returns ended: fires when the session ends, so that a stream opened under it ends too
   */
  find(
    { cookie, key }: SessionSecrets,
    door: DoorKind = 'machine',
  ): { identity: Identity<Role>; ended: AbortSignal } | null {
    const name = keyOf(cookie)
    const session = this.#sessions.get(name)
    if (session === undefined || session.door !== door) return null
    const nowUs = this.#nowUs()
    if (this.#isOver(session)) {
      this.#end(name)
      return null
    }
    if (session.keyHash !== keyOf(key)) return null
    session.usedAtUs = nowUs
    if (nowUs - this.#keptAtUs >= USE_KEPT_US) this.#keep()
    return { identity: session.identity, ended: session.ended.signal }
  }

  /** Whether the session of a cookie still lives. Asking does not count as using it. */
  isLive(cookie: string): boolean {
    const session = this.#sessions.get(keyOf(cookie))
    return session !== undefined && !this.#isOver(session)
  }

  /** Ends whatever else is open in the name of whoever this cookie is of. Gives how many sessions. */
  closeOthers(cookie: string): number {
    const own = keyOf(cookie)
    const name = this.#sessions.get(own)?.identity.name
    return name === undefined ? 0 : this.endPerson(name, own)
  }

  /**
   * Ends whatever is open in this name: sessions, their event streams, links that nobody has opened yet. Gives how many sessions.
   *
   * @param kept the key of one that stays
   */
  endPerson(name: string, kept?: string): number {
    for (const [key, { identity }] of this.#codes) if (identity.name === name) this.#codes.delete(key)
    const found = [...this.#sessions].filter(([key, { identity }]) => identity.name === name && key !== kept)
    for (const [key] of found) this.#end(key)
    return found.length
  }

  /** How many sessions are open in this name. */
  countOf(name: string): number {
    return [...this.#sessions.values()].filter((one) => one.identity.name === name && !this.#isOver(one)).length
  }

  /** Ends a session; an unknown one is already ended. */
  close(cookie: string): void {
    this.#end(keyOf(cookie))
  }

  get count(): number {
    return this.#sessions.size
  }

  #isOver({ openedAtUs, usedAtUs }: Session<Role>): boolean {
    const nowUs = this.#nowUs()
    return nowUs - usedAtUs >= this.#idleUs || nowUs - openedAtUs >= SESSION_MAX_US
  }

  #endOld(): void {
    for (const [key, session] of this.#sessions) if (this.#isOver(session)) this.#end(key)
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
    if (this.#sessions.delete(key)) this.#keep()
  }

  #keep(): void {
    this.#keptAtUs = this.#nowUs()
    this.#store?.save(
      [...this.#sessions].map(([cookieHash, { identity, door, keyHash, openedAtUs, usedAtUs }]) => ({
        cookieHash,
        keyHash,
        ...identity,
        door,
        openedAtUs,
        usedAtUs,
      })),
    )
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
