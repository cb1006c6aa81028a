import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { writeDurably } from '../disk/durable-file.ts'
import { skeleton } from '../wire/look-alike.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { ARGON2_PARAMETERS, hashPassphrase, isPassphrase, type PassphraseHash } from './passphrase.ts'
import { invalidPerson, looksAlike, personExists, unknownPerson, unreadable } from './people-errors.ts'
import { folded, mixesScripts, nameSchema, newNameSchema } from './person-name.ts'
import { newPersonKey, personKeySchema, resealed, type PersonKey } from './person-key.ts'
import type { Identity } from './sessions.ts'

export const PASSPHRASE_CHARACTERS_MIN = 10
export const PASSPHRASE_CHARACTERS_MAX = 256
export const PEOPLE_MAX = 200
/** A telephone, a computer and a key or two. */
export const PASSKEYS_MAX = 10
const MODE = 0o600
const BY_CHARACTERS_MAX = 128
/** Who fell out of these is long gone. */
const ENDED_MAX = 1_000
const timeUs = z.int().min(0).nullable().default(null)
const byWhom = z.string().max(BY_CHARACTERS_MAX).nullable().default(null)

const hashSchema = z.strictObject({
  algorithm: z.literal('argon2id'),
  memoryKib: z.number().int().min(8).max(1_048_576),
  passes: z.number().int().min(1).max(16),
  parallelism: z.number().int().min(1).max(8),
  salt: z.base64url(),
  hash: z.base64url(),
})

const passkeySchema = z.strictObject({
  id: z.base64url(),
  rpId: z.string().max(253),
  label: z.string().max(64),
  publicKey: z.base64url(),
  counter: z.int().min(0),
  addedAtUs: z.int().min(0),
  usedAtUs: z.int().min(0).nullable(),
})

/** One person on the list, without what signs it in. Times in microseconds since the epoch. */
export interface Person<Role extends string> extends Identity<Role> {
  /** Null where the list was made before this was kept. */
  readonly enrolledAtUs: number | null
  /** Who enrolled this person, by name. */
  readonly enrolledBy: string | null
  readonly lastSignInAtUs: number | null
  /** When somebody gave this person another passphrase, and who; null where nobody did, or the list was made before this was kept. */
  readonly resetAtUs: number | null
  readonly resetBy: string | null
}

/** The public half of a passkey. */
export interface Passkey {
  /** base64url */
  readonly id: string
  /** The name of the console that it was made for. */
  readonly rpId: string
  readonly label: string
  /** COSE key, base64url. */
  readonly publicKey: string
  readonly counter: number
  readonly addedAtUs: number
  readonly usedAtUs: number | null
}

type Kept<Role extends string> = Person<Role> & {
  readonly passphrase: PassphraseHash
  readonly passkeys: readonly Passkey[]
  /** What the person signs with on the ledger; null where none was made yet. */
  readonly key: PersonKey | null
}

/** Who does something to the list, and when, in microseconds since the epoch. */
export interface Done {
  readonly by: string | null
  readonly atUs: number | null
  /** Asked after the hash, which takes its time: throws where who does it may not any more. */
  readonly stillMay?: () => void
}
const NOT_KEPT: Done = { by: null, atUs: null }

/**
 * The people who may sign in at this gateway, in `people.json` of its data folder (mode 0600: it holds passphrase
 * hashes). A handful of entries, read once and written whole.
 *
 * A file of this gateway alone. With whom of them the ledger is told to begin, an admin says (`persons` of a channel).
 */
export class People<Role extends string> {
  readonly #file: string
  readonly #schema
  #people: Kept<Role>[] = []
  /** Names of those who were taken off the list, newest last: they stand in the record, and nobody may pass for them. */
  #ended: string[] = []

  private constructor(file: string, roles: readonly Role[]) {
    this.#file = file
    this.#schema = z.strictObject({
      version: z.literal(1),
      people: z
        .array(
          z.strictObject({
            name: nameSchema,
            role: z.enum(roles),
            enrolledAtUs: timeUs,
            enrolledBy: byWhom,
            lastSignInAtUs: timeUs,
            resetAtUs: timeUs,
            resetBy: byWhom,
            passphrase: hashSchema,
            passkeys: z.array(passkeySchema).max(PASSKEYS_MAX).default([]),
            key: personKeySchema.nullable().default(null),
          }),
        )
        .max(PEOPLE_MAX)
        .refine((people) => new Set(people.map(({ name }) => name)).size === people.length, 'a name stands twice'),
      ended: z.array(nameSchema).max(ENDED_MAX).default([]),
    })
  }

  /**
   * @param file `people.json`; it need not exist yet
   * @param roles the roles a person may have
   * @throws {ApiError} `people_file` when it is there but can't be read; it is never overwritten then
   */
  static open<Role extends string>(file: string, roles: readonly Role[]): People<Role> {
    const people = new People<Role>(file, roles)
    if (existsSync(file)) people.#read()
    return people
  }

  list(): Identity<Role>[] {
    return this.#people.map(({ name, role }) => ({ name, role }))
  }

  /** The same with what is known of each. */
  entries(): Person<Role>[] {
    return this.#people.map(({ name, role, enrolledAtUs, enrolledBy, lastSignInAtUs, resetAtUs, resetBy }) => ({
      name,
      role,
      enrolledAtUs,
      enrolledBy,
      lastSignInAtUs,
      resetAtUs,
      resetBy,
    }))
  }

  find(name: string): Person<Role> | null {
    return this.entries().find((one) => one.name === name) ?? null
  }

  has(name: string): boolean {
    return this.#people.some((one) => one.name === name)
  }

  /** Changes with the passphrase; null for a name that is not on the list. For keys only, never to be shown. */
  hashOf(name: string): string | null {
    const person = this.#people.find((one) => one.name === name)
    return person === undefined ? null : `${person.passphrase.salt}.${person.passphrase.hash}`
  }

  /**
   * Adds a person. Who may do so, `Enrolment` decides.
   *
   * @throws {ApiError} `invalid_person` naming what is wrong with name or passphrase, `person_exists` (also for a name that is told
   *   apart from another by its case or its encoding only), `person_looks_alike` (also where the other one was taken off the list),
   *   503 `busy`
   */
  async enrol(person: Identity<Role> & { passphrase: string }, made: Done = NOT_KEPT): Promise<void> {
    const { name, role } = person
    const parsed = newNameSchema.safeParse(name)
    if (!parsed.success)
      throw invalidPerson(`the name ${JSON.stringify(name)} can't be used (${parsed.error.issues[0]?.message ?? ''})`)
    if (mixesScripts(name)) throw looksAlike(`"${name}" has letters of two scripts in one word`)
    this.#refuseTaken(name)
    const [passphrase, key] = await Promise.all([hashOfNew(name, person.passphrase), newPersonKey(person.passphrase)])
    made.stillMay?.()
    // Somebody may have been given it while this was hashed.
    this.#refuseTaken(name)
    if (this.#people.length >= PEOPLE_MAX) throw invalidPerson(`there are ${PEOPLE_MAX} people already`)
    this.#write(
      [
        ...this.#people,
        {
          name,
          role,
          enrolledAtUs: made.atUs,
          enrolledBy: made.by,
          lastSignInAtUs: null,
          resetAtUs: null,
          resetBy: null,
          passphrase,
          passkeys: [],
          key,
        },
      ],
      this.#ended.filter((one) => one !== name),
    )
  }

  /** Whoever was taken off the list may come back under the very same name. */
  #refuseTaken(name: string): void {
    const same = this.#people.find((one) => folded(one.name) === folded(name))
    if (same !== undefined) throw personExists(same.name)
    const looks = skeleton(name)
    const like = [...this.list().map((one) => one.name), ...this.#ended].find(
      (one) => one !== name && skeleton(one) === looks,
    )
    if (like === undefined) return
    const where = this.has(like) ? 'who is on the list' : 'who was on the list'
    throw looksAlike(`"${name}" looks like "${like}", ${where}`)
  }

  /**
   * Gives a person another passphrase, and takes its passkeys: who needs one may have lost what they lie in. Nobody can open the key that
   * was sealed under the one before: the person has another, which an admin has to put in its place on the ledger.
   *
   * @throws {ApiError} `unknown_person`, `invalid_person`, 503 `busy`
   */
  async reset(name: string, passphrase: string, done: Done = NOT_KEPT): Promise<void> {
    if (!this.has(name)) throw unknownPerson(name)
    const [hash, key] = await Promise.all([
      hashOfNew(name, passphrase),
      newPersonKey(passphrase, this.keyOf(name)?.actor),
    ])
    done.stillMay?.()
    // It may have been taken off while this was hashed.
    if (!this.has(name)) throw unknownPerson(name)
    const changed = { passphrase: hash, passkeys: [], key, resetAtUs: done.atUs, resetBy: done.by }
    this.#write(this.#people.map((one) => (one.name === name ? { ...one, ...changed } : one)))
  }

  /**
   * Changes a passphrase for its own person: the passkeys and the key stay, and no trace of a reset is left or taken.
   *
   * @param old the passphrase that was found to be right
   * @param isStill asked after the hash: whether what was looked at before it still holds
   * @returns false where it does not, or the person is gone
   * @throws {ApiError} `invalid_person`, 503 `busy`
   */
  async change(name: string, old: string, passphrase: string, isStill: () => boolean): Promise<boolean> {
    const hash = await hashOfNew(name, passphrase)
    const kept = this.keyOf(name)
    const key = kept === null ? null : await resealed(old, passphrase, kept)
    if (!this.has(name) || !isStill()) return false
    this.#write(this.#people.map((one) => (one.name === name ? { ...one, passphrase: hash, key } : one)))
    return true
  }

  /** What a person signs with; null where none was made, or the person is gone. */
  keyOf(name: string): PersonKey | null {
    return this.#people.find((one) => one.name === name)?.key ?? null
  }

  /** Gives a person who has none a key. Throws ApiError `unknown_person`. */
  async addKey(name: string, passphrase: string): Promise<PersonKey> {
    const key = this.keyOf(name) ?? (await newPersonKey(passphrase))
    if (!this.has(name)) throw unknownPerson(name)
    this.#write(this.#people.map((one) => (one.name === name ? { ...one, key } : one)))
    return key
  }

  /** Gives a person a new key under an actor that another gateway kept. Throws ApiError `unknown_person`. */
  async moveKey(name: string, passphrase: string, actor: string): Promise<void> {
    const key = await newPersonKey(passphrase, actor)
    if (!this.has(name)) throw unknownPerson(name)
    this.#write(this.#people.map((one) => (one.name === name ? { ...one, key } : one)))
  }

  /** Takes a person off the list; true when there was one. */
  remove(name: string): boolean {
    const rest = this.#people.filter((one) => one.name !== name)
    if (rest.length === this.#people.length) return false
    this.#write(rest, [...this.#ended.filter((one) => one !== name), name].slice(-ENDED_MAX))
    return true
  }

  passkeysOf(name: string): readonly Passkey[] {
    return this.#people.find((one) => one.name === name)?.passkeys ?? []
  }

  /** Whose passkey this is; null where nobody has it. */
  byPasskey(id: string): { identity: Identity<Role>; passkey: Passkey } | null {
    for (const { name, role, passkeys } of this.#people) {
      const passkey = passkeys.find((one) => one.id === id)
      if (passkey !== undefined) return { identity: { name, role }, passkey }
    }
    return null
  }

  /** False where the person is gone, has too many, or somebody has this one. */
  addPasskey(name: string, passkey: Passkey): boolean {
    if (!this.has(name) || this.passkeysOf(name).length >= PASSKEYS_MAX || this.byPasskey(passkey.id) !== null)
      return false
    this.#changePasskeys(name, (passkeys) => [...passkeys, passkey])
    return true
  }

  /** True when the person had it. */
  removePasskey(name: string, id: string): boolean {
    if (!this.passkeysOf(name).some((one) => one.id === id)) return false
    this.#changePasskeys(name, (passkeys) => passkeys.filter((one) => one.id !== id))
    return true
  }

  /**
   * Keeps that it was used, and its counter, by which a copy gives itself away. In memory also where the file cannot be written, which it
   * throws then: the counter must not go back for that, and it is on the disk with the next change.
   */
  usePasskey(id: string, counter: number, atUs: number): void {
    this.#people = this.#people.map((one) => ({
      ...one,
      passkeys: one.passkeys.map((key) => (key.id === id ? { ...key, counter, usedAtUs: atUs } : key)),
    }))
    this.#write(this.#people)
  }

  #changePasskeys(name: string, change: (passkeys: readonly Passkey[]) => Passkey[]): void {
    this.#write(this.#people.map((one) => (one.name === name ? { ...one, passkeys: change(one.passkeys) } : one)))
  }

  /** Keeps when a person signed in; nothing for who is not on the list. Throws what writing the file throws. */
  noteSignIn(name: string, atUs: number): void {
    if (this.has(name))
      this.#write(this.#people.map((one) => (one.name === name ? { ...one, lastSignInAtUs: atUs } : one)))
  }

  /**
   * The person whose passphrase this is, or null. A name that is not on the list costs the same hash, so that the
   * answer's time does not tell one from the other.
   */
  async identify(name: string, passphrase: string): Promise<Identity<Role> | null> {
    const asked = this.hashOf(name)
    const isRight = await isPassphrase(passphrase, this.#people.find((one) => one.name === name)?.passphrase ?? NOBODY)
    // Taken off, or given another passphrase, while this one was hashed: it opens nothing any more.
    const person = this.#people.find((one) => one.name === name)
    if (person === undefined || !isRight || this.hashOf(name) !== asked) return null
    return { name: person.name, role: person.role }
  }

  #read(): void {
    let parsed
    try {
      parsed = this.#schema.safeParse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch (error) {
      throw unreadable(this.#file, messageOf(error))
    }
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw unreadable(this.#file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
    }
    // A file copied from a backup may have lost its mode; the hashes in it are for its owner only.
    if ((statSync(this.#file).mode & 0o077) !== 0) chmodSync(this.#file, MODE)
    this.#people = parsed.data.people
    this.#ended = parsed.data.ended
  }

  /** Writes the whole list; where that fails nothing has changed, in memory neither. */
  #write(people: Kept<Role>[], ended: string[] = this.#ended): void {
    // The gateway and the command line may both write it.
    const half = `${this.#file}.${randomBytes(4).toString('hex')}.new`
    writeDurably(this.#file, `${JSON.stringify({ version: 1, people, ended }, null, 2)}\n`, half)
    this.#people = people
    this.#ended = ended
  }
}

/** What a name that is not on the list is compared with. No passphrase has this hash but by a chance of 2^-256. */
const NOBODY: PassphraseHash = {
  algorithm: 'argon2id',
  ...ARGON2_PARAMETERS,
  salt: Buffer.alloc(16).toString('base64url'),
  hash: Buffer.alloc(32).toString('base64url'),
}

async function hashOfNew(name: string, passphrase: string): Promise<PassphraseHash> {
  refuseUnfit(name, passphrase)
  return await hashPassphrase(passphrase)
}

/** @throws {ApiError} `invalid_person` where it is no passphrase that a person may have */
export function refuseUnfit(name: string, { length }: string): void {
  if (length < PASSPHRASE_CHARACTERS_MIN || length > PASSPHRASE_CHARACTERS_MAX) {
    throw invalidPerson(
      `the passphrase of "${name}" has ${length} characters; ${PASSPHRASE_CHARACTERS_MIN} to ${PASSPHRASE_CHARACTERS_MAX} are allowed`,
    )
  }
}
