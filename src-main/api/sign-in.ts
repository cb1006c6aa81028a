import type { Input } from '../endpoints/table.ts'
import type { Role } from '../endpoints/model.ts'
import { ApiError } from './api-error.ts'
import { Attempts } from './attempts.ts'
import { refuseWhenBusy } from './passphrase.ts'
import type { People } from './people.ts'
import type { Identity, Sessions, SessionSecrets } from './sessions.ts'

/** Signing in: by one-time link, or by name and passphrase. */
export class SignIn {
  readonly #sessions: Sessions<Role>
  readonly #people: People<Role>
  readonly #attempts: Attempts

  constructor(options: { sessions: Sessions<Role>; people: People<Role>; nowUs: () => number }) {
    this.#sessions = options.sessions
    this.#people = options.people
    this.#attempts = new Attempts({ nowUs: options.nowUs, isPerson: (name) => options.people.has(name) })
  }

  /**
   * Checks what was entered and opens a session.
   *
   * @returns who it is, and the session's secrets
   * @throws {ApiError} 401 `wrong_code` or `wrong_passphrase`, 429 `too_many_attempts`, 503 `busy`
   */
  async open(body: Input<'signIn'>['body']): Promise<{ identity: Identity<Role>; secrets: SessionSecrets }> {
    const identity = 'code' in body ? this.#byCode(body.code) : await this.#byPassphrase(body.name, body.passphrase)
    return { identity, secrets: this.#sessions.open(identity) }
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

  async #byPassphrase(name: string, passphrase: string): Promise<Identity<Role>> {
    // First, because an attempt counts from its beginning: one that nobody looked at is no wrong passphrase.
    refuseWhenBusy()
    this.#attempts.begin(name)
    const identity = await this.#people.identify(name, passphrase)
    if (identity === null) {
      throw new ApiError(
        401,
        'wrong_passphrase',
        `this is not the passphrase of "${name}"`,
        'Enter it again; after 5 wrong ones the name is paused for 15 minutes.',
      )
    }
    this.#attempts.succeed(name)
    return identity
  }
}
