import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { cookieName, readCookie } from './authenticate.ts'
import type { DoorKind } from './door-state.ts'

/** People who take turns at one panel; the one who signed in there longest ago falls out. */
const PEOPLE_PER_DEVICE_MAX = 16
const MARK_BYTES = 16
/** Browsers keep no cookie for longer than 400 days (RFC 6265bis 5.5). */
const KEPT_S = 400 * 86_400

/** What a person's mark is keyed with: its passphrase hash, null for a name that is not on the list. */
interface Hashes {
  hashOf(name: string): string | null
}

/**
 * Recognises a browser in which a person has signed in before ("device cookies", OWASP), so that wrong passphrases from elsewhere
 * don't stand in its way. The cookie opens nothing: it decides only where wrong passphrases are counted.
 *
 * Its value is `device.mark.mark...`: a random device id, and for each person an HMAC of device and name under the hash of
 * the passphrase. So no secret is kept for it, a restart keeps it, and a new passphrase ends it.
 */
export class KnownDevices {
  readonly #hashes: Hashes
  readonly #cookie: string
  readonly #attributes: string

  /** @param gatewayActor actor id, lower-case hex */
  constructor(hashes: Hashes, gatewayActor: string, door: DoorKind = 'machine') {
    this.#hashes = hashes
    // `__Host-` wants the path `/`, and this cookie is for signing in only.
    this.#cookie = `${cookieName(gatewayActor, door).replace('__Host-', '__Secure-')}-device`
    this.#attributes = `Path=/api/session; HttpOnly; SameSite=Strict${door === 'network' ? '; Secure' : ''}`
  }

  /** The device, where this person has signed in on it before; else null. */
  recognise(cookies: string | undefined, name: string): string | null {
    const known = this.#read(cookies)
    const mark = known === null ? null : this.#mark(known.device, name)
    if (known === null || mark === null) return null
    return known.marks.some((one) => isSame(one, mark)) ? known.device : null
  }

  /** The Set-Cookie header after a person signed in; null for a name that is not on the list. */
  remember(cookies: string | undefined, name: string): string | null {
    const known = this.#read(cookies) ?? { device: randomBytes(MARK_BYTES).toString('base64url'), marks: [] }
    const mark = this.#mark(known.device, name)
    if (mark === null) return null
    const marks = [mark, ...known.marks.filter((one) => !isSame(one, mark))].slice(0, PEOPLE_PER_DEVICE_MAX)
    const value = [known.device, ...marks].join('.')
    return `${this.#cookie}=${value}; ${this.#attributes}; Max-Age=${KEPT_S}`
  }

  #read(cookies: string | undefined): { device: string; marks: string[] } | null {
    const [device, ...marks] = readCookie(cookies, this.#cookie)?.split('.') ?? []
    if (device === undefined || ![device, ...marks].every((part) => /^[\w-]{22}$/.test(part))) return null
    return { device, marks: marks.slice(0, PEOPLE_PER_DEVICE_MAX) }
  }

  #mark(device: string, name: string): string | null {
    const hash = this.#hashes.hashOf(name)
    if (hash === null) return null
    const text = `plumbline device v1\n${device}\n${name}`
    return createHmac('sha256', hash).update(text).digest().subarray(0, MARK_BYTES).toString('base64url')
  }
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}
