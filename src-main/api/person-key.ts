/** The key by which a person signs on the ledger, sealed under the person's passphrase: whoever copies the list has nothing to sign with. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ED25519_SEED_BYTES, newSeed, publicKeyOf } from '../gateway/signing/person-seed.ts'
import { utf8 } from '../wire/bytes.ts'
import { derivedFrom } from './passphrase.ts'

const CIPHER = 'aes-256-gcm'
const ACTOR_BYTES = 16
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

export const personKeySchema = z.strictObject({
  /** 32 hex digits: the actor that signs. */
  actor: z.string().regex(/^[0-9a-f]{32}$/),
  /** Raw Ed25519 public key, base64url; likewise the rest. */
  public: z.base64url(),
  salt: z.base64url(),
  nonce: z.base64url(),
  /** The seed under AES-256-GCM, by the key that Argon2id makes of passphrase and salt; the actor is authenticated with it. */
  sealed: z.base64url(),
})
export type PersonKey = z.infer<typeof personKeySchema>

/** A new key; of a person that has one already, under the same actor. */
export async function newPersonKey(
  passphrase: string,
  actor: string = randomBytes(ACTOR_BYTES).toString('hex'),
): Promise<PersonKey> {
  return await sealed(passphrase, actor, newSeed())
}

/** The seed, or null where the passphrase is another. Throws ApiError 503 `busy`. */
export async function openPersonKey(passphrase: string, kept: PersonKey): Promise<Buffer | null> {
  const key = await derivedFrom(passphrase, kept.salt)
  const box = Buffer.from(kept.sealed, 'base64url')
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(kept.nonce, 'base64url'))
  decipher.setAAD(utf8(kept.actor))
  decipher.setAuthTag(box.subarray(ED25519_SEED_BYTES))
  try {
    return Buffer.concat([decipher.update(box.subarray(0, ED25519_SEED_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

/** The same key under another passphrase; null where the old one is not its. */
export async function resealed(old: string, passphrase: string, kept: PersonKey): Promise<PersonKey | null> {
  const seed = await openPersonKey(old, kept)
  return seed === null ? null : await sealed(passphrase, kept.actor, seed)
}

async function sealed(passphrase: string, actor: string, seed: Uint8Array): Promise<PersonKey> {
  const salt = randomBytes(SALT_BYTES).toString('base64url')
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, await derivedFrom(passphrase, salt), nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(utf8(actor))
  const box = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  return {
    actor,
    public: Buffer.from(publicKeyOf(seed)).toString('base64url'),
    salt,
    nonce: nonce.toString('base64url'),
    sealed: box.toString('base64url'),
  }
}
