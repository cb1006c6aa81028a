import type { Logger } from 'pino'
import type { Input } from '../endpoints/table.ts'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import { Attempts, type Source } from './attempts.ts'
import type { DoorKind } from './door-state.ts'
import { KnownDevices } from './known-devices.ts'
import { refuseWhenBusy } from './passphrase.ts'
import { invalidPerson, unknownPerson } from './people-errors.ts'
import { type People, refuseUnfit } from './people.ts'
import type { Identity, Sessions, SessionSecrets } from './sessions.ts'
import type { Signers } from './signers.ts'
import { sourceOf } from './source-address.ts'

const UNDER_WAY_PER_ADDRESS_MAX = 2

/** Where a sign-in comes from. */
export interface SignInFrom {
  /** The request's Cookie header. */
  readonly cookies: string | undefined
  readonly door: DoorKind
  /** Null at this machine, where addresses tell nobody apart. */
  readonly address: string | null
}

/** Signing in: by one-time link, or by name and passphrase. */
export class SignIn {
  readonly #sessions: Sessions<Role>
  readonly #people: People<Role>
  readonly #signers: Signers | undefined
  readonly #attempts: Attempts
  readonly #devices: Record<DoorKind, KnownDevices>
  readonly #underWay = new Map<string, number>()
  readonly #nowUs: () => number
  readonly #log: Pick<Logger, 'warn'>

  constructor(options: {
    sessions: Sessions<Role>
    people: People<Role>
    signers?: Signers
    gatewayActor: string
    nowUs: () => number
    log: Pick<Logger, 'warn'>
  }) {
    this.#nowUs = options.nowUs
    this.#log = options.log
    this.#sessions = options.sessions
    this.#people = options.people
    this.#signers = options.signers
    const { people, gatewayActor } = options
    this.#devices = {
      machine: new KnownDevices(people, gatewayActor),
      network: new KnownDevices(people, gatewayActor, 'network'),
    }
    this.#attempts = new Attempts({ nowUs: options.nowUs, isPerson: (name) => options.people.has(name) })
  }

  /**
   * Checks what was entered and opens a session.
   *
   * @param from the request's Cookie header, which tells whether the person has signed in here before; and where it comes from
   * @param byPasskey who an answer of a passkey is of
   * @returns who it is, the session's secrets, and a whole Set-Cookie header by which the browser is known from now on
   * @throws {ApiError} 401 `wrong_code`, `wrong_passphrase` or `not_signed_in`, 429 `too_many_attempts` or `too_many_requests`, 503 `busy`
   */
  async open(
    body: Input<'signIn'>['body'],
    from: SignInFrom,
    byPasskey: (response: object) => Promise<Identity<Role>>,
  ): Promise<{ identity: Identity<Role>; secrets: SessionSecrets; deviceCookie: string | null }> {
    const asked = 'passphrase' in body ? this.#people.hashOf(body.name) : null
    const identity =
      'code' in body
        ? this.#byCode(body.code, from.door)
        : 'passkey' in body
          ? await byPasskey(body.passkey)
          : await this.#byPassphrase(body, from)
    if (!this.#isStill(body, identity, asked)) throw endedMeanwhile(identity.name)
    const deviceCookie = this.#devices[from.door].remember(from.cookies, identity.name)
    // Before the session is there: nothing may wait between a look at the list and it.
    const { ended, ...secrets } = this.#sessions.open(identity, from.door)
    if ('passphrase' in body) this.#signers?.openFor(ended, identity.name, body.passphrase)
    this.#keepTime(identity.name)
    return { identity, secrets, deviceCookie }
  }

  /** Whether what was looked at still opens something: its person may have been ended, or given another passphrase, while it was. */
  #isStill(body: Input<'signIn'>['body'], { name, role }: Identity<Role>, asked: string | null): boolean {
    if ('code' in body) return true
    if (this.#people.find(name)?.role !== role) return false
    if ('passphrase' in body) return this.#people.hashOf(name) === asked
    const { id } = body.passkey
    return typeof id === 'string' && this.#people.byPasskey(id)?.identity.name === name
  }

  /** Looks once more at the passphrase of who is signed in; wrong ones count as at the sign-in. Throws as `open` does. */
  async confirm(name: string, passphrase: string, from: SignInFrom): Promise<void> {
    await this.#byPassphrase({ name, passphrase }, from)
  }

  /**
   * Gives the person who is signed in another passphrase. Whatever else is open in its name ends; the session that asks stays.
   *
   * @param cookie the secret of that session
   * @returns how many sessions were ended, and a whole Set-Cookie header: the browser was known by the old passphrase
   * @throws as `open` does, and {ApiError} 400 `invalid_person`, 404 `unknown_person` for whoever is on no list
   */
  async change(
    name: string,
    { old, passphrase }: Input<'changePassphrase'>['body'],
    from: SignInFrom,
    cookie: string,
  ): Promise<{ ended: number; deviceCookie: string | null }> {
    if (!this.#people.has(name)) throw unknownPerson(name)
    refuseUnfit(name, passphrase)
    const asked = this.#people.hashOf(name)
    await this.confirm(name, old, from)
    // Only now: before, it would tell somebody what is not the passphrase.
    if (passphrase === old) throw invalidPerson('the new passphrase is the one that is to end: choose another')
    const isStill = (): boolean => this.#people.hashOf(name) === asked && this.#sessions.isLive(cookie)
    if (!(await this.#people.change(name, old, passphrase, isStill))) throw endedMeanwhile(name)
    const ended = this.#sessions.closeOthers(cookie)
    return { ended, deviceCookie: this.#devices[from.door].remember(from.cookies, name) }
  }

  /** A full disk keeps nobody out: what is missing then is when the person was here last. */
  #keepTime(name: string): void {
    try {
      this.#people.noteSignIn(name, this.#nowUs())
    } catch (error) {
      this.#log.warn({ err: error, person: name }, 'when this person signed in could not be kept')
    }
  }

  #byCode(code: string, door: DoorKind): Identity<Role> {
    const identity = this.#sessions.redeemCode(code, door)
    if (identity === null) {
      throw new ApiError(
        401,
        'wrong_code',
        'this sign-in link was used already, is older than 10 minutes, was made for another door, or belongs to another start of the gateway',
        'Make a new one: plumbline console.',
      )
    }
    return identity
  }

  async #byPassphrase(
    { name, passphrase }: { name: string; passphrase: string },
    { cookies, door, address }: SignInFrom,
  ): Promise<Identity<Role>> {
    const device = this.#devices[door].recognise(cookies, name)
    const source = { device, address: address === null ? null : sourceOf(address) }
    // First, because an attempt counts from its beginning: one that nobody looked at is no wrong passphrase.
    refuseWhenBusy(device === null ? door : 'known')
    const finished = this.#begin(source)
    try {
      this.#attempts.begin(name, source)
      const identity = await this.#people.identify(name, passphrase)
      if (identity === null) throw wrongPassphrase(name)
      this.#attempts.succeed(name, source)
      return identity
    } finally {
      finished()
    }
  }

  /** One address elsewhere has two passphrases looked at at once: the line is for others, too. Gives what ends it. */
  #begin({ device, address }: Source): () => void {
    if (address === null || device !== null) return () => {}
    const count = this.#underWay.get(address) ?? 0
    if (count >= UNDER_WAY_PER_ADDRESS_MAX)
      throw new ApiError(
        429,
        'too_many_requests',
        `${count} sign-ins from this address are looked at already`,
        'Wait a second and try again.',
      )
    this.#underWay.set(address, count + 1)
    return () => {
      const left = (this.#underWay.get(address) ?? 1) - 1
      if (left > 0) this.#underWay.set(address, left)
      else this.#underWay.delete(address)
    }
  }
}

function endedMeanwhile(name: string): ApiError {
  return new ApiError(
    401,
    'not_signed_in',
    `"${name}" was ended, or given another passphrase, while this was looked at`,
    'Ask whoever keeps the list of people.',
  )
}

function wrongPassphrase(name: string): ApiError {
  return new ApiError(
    401,
    'wrong_passphrase',
    `this is not the passphrase of "${name}"`,
    'Enter it again; after 5 wrong ones the name is paused for 15 minutes.',
  )
}
