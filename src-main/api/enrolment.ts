/**
 * Who may sign in at this gateway, and who may change that. The same rules where a member admin asks at the console, where a program of
 * this machine asks by its token, and where `plumbline person` changes the list of a gateway that does not run.
 */
import type { Logger } from 'pino'
import { AT_THIS_MACHINE, LOCAL_USER, THIS_MACHINE } from '../endpoints/at-this-machine.ts'
import type { Role } from '../endpoints/model.ts'
import type { EnrolledPeople } from '../endpoints/people-calls.ts'
import { skeleton } from '../wire/look-alike.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './handlers.ts'
import { unknownPerson } from './people-errors.ts'
import type { Done, People, Person } from './people.ts'
import type { Sessions } from './sessions.ts'
import { mayGive } from './sign-in-links.ts'

/** Whoever keeps the list must not lose the last who can. */
const ADMIN: Role = 'member-admin'
const RESERVED = new Set([THIS_MACHINE, LOCAL_USER, ...Object.values(AT_THIS_MACHINE)].map(skeleton))

type By = Pick<Caller, 'name' | 'role' | 'via'> & Pick<Done, 'stillMay'>

export interface EnrolmentOptions {
  readonly people: People<Role>
  readonly sessions: Sessions<Role>
  readonly log: Pick<Logger, 'info'>
  /** Microseconds since the epoch. */
  readonly nowUs: () => number
  /** Whether nobody else of a member could enrol, end and replace on a ledger; where no gateway runs nobody looks. */
  readonly isLastSigningAdmin?: (name: string) => boolean
}

export class Enrolment {
  readonly #o: EnrolmentOptions

  constructor(options: EnrolmentOptions) {
    this.#o = options
  }

  /** Everybody on the list, in the order of names, and what `by` may do. */
  list(by: By): EnrolledPeople {
    const people = this.#o.people.entries().toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return {
      people: people.map((person) => ({
        ...person,
        sessions: this.#o.sessions.countOf(person.name),
        mayLink: mayGive(by, person.role),
        lastAdmin: this.#isLastAdmin(person),
      })),
    }
  }

  /**
   * Puts a person on the list.
   *
   * @throws {ApiError} 400 `invalid_person`, 409 `person_exists`
   */
  async enrol(person: { name: string; role: Role; passphrase: string }, by: By): Promise<void> {
    const { name, role } = person
    if (RESERVED.has(skeleton(name)))
      throw new ApiError(
        400,
        'invalid_person',
        `"${name}" is what whoever sits at this machine is called`,
        'Give the name of a person, such as "A. Berger".',
      )
    await this.#o.people.enrol(person, this.#done(by))
    this.#o.log.info({ person: name, role, by: by.name, via: by.via }, 'person enrolled')
  }

  /**
   * Gives a person a new passphrase and ends what was opened with the old one.
   *
   * @param givesUpKey that the key which the old passphrase opens is lost, also where it is the last by which an admin signs on a ledger
   * @returns how many sessions were ended
   * @throws {ApiError} 404 `unknown_person`, 400 `invalid_person`, 409 `last_signing_admin`
   */
  async reset(name: string, passphrase: string, by: By, givesUpKey = false): Promise<number> {
    this.#known(name)
    if (!givesUpKey) this.#keepLastSigner(name, 'with another passphrase it has another key')
    await this.#o.people.reset(name, passphrase, this.#done(by))
    const ended = this.#o.sessions.endPerson(name)
    this.#o.log.info({ person: name, ended, by: by.name, via: by.via }, 'passphrase reset')
    return ended
  }

  /**
   * Takes a person off the list, and ends its sessions, event streams and links at once. It takes no right from who does it, so a
   * member admin may do it to anybody.
   *
   * @returns how many sessions were ended
   * @throws {ApiError} 404 `unknown_person`, 409 `last_admin`, `last_signing_admin`
   */
  end(name: string, by: By): number {
    const person = this.#known(name)
    if (this.#isLastAdmin(person))
      throw new ApiError(
        409,
        'last_admin',
        `${name} is the only ${ADMIN}: without one nobody could enrol people at the console`,
        `Enrol another ${ADMIN} first.`,
      )
    this.#keepLastSigner(name, 'off the list its key is gone')
    this.#o.people.remove(name)
    const ended = this.#o.sessions.endPerson(name)
    this.#o.log.info({ person: name, role: person.role, ended, by: by.name, via: by.via }, 'person ended')
    return ended
  }

  /** The ledger ended a person: likewise, but for the last who keeps the list. */
  endedOnLedger(name: string): void {
    const person = this.#o.people.find(name)
    if (person === null || this.#isLastAdmin(person)) return
    this.#o.people.remove(name)
    const ended = this.#o.sessions.endPerson(name)
    this.#o.log.info({ person: name, role: person.role, ended }, 'person ended on the ledger')
  }

  #done({ name, stillMay }: By): Done {
    return { by: name, atUs: this.#o.nowUs(), ...(stillMay && { stillMay }) }
  }

  #known(name: string): Person<Role> {
    const person = this.#o.people.find(name)
    if (person === null)
      throw unknownPerson(
        name,
        this.#o.people.list().map((one) => one.name),
      )
    return person
  }

  #keepLastSigner(name: string, why: string): void {
    if (this.#o.isLastSigningAdmin?.(name) !== true) return
    throw new ApiError(
      409,
      'last_signing_admin',
      `nobody but ${name} can enrol and end people on the ledger for this gateway, and ${why}`,
      `Have another ${ADMIN} sign there first: plumbline person sign NAME --as "${name}". Where the passphrase is lost, and the key with it, look for recovery codes first (plumbline person signers): without them nobody signs as admin here again. Then: plumbline person reset "${name}" --give-up-key.`,
    )
  }

  #isLastAdmin({ name, role }: Person<Role>): boolean {
    return role === ADMIN && !this.#o.people.list().some((one) => one.role === ADMIN && one.name !== name)
  }
}
