/**
 * Passkeys (W3C Web Authentication, Level 2): another way to sign in at the door for others, beside the passphrase. The key stays in
 * the person's device, which asks for a finger, a face or its PIN; this gateway keeps the public half, in people.json. A browser
 * makes them for names only, not for addresses, so they work where the console is opened by one of its names.
 */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Logger } from 'pino'
import { ApiError } from './api-error.ts'
import type { Door } from './door-state.ts'
import { PasskeyChallenges } from './passkey-challenge.ts'
import { PASSKEYS_MAX, type Passkey, type People } from './people.ts'
import type { Identity } from './sessions.ts'

const TIMEOUT_MS = 120_000

/** Where a passkey is used: the name by which the console was opened. */
interface Place {
  readonly rpId: string
  readonly origin: string
}

export class Passkeys<Role extends string> {
  readonly #people: People<Role>
  readonly #challenges: PasskeyChallenges
  readonly #gatewayActor: string
  readonly #nowUs: () => number
  readonly #log: Pick<Logger, 'warn'>

  constructor(options: { people: People<Role>; gatewayActor: string; nowUs: () => number; log: Pick<Logger, 'warn'> }) {
    this.#log = options.log
    this.#people = options.people
    this.#gatewayActor = options.gatewayActor
    this.#nowUs = options.nowUs
    this.#challenges = new PasskeyChallenges(options.nowUs)
  }

  /** Those of a person for the name by which the console is open; `available` is false where there can be none. */
  list(name: string, door: Door, host: string): { available: boolean; passkeys: Listed[] } {
    const place = placeOf(door, host)
    if (place === null || !this.#people.has(name)) return { available: false, passkeys: [] }
    const passkeys = this.#people.passkeysOf(name).map(({ id, label, addedAtUs, usedAtUs }) => ({
      id,
      label,
      addedAtUs,
      usedAtUs,
    }))
    return { available: true, passkeys }
  }

  /** What a browser needs to make one. The caller has looked at the person's passphrase. Throws ApiError `passkeys_not_here`. */
  async optionsToAdd(name: string, door: Door, host: string): Promise<object> {
    const { rpId } = this.#placeFor(name, door, host)
    const own = this.#people.passkeysOf(name).filter((one) => one.rpId === rpId)
    return await generateRegistrationOptions({
      rpName: 'Plumbline',
      rpID: rpId,
      userName: name,
      // Says nothing about the person, and is the same whenever it adds one (Level 2, 14.6.1).
      userID: Uint8Array.from(createHash('sha256').update(`${this.#gatewayActor}\n${name}`).digest()),
      challenge: this.#challenges.make({ act: 'add', name: this.#asOf(name), rpId }),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      excludeCredentials: own.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
  }

  /** The person with the passphrase of this moment. */
  #asOf(name: string): string {
    return JSON.stringify([name, this.#people.hashOf(name)])
  }

  /** Keeps what the browser made. Throws ApiError `passkey_refused`, `passkeys_not_here`. */
  async add(name: string, made: { label: string; response: object }, door: Door, host: string): Promise<void> {
    const { rpId, origin } = this.#placeFor(name, door, host)
    const response = made.response as RegistrationResponseJSON
    const purpose = { act: 'add', name: this.#asOf(name), rpId } as const
    let used = ''
    const verified = await refusing(() =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: (challenge) => {
          used = challenge
          return this.#challenges.isGood(challenge, purpose)
        },
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
      }),
    )
    // A reset takes every passkey: one that was begun before it must not come after it.
    if (!verified.verified || purpose.name !== this.#asOf(name) || !this.#challenges.use(used)) throw refused()
    const { id, publicKey, counter } = verified.registrationInfo.credential
    const isKept = this.#people.addPasskey(name, {
      id,
      rpId,
      label: made.label,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      addedAtUs: this.#nowUs(),
      usedAtUs: null,
    })
    if (!isKept)
      throw new ApiError(
        409,
        'passkey_refused',
        `${name} has ${PASSKEYS_MAX} passkeys already, or this one stands on the list`,
        'Remove one first.',
      )
  }

  /** What a browser needs to use one, whosever it is: no name is asked and none is told. Throws ApiError `passkeys_not_here`. */
  async optionsToSignIn(door: Door, host: string): Promise<object> {
    const place = placeOf(door, host)
    if (place === null) throw notHere()
    return await generateAuthenticationOptions({
      rpID: place.rpId,
      challenge: this.#challenges.make({ act: 'sign-in', name: '', rpId: place.rpId }),
      timeout: TIMEOUT_MS,
      userVerification: 'required',
      allowCredentials: [],
    })
  }

  /** Who signs in by this answer of a browser. Throws ApiError 401 `passkey_refused`, `passkeys_not_here`. */
  async identify(given: object, door: Door, host: string): Promise<Identity<Role>> {
    const place = placeOf(door, host)
    if (place === null) throw notHere()
    const response = given as AuthenticationResponseJSON
    const found = typeof response.id === 'string' ? this.#people.byPasskey(response.id) : null
    if (found === null || found.passkey.rpId !== place.rpId) throw refused()
    const { passkey } = found
    let used = ''
    const verified = await refusing(() =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => {
          used = challenge
          return this.#challenges.isGood(challenge, { act: 'sign-in', name: '', rpId: place.rpId })
        },
        expectedOrigin: place.origin,
        expectedRPID: place.rpId,
        requireUserVerification: true,
        credential: {
          id: passkey.id,
          publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
          counter: passkey.counter,
        },
      }),
    )
    // Removed, or its person ended, while it was looked at.
    const still = this.#people.byPasskey(passkey.id)
    if (!verified.verified || still === null || !this.#challenges.use(used)) throw refused()
    this.#keepUse(passkey.id, verified.authenticationInfo.newCounter, still.identity.name)
    return still.identity
  }

  /** A full disk keeps nobody out, as with a passphrase; until the counter is on the disk it is kept in memory. */
  #keepUse(id: string, counter: number, name: string): void {
    try {
      this.#people.usePasskey(id, counter, this.#nowUs())
    } catch (error) {
      this.#log.warn({ err: error, person: name }, 'the counter of a passkey could not be kept on the disk')
    }
  }

  #placeFor(name: string, door: Door, host: string): Place {
    const place = placeOf(door, host)
    if (place === null || !this.#people.has(name)) throw notHere()
    return place
  }
}

type Listed = Pick<Passkey, 'id' | 'label' | 'addedAtUs' | 'usedAtUs'>

/** Null at this machine, and where the console is opened by an address: browsers make no passkeys for those (Level 2, 5.1.3). */
function placeOf({ kind, scheme }: Door, host: string): Place | null {
  const { hostname } = new URL(`${scheme}://${host}`)
  if (kind === 'machine' || hostname.startsWith('[') || isIP(hostname) !== 0) return null
  return { rpId: hostname, origin: new URL(`${scheme}://${host}`).origin }
}

/** Whatever an answer that was made up does to the library, it is refused. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw refused(error)
  }
}

function refused(cause?: unknown): ApiError {
  const why = cause instanceof Error ? `: ${cause.message.slice(0, 200)}` : ''
  return new ApiError(
    401,
    'passkey_refused',
    `this passkey is not one of this gateway, or was not confirmed${why}`,
    'Try again, or sign in by name and passphrase.',
  )
}

function notHere(): ApiError {
  return new ApiError(
    409,
    'passkeys_not_here',
    'there are no passkeys where the console is opened at its own machine or by an address',
    'Open it from elsewhere by one of its names.',
  )
}
