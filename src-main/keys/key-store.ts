/** The gateway's own private keys: one a use, opened once, signing without ever handing a private key out (but TLS's). */
import { createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { KEY_ALGORITHM, keyId, parseActorId, type ActorId, type KeyId } from '../wire/ids.ts'
import { rawPublicKey } from './ed25519-pem.ts'
import { KeyError } from './key-error.ts'
import {
  checkModes,
  createKeyFolder,
  folderState,
  KEY_USES,
  keyFile,
  readIdentity,
  readPrivatePem,
  type CreationEdge,
  type KeyUse,
} from './key-folder.ts'

export interface KeyStore {
  /** This gateway's actor id, made together with its keys. */
  readonly actorId: ActorId
  readonly dir: string
  /** The raw public key, 32 bytes. */
  public(use: KeyUse): Uint8Array
  keyId(use: KeyUse): KeyId
  /** Ed25519 signature (64 bytes) over `bytes` with the key of that use. */
  sign(use: KeyUse, bytes: Uint8Array): Uint8Array
  /** PKCS#8 PEM; the TLS stack needs the key itself, nothing else does. */
  privatePem(use: 'tls'): string
}

export interface KeyStoreOptions {
  /** Source of the new keys and actor id; the system's by default. */
  random?: (length: number) => Uint8Array
  /** Called at each edge of a creation, so that a test can interrupt it there. */
  onEdge?: (edge: CreationEdge) => void
}

/**
 * Opens the key folder `dir`, creating it with a new identity when there is none.
 *
 * @throws KeyError `key_incomplete`, `key_unreadable`, `key_mismatch`, `key_exposed`, `key_not_created`
 */
export function openKeyStore(dir: string, options: KeyStoreOptions = {}): KeyStore {
  if (folderState(dir) !== 'complete') {
    createKeyFolder(dir, { random: options.random ?? ((length) => randomBytes(length)), onEdge: options.onEdge })
    folderState(dir)
  }
  checkModes(dir)
  const identity = readIdentity(dir)
  const keys = new Map<KeyUse, OpenKey>()
  for (const use of KEY_USES) keys.set(use, openKey(dir, use, identity.keys[use].public))
  const key = (use: KeyUse): OpenKey => {
    const found = keys.get(use)
    if (found === undefined) throw new TypeError(`use: no key is kept for ${JSON.stringify(use)}`)
    return found
  }
  return {
    dir,
    actorId: parseActorId(identity.actorId),
    public: (use) => key(use).publicKey.slice(),
    keyId: (use) => key(use).keyId,
    sign: (use, bytes) => new Uint8Array(sign(null, bytes, key(use).privateKey)),
    privatePem: (use) => readPrivatePem(dir, use),
  }
}

interface OpenKey {
  privateKey: KeyObject
  publicKey: Uint8Array
  keyId: KeyId
}

function openKey(dir: string, use: KeyUse, recordedPublic: string): OpenKey {
  const path = join(dir, keyFile(use))
  const pem = readPrivatePem(dir, use)
  let privateKey: KeyObject
  let publicKey: Uint8Array
  try {
    privateKey = createPrivateKey(pem)
    publicKey = rawPublicKey(privateKey)
  } catch (error) {
    const message = `${path} is not an Ed25519 private key in PKCS#8 PEM form. Restore it from its backup.`
    throw new KeyError('key_unreadable', path, message, error)
  }
  if (Buffer.from(publicKey).toString('hex') !== recordedPublic)
    throw new KeyError(
      'key_mismatch',
      path,
      `${path} is not the key that was created for "${use}": the channel knows ${recordedPublic}. ` +
        `Restore the whole key folder from one backup; never mix files of two.`,
    )
  return { privateKey, publicKey, keyId: keyId(KEY_ALGORITHM.ed25519, publicKey) }
}
