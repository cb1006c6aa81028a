/** The gateway's own private keys: one or more a use, opened once, signing without ever handing a private key out (but TLS's). */
import { createPrivateKey, randomBytes, sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { KEY_ALGORITHM, keyId, parseActorId, type ActorId, type KeyId } from '../wire/ids.ts'
import { rawPublicKey } from './ed25519-pem.ts'
import { KeyError } from './key-error.ts'
import {
  addKey,
  checkModes,
  createKeyFolder,
  folderState,
  keyFile,
  namedKeys,
  readIdentity,
  readPrivatePem,
  type CreationEdge,
  type KeyUse,
  type NamedKey,
} from './key-folder.ts'

/** One of the gateway's own keys. */
export interface OwnKey {
  readonly use: KeyUse
  readonly keyId: KeyId
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Ed25519 signature (64 bytes). */
  sign(bytes: Uint8Array): Uint8Array
}

export interface KeyStore {
  /** This gateway's actor id, made together with its keys. */
  readonly actorId: ActorId
  readonly dir: string
  /** The newest of a use. Which one holds in a channel, its ledger says (signing/channel-keys.ts). */
  newest(use: KeyUse): OwnKey
  /** By its id, also one that another thread made since; null where this gateway has none of that id. */
  find(id: KeyId): OwnKey | null
  /** Makes one more of a use, durable. @throws KeyError `key_not_created` */
  add(use: KeyUse): OwnKey
  /** The raw public key of the newest, 32 bytes. */
  public(use: KeyUse): Uint8Array
  keyId(use: KeyUse): KeyId
  /** Ed25519 signature (64 bytes) over `bytes` with the newest key of that use. */
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
  const random = options.random ?? ((length: number) => new Uint8Array(randomBytes(length)))
  const { actorId } = readIdentity(dir)
  const keys = new Map<KeyId, OwnKey>()
  const open = (): void => {
    const named = namedKeys(readIdentity(dir))
    checkModes(dir, named)
    for (const one of named) {
      const key = openKey(dir, one)
      if (!keys.has(key.keyId)) keys.set(key.keyId, key)
    }
  }
  open()
  const newest = (use: KeyUse): OwnKey => {
    const found = [...keys.values()].findLast((key) => key.use === use)
    if (found === undefined) throw new TypeError(`use: no key is kept for ${JSON.stringify(use)}`)
    return found
  }
  return {
    dir,
    actorId: parseActorId(actorId),
    newest,
    find(id) {
      if (!keys.has(id)) open()
      return keys.get(id) ?? null
    },
    add(use) {
      const key = openKey(dir, addKey(dir, use, random))
      keys.set(key.keyId, key)
      return key
    },
    public: (use) => newest(use).publicKey.slice(),
    keyId: (use) => newest(use).keyId,
    sign: (use, bytes) => newest(use).sign(bytes),
    privatePem: (use) => readPrivatePem(dir, keyFile(use)),
  }
}

function openKey(dir: string, { use, public: recorded, file }: NamedKey): OwnKey {
  const path = join(dir, file)
  const pem = readPrivatePem(dir, file)
  let privateKey: KeyObject
  let publicKey: Uint8Array
  try {
    privateKey = createPrivateKey(pem)
    publicKey = rawPublicKey(privateKey)
  } catch (error) {
    const message = `${path} is not an Ed25519 private key in PKCS#8 PEM form`
    throw new KeyError('key_unreadable', path, message, error)
  }
  if (Buffer.from(publicKey).toString('hex') !== recorded)
    throw new KeyError(
      'key_mismatch',
      path,
      `${path} is not the key that was created for "${use}": the channel knows ${recorded}`,
    )
  const id = keyId(KEY_ALGORITHM.ed25519, publicKey)
  return { use, keyId: id, publicKey, sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) }
}
