/** The keys of the people of this gateway, opened by their passphrases: for one signature, or for as long as a session lasts. */
import type { Role } from '../endpoints/model.ts'
import { ADMINS, type PersonState } from '../record/person-fields.ts'
import { fromBase64Url } from '../wire/bytes.ts'
import { parseActorId, type ActorId } from '../wire/ids.ts'
import { ApiError } from './api-error.ts'
import { unknownPerson } from './people-errors.ts'
import type { People } from './people.ts'
import { openPersonKey } from './person-key.ts'
import type { Identity } from './sessions.ts'

/** Wrong passphrases that one session may try, all names together. Another session takes a passphrase or a link. */
const WRONG_MAX = 5

export interface OpenedKey {
  actor: ActorId
  publicKey: Uint8Array
  seed: Uint8Array
}

export class Signers {
  readonly #people: People<Role>
  /** By what ends the session: nothing of it is left then. A key is opened behind the answer to the sign-in, which must not wait for it. */
  readonly #opened = new WeakMap<AbortSignal, Promise<OpenedKey | null>>()
  readonly #wrong = new WeakMap<AbortSignal, number>()

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
    return this.#people.list().some(({ name }) => this.actorOf(name) === actor)
  }

  /** Whether a person is the only admin of this gateway's member on a ledger whose key lies here. */
  isLastAdmin(name: string, gateway: string, persons: readonly (PersonState & { actor: ActorId })[]): boolean {
    const admins = persons.filter(
      ({ endedAt, roles, keeper }) =>
        keeper === gateway && endedAt === null && roles.some((role) => ADMINS.includes(role)),
    )
    const own = admins.find(({ actor }) => actor === this.actorOf(name))
    const isOther = ({ actor, suspendedUs }: (typeof admins)[number]): boolean =>
      actor !== own?.actor && suspendedUs === undefined && this.has(actor)
    return own !== undefined && !admins.some(isOther)
  }

  /** Under which actor a person of this gateway signs; null where it has no key. */
  actorOf(name: string): ActorId | null {
    const kept = this.#people.keyOf(name)
    return kept === null ? null : parseActorId(kept.actor)
  }

  /** Raw, of the key that lies here; null where a person has none. */
  publicKeyOf(name: string): Uint8Array | null {
    const kept = this.#people.keyOf(name)
    return kept === null ? null : fromBase64Url(kept.public)
  }

  /**
   * Sees that a person has a key: a new one of the actor `moves`, where it comes from another gateway.
   *
   * @throws {ApiError} `unknown_person`, `wrong_passphrase`: a key is never sealed under another
   */
  async make(name: string, passphrase: string, session?: AbortSignal, moves?: ActorId): Promise<void> {
    this.identity(name)
    if (this.#people.keyOf(name) !== null && moves === undefined) return
    const right = this.#begin(session)
    if ((await this.#people.identify(name, passphrase)) === null) throw wrongPassphrase(name)
    right()
    if (moves === undefined) await this.#people.addKey(name, passphrase)
    else await this.#people.moveKey(name, passphrase, moves)
  }

  /**
   * @param session that of the person who typed the passphrase; it may try five wrong ones
   * @throws {ApiError} `unknown_person`, `no_signing_key`, `wrong_passphrase`, 429 `too_many_attempts`, 503 `busy`
   */
  async open(name: string, passphrase: string, session?: AbortSignal): Promise<OpenedKey> {
    this.identity(name)
    const right = this.#begin(session)
    const opened = await this.#open(name, passphrase)
    if (opened === null) throw wrongPassphrase(name)
    right()
    return opened
  }

  /** The passphrase was right a moment ago: the key stays open for this session. Without a key, or where this machine is busy, it stays shut. */
  openFor(session: AbortSignal, name: string, passphrase: string): void {
    this.#keep(
      session,
      this.#open(name, passphrase).catch(() => null),
    )
  }

  /**
   * The key of the person whose session it is, opened before or by this passphrase.
   *
   * @throws {ApiError} 401 `passphrase_needed` where it is shut, and as `open` does
   */
  async ofSession(session: AbortSignal, name: string, passphrase: string | undefined): Promise<OpenedKey> {
    if (passphrase !== undefined) {
      const opened = await this.open(name, passphrase, session)
      this.#keep(session, Promise.resolve(opened))
      return ofOneSignature(opened)
    }
    const opened = (await this.#opened.get(session)) ?? null
    if (opened !== null && !session.aborted) return ofOneSignature(opened)
    if (this.#people.keyOf(name) === null) throw noKey(name)
    throw new ApiError(
      401,
      'passphrase_needed',
      `"${name}" signs with a key that its passphrase opens, and it is shut in this session`,
      'Send the passphrase with what is to be signed.',
    )
  }

  #keep(session: AbortSignal, opened: Promise<OpenedKey | null>): void {
    this.#opened.set(session, opened)
    const wipe = (): void => {
      this.#opened.delete(session)
      void opened.then((key) => key?.seed.fill(0))
    }
    if (session.aborted) wipe()
    else session.addEventListener('abort', wipe, { once: true })
  }

  async #open(name: string, passphrase: string): Promise<OpenedKey | null> {
    const kept = this.#people.keyOf(name)
    if (kept === null) throw noKey(name)
    const seed = await openPersonKey(passphrase, kept)
    return seed === null ? null : { actor: parseActorId(kept.actor), publicKey: fromBase64Url(kept.public), seed }
  }

  /** An attempt counts as wrong from its beginning; gives what takes that back. */
  #begin(session: AbortSignal | undefined): () => void {
    if (session === undefined) return () => {}
    const wrong = this.#wrong.get(session) ?? 0
    if (wrong >= WRONG_MAX)
      throw new ApiError(
        429,
        'too_many_attempts',
        `${WRONG_MAX} wrong passphrases were entered in this session`,
        'Sign out, and sign in again.',
      )
    this.#wrong.set(session, wrong + 1)
    return () => void this.#wrong.set(session, (this.#wrong.get(session) ?? 1) - 1)
  }
}

/** The session may end, and its key be wiped, while something is being signed. */
function ofOneSignature(opened: OpenedKey): OpenedKey {
  return { ...opened, seed: Uint8Array.from(opened.seed) }
}

function noKey(name: string): ApiError {
  return new ApiError(
    409,
    'no_signing_key',
    `"${name}" may sign in, and has no key to sign with`,
    `Give it one: plumbline person sign "${name}".`,
  )
}

function wrongPassphrase(name: string): ApiError {
  return new ApiError(
    401,
    'wrong_passphrase',
    `that is not the passphrase of "${name}"`,
    'Try again; nothing was signed.',
  )
}
