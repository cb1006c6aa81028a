import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { hiddenCharacter } from '../wire/plain-text.ts'
import { ApiError } from './api-error.ts'
import { ARGON2_PARAMETERS, hashPassphrase, isPassphrase, type PassphraseHash } from './passphrase.ts'
import type { Identity } from './sessions.ts'

export const PASSPHRASE_CHARACTERS_MIN = 10
export const PASSPHRASE_CHARACTERS_MAX = 256
export const PEOPLE_MAX = 200
const MODE = 0o600

const hashSchema = z.strictObject({
  algorithm: z.literal('argon2id'),
  memoryKib: z.number().int().min(8).max(1_048_576),
  passes: z.number().int().min(1).max(16),
  parallelism: z.number().int().min(1).max(8),
  salt: z.base64url(),
  hash: z.base64url(),
})

const nameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^\S(.*\S)?$/u, 'a name neither begins nor ends with a space')
  .refine((name) => name.isWellFormed() && hiddenCharacter(name) === null, 'a name holds no control characters')

/**
 * The people who may sign in at this gateway, in `people.json` of its data folder (mode 0600: it holds passphrase
 * hashes). A handful of entries, read once and written whole.
 */
export class People<Role extends string> {
  readonly #file: string
  readonly #schema
  #people: (Identity<Role> & { readonly passphrase: PassphraseHash })[] = []

  private constructor(file: string, roles: readonly Role[]) {
    this.#file = file
    this.#schema = z.strictObject({
      version: z.literal(1),
      people: z
        .array(z.strictObject({ name: nameSchema, role: z.enum(roles), passphrase: hashSchema }))
        .max(PEOPLE_MAX)
        .refine((people) => new Set(people.map(({ name }) => name)).size === people.length, 'a name stands twice'),
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

  has(name: string): boolean {
    return this.#people.some((one) => one.name === name)
  }

  /** Changes with the passphrase; null for a name that is not on the list. For keys only, never to be shown. */
  hashOf(name: string): string | null {
    const person = this.#people.find((one) => one.name === name)
    return person === undefined ? null : `${person.passphrase.salt}.${person.passphrase.hash}`
  }

  /**
   * Adds a person, or gives one of that name a new role and passphrase.
   *
   * @throws {ApiError} `invalid_person` naming what is wrong with the name or passphrase
   */
  async put(person: Identity<Role> & { passphrase: string }): Promise<void> {
    const name = nameSchema.safeParse(person.name)
    if (!name.success) {
      throw invalidPerson(
        `the name ${JSON.stringify(person.name)} can't be used (${name.error.issues[0]?.message ?? ''})`,
      )
    }
    const { length } = person.passphrase
    if (length < PASSPHRASE_CHARACTERS_MIN || length > PASSPHRASE_CHARACTERS_MAX) {
      throw invalidPerson(
        `the passphrase of "${person.name}" has ${length} characters; ${PASSPHRASE_CHARACTERS_MIN} to ${PASSPHRASE_CHARACTERS_MAX} are allowed`,
      )
    }
    const passphrase = await hashPassphrase(person.passphrase)
    const others = this.#people.filter((one) => one.name !== person.name)
    if (others.length >= PEOPLE_MAX) throw invalidPerson(`there are ${PEOPLE_MAX} people already`)
    this.#people = [...others, { name: person.name, role: person.role, passphrase }]
    this.#write()
  }

  /** Takes a person off the list; true when there was one. */
  remove(name: string): boolean {
    const rest = this.#people.filter((one) => one.name !== name)
    if (rest.length === this.#people.length) return false
    this.#people = rest
    this.#write()
    return true
  }

  /**
   * The person whose passphrase this is, or null. A name that is not on the list costs the same hash, so that the
   * answer's time does not tell one from the other.
   */
  async identify(name: string, passphrase: string): Promise<Identity<Role> | null> {
    const person = this.#people.find((one) => one.name === name)
    const isRight = await isPassphrase(passphrase, person?.passphrase ?? NOBODY)
    return person !== undefined && isRight ? { name: person.name, role: person.role } : null
  }

  #read(): void {
    let parsed
    try {
      parsed = this.#schema.safeParse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch (error) {
      throw unreadable(this.#file, error instanceof Error ? error.message : String(error))
    }
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw unreadable(this.#file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
    }
    // A file copied from a backup may have lost its mode; the hashes in it are for its owner only.
    if ((statSync(this.#file).mode & 0o077) !== 0) chmodSync(this.#file, MODE)
    this.#people = parsed.data.people
  }

  #write(): void {
    const half = `${this.#file}.${randomBytes(4).toString('hex')}.new`
    try {
      writeFileSync(half, `${JSON.stringify({ version: 1, people: this.#people }, null, 2)}\n`, {
        mode: MODE,
        flush: true,
      })
      renameSync(half, this.#file)
    } finally {
      rmSync(half, { force: true })
    }
  }
}

/** What a name that is not on the list is compared with. No passphrase has this hash but by a chance of 2^-256. */
const NOBODY: PassphraseHash = {
  algorithm: 'argon2id',
  ...ARGON2_PARAMETERS,
  salt: Buffer.alloc(16).toString('base64url'),
  hash: Buffer.alloc(32).toString('base64url'),
}

function invalidPerson(message: string): ApiError {
  return new ApiError(400, 'invalid_person', message, 'Choose another and try again.')
}

function unreadable(file: string, why: string): ApiError {
  return new ApiError(
    500,
    'people_file',
    `${file} can't be read: ${why}`,
    'Restore it from a backup, or move it away and add the people again.',
  )
}
