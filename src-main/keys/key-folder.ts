/**
 * How a key folder comes into being, and how it is read back.
 *
 * A gateway's identity is made once, at its first start, and never again. All files are written and fsynced in a
 * sibling folder, which is then renamed into place: a folder under its final name is complete, or somebody changed it.
 * A leftover sibling comes from a start that was interrupted before its identity was used by anything, and is removed.
 *
 *     <dir>/identity.json        actor id and the public keys, written last
 *     <dir>/<use>.pem            one PKCS#8 Ed25519 private key a use
 *     <dir>/<use>-<key id>.pem   a key that was made later, to take the place of one of that use in some channel
 *     <dir>/unused               empty; there until the gateway remembers something that it must not forget (gateway/memory)
 *
 * A later key is written before the identity names it: a private key that no identity names was never used, and goes with the next one.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../disk/durable-file.ts'
import { ED25519_SEED_BYTES, privateKeyFromSeed, privatePemOf, rawPublicKey } from './ed25519-pem.ts'
import { KEY_ALGORITHM, keyId } from '../wire/ids.ts'
import { KeyError } from './key-error.ts'

/** One key, one use: a signature made for one purpose can never stand for another. */
export const KEY_USES = ['entry', 'checkpoint', 'cosignature', 'tls', 'credential'] as const
export type KeyUse = (typeof KEY_USES)[number]

const IDENTITY_FILE = 'identity.json'
/** Says that nothing was ever signed or promised with these keys. */
export const UNUSED_FILE = 'unused'
const ACTOR_ID_BYTES = 16
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const BUILDING_SUFFIX = '.building-'
/** A key or identity file is some hundred bytes; anything larger is not ours. */
const KEY_FILE_BYTES_MAX = 16 * 1024

/** identity.json: what was created, so that a swapped or rotten private key is noticed. */
export interface IdentityFile {
  version: 1
  actorId: string
  keys: Record<KeyUse, { alg: 1; public: string }>
  /** Made later, in that order; left out where there are none. */
  more?: { use: KeyUse; alg: 1; public: string }[]
}

/** Where the private half of a public key (hex) lies; the first one of a use has no more than the use in its name. */
export interface NamedKey {
  use: KeyUse
  public: string
  file: string
}

/** A named edge of the creation at which a test may interrupt it. */
export type CreationEdge = 'folder made' | 'keys written' | 'identity written' | 'renamed'

export interface CreationOptions {
  random: (length: number) => Uint8Array
  onEdge?: ((edge: CreationEdge) => void) | undefined
}

export type FolderState = 'absent' | 'empty' | 'complete'

/** What lies at `dir`. Throws `key_incomplete` where files are missing, `key_unreadable` where it is no folder. */
export function folderState(dir: string): FolderState {
  const stat = statSync(dir, { throwIfNoEntry: false })
  if (stat === undefined) return 'absent'
  if (!stat.isDirectory())
    throw new KeyError(
      'key_unreadable',
      dir,
      `Key folder ${dir} is not a folder`,
      undefined,
      'Move that file away and start again.',
    )
  const present = new Set(readdirSync(dir))
  if (present.size === 0) return 'empty'
  const missing = [IDENTITY_FILE, ...KEY_USES.map(keyFile)].filter((file) => !present.has(file))
  if (missing.length === 0) return 'complete'
  throw new KeyError('key_incomplete', dir, `Key folder ${dir} lacks ${missing.join(', ')}`)
}

/** Makes a whole identity beside `dir` and renames it into place. Another process that was faster wins silently. */
export function createKeyFolder(dir: string, options: CreationOptions): void {
  const parent = dirname(dir)
  try {
    mkdirSync(parent, { recursive: true })
    removeInterrupted(dir)
    const building = dir + BUILDING_SUFFIX + Buffer.from(options.random(6)).toString('hex')
    mkdirSync(building, { mode: FOLDER_MODE })
    options.onEdge?.('folder made')
    writeIdentity(building, options)
    syncFolder(building)
    moveIntoPlace(building, dir)
    options.onEdge?.('renamed')
    syncFolder(parent)
  } catch (error) {
    if (error instanceof KeyError || !isSystemError(error)) throw error
    throw new KeyError('key_not_created', dir, `Keys could not be created in ${dir} (${error.code})`, error)
  }
}

function writeIdentity(folder: string, options: CreationOptions): void {
  const actorId = Buffer.from(options.random(ACTOR_ID_BYTES)).toString('hex')
  const keys = {} as IdentityFile['keys']
  for (const use of KEY_USES) {
    const key = privateKeyFromSeed(options.random(ED25519_SEED_BYTES))
    writeSynced(join(folder, keyFile(use)), privatePemOf(key))
    keys[use] = { alg: 1, public: Buffer.from(rawPublicKey(key)).toString('hex') }
  }
  options.onEdge?.('keys written')
  writeSynced(join(folder, UNUSED_FILE), '')
  const identity: IdentityFile = { version: 1, actorId, keys }
  writeSynced(join(folder, IDENTITY_FILE), JSON.stringify(identity, null, 2) + '\n')
  options.onEdge?.('identity written')
}

/** Windows does not rename over an empty folder, so that one goes first; a filled one is another process's work. */
function moveIntoPlace(building: string, dir: string): void {
  if (existsSync(dir) && readdirSync(dir).length === 0) rmdirSync(dir)
  try {
    renameSync(building, dir)
  } catch (error) {
    const raced = isSystemError(error) && ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code) && existsSync(dir)
    if (!raced) throw error
    rmSync(building, { recursive: true, force: true })
  }
}

function removeInterrupted(dir: string): void {
  const prefix = basename(dir) + BUILDING_SUFFIX
  for (const name of readdirSync(dirname(dir)))
    if (name.startsWith(prefix)) rmSync(join(dirname(dir), name), { recursive: true, force: true })
}

/** Reads and checks identity.json: exact members, hex of the right length, five different keys. */
export function readIdentity(dir: string): IdentityFile {
  const path = join(dir, IDENTITY_FILE)
  const text = readKeyFile(path)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw notAnIdentity(path, 'it is not JSON', error)
  }
  const identity = parsed as Partial<IdentityFile> | null
  if (typeof identity !== 'object' || identity === null || identity.version !== 1)
    throw notAnIdentity(path, 'its version is not 1')
  if (!isHex(identity.actorId, ACTOR_ID_BYTES)) throw notAnIdentity(path, '"actorId" is not 32 lower-case hex digits')
  const seen = new Set<string>()
  const check = (key: { alg?: unknown; public?: unknown } | undefined, where: string): void => {
    if (key?.alg !== 1 || !isHex(key.public, ED25519_SEED_BYTES))
      throw notAnIdentity(path, `"${where}" is not an Ed25519 public key`)
    if (seen.has(key.public)) throw notAnIdentity(path, `"${where}" repeats the key of another use`)
    seen.add(key.public)
  }
  for (const use of KEY_USES) check(identity.keys?.[use], `keys.${use}`)
  const more = identity.more ?? []
  if (!Array.isArray(more)) throw notAnIdentity(path, '"more" is not a list')
  for (const [i, key] of more.entries()) {
    check(key, `more[${i}]`)
    if (!KEY_USES.includes(key.use)) throw notAnIdentity(path, `"more[${i}].use" is none of ${KEY_USES.join(', ')}`)
  }
  return identity as IdentityFile
}

/** All keys that an identity names, those of one use in the order of their making. */
export function namedKeys({ keys, more = [] }: IdentityFile): NamedKey[] {
  const first = KEY_USES.map((use) => ({ use, public: keys[use].public, file: keyFile(use) }))
  return [...first, ...more.map(({ use, public: key }) => ({ use, public: key, file: laterKeyFile(use, key) }))]
}

/** Makes one more key of a use, durable, and names it. Throws KeyError `key_not_created`. */
export function addKey(dir: string, use: KeyUse, random: (length: number) => Uint8Array): NamedKey {
  try {
    const identity = readIdentity(dir)
    removeUnnamed(dir, identity)
    const key = privateKeyFromSeed(random(ED25519_SEED_BYTES))
    const added = Buffer.from(rawPublicKey(key)).toString('hex')
    const file = laterKeyFile(use, added)
    writeSynced(join(dir, file), privatePemOf(key))
    syncFolder(dir)
    const more = [...(identity.more ?? []), { use, alg: 1 as const, public: added }]
    rmSync(join(dir, `${IDENTITY_FILE}.new`), { force: true })
    writeSynced(join(dir, `${IDENTITY_FILE}.new`), JSON.stringify({ ...identity, more }, null, 2) + '\n')
    renameSync(join(dir, `${IDENTITY_FILE}.new`), join(dir, IDENTITY_FILE))
    syncFolder(dir)
    return { use, public: added, file }
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new KeyError('key_not_created', dir, `a key could not be added in ${dir} (${error.code})`, error)
  }
}

function removeUnnamed(dir: string, identity: IdentityFile): void {
  const named = new Set(namedKeys(identity).map(({ file }) => file))
  for (const file of readdirSync(dir))
    if (/^[a-z]+-[0-9a-f]+\.pem$/.test(file) && !named.has(file)) rmSync(join(dir, file))
}

function laterKeyFile(use: KeyUse, publicHex: string): string {
  return `${use}-${keyId(KEY_ALGORITHM.ed25519, Buffer.from(publicHex, 'hex'))}.pem`
}

/** The PEM text of a private key. */
export function readPrivatePem(dir: string, file: string): string {
  return readKeyFile(join(dir, file))
}

/** Refuses a folder or private key that other accounts of the machine can open (POSIX modes; Windows has none). */
export function checkModes(dir: string, keys: readonly NamedKey[]): void {
  if (process.platform === 'win32') return
  for (const path of [dir, ...keys.map(({ file }) => join(dir, file))]) {
    const mode = modeOf(path)
    if ((mode & 0o077) === 0) continue
    const wanted = path === dir ? FOLDER_MODE : FILE_MODE
    throw new KeyError(
      'key_exposed',
      path,
      `${path} has mode ${mode.toString(8)}, so other accounts of this machine may use this gateway's keys`,
      undefined,
      `If nobody could have read them, run "chmod ${wanted.toString(8)} ${path}"; otherwise rotate the keys.`,
    )
  }
}

function modeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined) return stat.mode & 0o777
  throw new KeyError('key_incomplete', path, `${path} is gone`)
}

export function keyFile(use: KeyUse): string {
  return `${use}.pem`
}

function readKeyFile(path: string): string {
  try {
    const size = statSync(path).size
    if (size > KEY_FILE_BYTES_MAX)
      throw new KeyError('key_unreadable', path, `${path} has ${size} bytes and is no key file`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new KeyError('key_unreadable', path, `${path} cannot be read (${error.code})`, error)
  }
}

function notAnIdentity(path: string, why: string, cause?: unknown): KeyError {
  return new KeyError('key_unreadable', path, `${path} does not describe an identity: ${why}`, cause)
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'wx', FILE_MODE)
  try {
    writeSync(file, text)
    // The process umask can only have removed bits; an inherited ACL may have added some.
    if (process.platform !== 'win32') chmodSync(path, FILE_MODE)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function isHex(text: unknown, bytes: number): text is string {
  return typeof text === 'string' && text.length === 2 * bytes && /^[0-9a-f]+$/.test(text)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof KeyError)
}
