/** The keys of the people of this gateway, opened by a passphrase for one signature. */
import type { Role } from '../endpoints/model.ts'
import { fromBase64Url } from '../wire/bytes.ts'
import { parseActorId, type ActorId } from '../wire/ids.ts'
import { ApiError } from './api-error.ts'
import { unknownPerson } from './people-errors.ts'
import type { People } from './people.ts'
import { openPersonKey } from './person-key.ts'
import type { Identity } from './sessions.ts'

export interface OpenedKey {
  actor: ActorId
  publicKey: Uint8Array
  seed: Uint8Array
}

export class Signers {
  readonly #people: People<Role>

  constructor(people: People<Role>) {
    this.#people = people
  }

  /** Throws ApiError `unknown_person`. */
  identity(name: string): Identity<Role> {
    const person = this.#people.find(name)
    if (person !== null) return person
    throw unknownPerson(
      name,
      this.#people.list().map((one) => one.name),
    )
  }

  /** Whether the key of an actor lies here. */
  has(actor: ActorId): boolean {
    return this.#people.list().some(({ name }) => this.#people.keyOf(name)?.actor === actor)
  }

  /** Sees that a person has a key. Throws ApiError `unknown_person`, `wrong_passphrase`: a key is never sealed under another. */
  async make(name: string, passphrase: string): Promise<void> {
    this.identity(name)
    if (this.#people.keyOf(name) !== null) return
    if ((await this.#people.identify(name, passphrase)) === null) throw wrongPassphrase(name)
    await this.#people.addKey(name, passphrase)
  }

  /** Throws ApiError `unknown_person`, `no_signing_key`, `wrong_passphrase`, 503 `busy`. */
  async open(name: string, passphrase: string): Promise<OpenedKey> {
    this.identity(name)
    const kept = this.#people.keyOf(name)
    if (kept === null)
      throw new ApiError(
        409,
        'no_signing_key',
        `"${name}" may sign in, and has no key to sign with`,
        `Give it one: plumbline person sign "${name}".`,
      )
    const seed = await openPersonKey(passphrase, kept)
    if (seed === null) throw wrongPassphrase(name)
    return { actor: parseActorId(kept.actor), publicKey: fromBase64Url(kept.public), seed }
  }
}

function wrongPassphrase(name: string): ApiError {
  return new ApiError(
    401,
    'wrong_passphrase',
    `that is not the passphrase of "${name}"`,
    'Try again; nothing was signed.',
  )
}
