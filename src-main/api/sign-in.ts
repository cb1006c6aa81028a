import type { Logger } from 'pino'
import type { Input } from '../endpoints/table.ts'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import { Attempts } from './attempts.ts'
import { KnownDevices } from './known-devices.ts'
import { refuseWhenBusy } from './passphrase.ts'
import type { People } from './people.ts'
import type { Identity, Sessions, SessionSecrets } from './sessions.ts'

/** Signing in: by one-time link, or by name and passphrase. */
export class SignIn {
  readonly #sessions: Sessions<Role>
  readonly #people: People<Role>
  readonly #attempts: Attempts
  readonly #devices: KnownDevices
  readonly #nowUs: () => number
  readonly #log: Pick<Logger, 'warn'>

  constructor(options: {
    sessions: Sessions<Role>
    people: People<Role>
    gatewayActor: string
    nowUs: () => number
    log: Pick<Logger, 'warn'>
  }) {
    this.#nowUs = options.nowUs
    this.#log = options.log
    this.#sessions = options.sessions
    this.#people = options.people
    this.#devices = new KnownDevices(options.people, options.gatewayActor)
    this.#attempts = new Attempts({ nowUs: options.nowUs, isPerson: (name) => options.people.has(name) })
  }

  /**
   * Checks what was entered and opens a session.
   *
   * @param cookies the request's Cookie header: whether the person has signed in here before
   * @returns who it is, the session's secrets, and a whole Set-Cookie header by which the browser is known from now on
   * @throws {ApiError} 401 `wrong_code` or `wrong_passphrase`, 429 `too_many_attempts`, 503 `busy`
   */
  async open(
    body: Input<'signIn'>['body'],
    cookies: string | undefined,
  ): Promise<{ identity: Identity<Role>; secrets: SessionSecrets; deviceCookie: string | null }> {
    const identity = 'code' in body ? this.#byCode(body.code) : await this.#byPassphrase(body, cookies)
    const deviceCookie = this.#devices.remember(cookies, identity.name)
    this.#keepTime(identity.name)
    return { identity, secrets: this.#sessions.open(identity), deviceCookie }
  }

  /** A full disk keeps nobody out: what is missing then is when the person was here last. */
  #keepTime(name: string): void {
    try {
      this.#people.noteSignIn(name, this.#nowUs())
    } catch (error) {
      this.#log.warn({ err: error, person: name }, 'when this person signed in could not be kept')
    }
  }

  #byCode(code: string): Identity<Role> {
    const identity = this.#sessions.redeemCode(code)
    if (identity === null) {
      throw new ApiError(
        401,
        'wrong_code',
        'this sign-in link was used already, is older than 10 minutes, or belongs to another start of the gateway',
        'Make a new one: plumbline console.',
      )
    }
    return identity
  }

  async #byPassphrase(
    { name, passphrase }: { name: string; passphrase: string },
    cookies: string | undefined,
  ): Promise<Identity<Role>> {
    const device = this.#devices.recognise(cookies, name)
    // First, because an attempt counts from its beginning: one that nobody looked at is no wrong passphrase.
    refuseWhenBusy(device !== null)
    this.#attempts.begin(name, device)
    const identity = await this.#people.identify(name, passphrase)
    if (identity === null) {
      throw new ApiError(
        401,
        'wrong_passphrase',
        `this is not the passphrase of "${name}"`,
        'Enter it again; after 5 wrong ones the name is paused for 15 minutes.',
      )
    }
    this.#attempts.succeed(name, device)
    return identity
  }
}
