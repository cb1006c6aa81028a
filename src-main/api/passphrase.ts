import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { ApiError } from './api-error.ts'

/**
 * Argon2id (RFC 9106). 32 MiB and three passes take about 60 ms on a gateway's core: more memory than the 19 MiB that
 * OWASP's cheat sheet sets as the least, and still small beside the daemon itself.
 */
export const ARGON2_PARAMETERS = { memoryKib: 32_768, passes: 3, parallelism: 1 } as const
const TAG_BYTES = 32
const SALT_BYTES = 16
/** Hashes wait in line one behind the other, so that a burst of sign-ins can't take the gateway's memory. */
const WAITING_MAX = 16
/**
 * How much of the line each may fill. The rest of it is for those who have signed in here before, and for this machine: a flood of
 * invented names, or one from elsewhere, must not keep them out.
 */
const WAITING_OF = { known: WAITING_MAX, machine: 12, network: 8 } as const

export interface PassphraseHash {
  readonly algorithm: 'argon2id'
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
  /** base64url */
  readonly salt: string
  /** base64url */
  readonly hash: string
}

const argon2Async = promisify(argon2)

let waiting = 0
let line: Promise<unknown> = Promise.resolve()

/** Hashes a passphrase with a fresh salt. */
export async function hashPassphrase(passphrase: string): Promise<PassphraseHash> {
  const salt = randomBytes(SALT_BYTES)
  const record = { algorithm: 'argon2id' as const, ...ARGON2_PARAMETERS, salt: salt.toString('base64url'), hash: '' }
  const hash = await inLine(() => tag(passphrase, record))
  return { ...record, hash: hash.toString('base64url') }
}

/** Whether the passphrase gives the hash; compared in constant time. */
export async function isPassphrase(passphrase: string, record: PassphraseHash): Promise<boolean> {
  const expected = Buffer.from(record.hash, 'base64url')
  const actual = await inLine(() => tag(passphrase, record))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** 32 bytes that follow from a passphrase and a salt (base64url), to seal something with. Throws ApiError 503 `busy`. */
export async function derivedFrom(passphrase: string, salt: string): Promise<Buffer> {
  return await inLine(() => tag(passphrase, { ...ARGON2_PARAMETERS, salt }))
}

function tag(passphrase: string, record: Omit<PassphraseHash, 'algorithm' | 'hash'>): Promise<Buffer> {
  return argon2Async('argon2id', {
    // The same passphrase typed on two keyboards may arrive composed or decomposed (RFC 8265, OpaqueString: NFC).
    message: Buffer.from(passphrase.normalize('NFC'), 'utf8'),
    nonce: Buffer.from(record.salt, 'base64url'),
    parallelism: record.parallelism,
    tagLength: TAG_BYTES,
    memory: record.memoryKib,
    passes: record.passes,
  })
}

/**
 * Looks whether another hash would be taken into the line now. Nothing that is awaited may stand between this and the
 * hash.
 *
 * @param from a device in which the person has signed in before, or else the door
 * @throws {ApiError} 503 `busy`
 */
export function refuseWhenBusy(from: keyof typeof WAITING_OF): void {
  if (waiting >= WAITING_OF[from]) {
    throw new ApiError(503, 'busy', `${waiting} sign-ins are waiting already`, 'Wait a few seconds and try again.')
  }
}

async function inLine<T>(work: () => Promise<T>): Promise<T> {
  refuseWhenBusy('known')
  waiting += 1
  const done = line.then(work)
  line = done.catch(() => undefined)
  try {
    return await done
  } finally {
    waiting -= 1
  }
}
