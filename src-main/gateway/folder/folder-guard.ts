/**
 * Whether a gateway's folder is its own account's alone. Another account that may write there puts in people, keys or trust of its
 * choice, and one that made the folder beforehand may have done so already. POSIX modes and owners; Windows has other means and
 * is not looked at.
 */
import { chmodSync, lstatSync, readdirSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { GatewayFolder } from './data-folder.ts'
import { GatewayError, type GatewayErrorCode } from '../error.ts'

const OTHERS_WRITE = 0o022
const OTHERS_ANYTHING = 0o077
/** Only the owner of an entry may rename or remove it (POSIX: S_ISVTX), as in /tmp. */
const STICKY = 0o1000
const ROOT = 0

/** The account that the gateway runs as; null where there are no accounts to tell apart. */
export function ownAccount(): number | null {
  return process.platform === 'win32' ? null : (process.getuid?.() ?? null)
}

/**
 * Refuses a gateway's folder in which another account may write, whatever lies in it, in `trust`, `keys` or `console` and is another's, and
 * what decides who is believed where others may write to it. A folder that others may only read is closed to them, which closes
 * all the rest in it too: a log that a group could write to stops no start.
 *
 * @returns what was changed, for a person to read; empty mostly
 * @throws {GatewayError} `not_private` with the command that puts it right
 */
export function guardFolder(folder: GatewayFolder, uid: number | null = ownAccount()): string[] {
  if (uid === null) return []
  refuseOpen(folder.root, uid, 'not_private')
  const said: string[] = []
  const mode = statSync(folder.root).mode & 0o777
  if ((mode & OTHERS_ANYTHING) !== 0) {
    chmodSync(folder.root, 0o700)
    said.push(
      `${folder.root} could be read by other accounts (mode ${mode.toString(8)}); it is closed to them now (700).`,
    )
  }
  for (const path of entriesOf(folder.root)) refuseForeign(path, uid, 'not_private')
  const decisive = [folder.people, folder.genesis, folder.config, folder.ledger]
  const folders = [folder.trust, folder.keys, folder.door, folder.channels, ...entriesOf(folder.channels)]
  for (const path of [...decisive, ...folders, ...folders.flatMap(entriesOf)]) refuseOpen(path, uid, 'not_private')
  return said
}

/**
 * Refuses a folder that holds gateways' folders where another account may move them away. Others may read it.
 *
 * @throws {GatewayError} `not_private`
 */
export function guardParent(path: string, uid: number | null = ownAccount()): void {
  if (uid !== null) refuseOpen(path, uid, 'not_private', STICKY)
}

/**
 * Refuses a configuration that another account may change. Others may read it; a path that is no file is left to whoever reads it.
 *
 * @throws {GatewayError} `config_not_private`
 */
export function guardConfig(file: string, uid: number | null = ownAccount()): void {
  if (uid !== null && statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    refuseOpen(file, uid, 'config_not_private')
}

function entriesOf(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(folder).map((name) => join(folder, name))
}

function refuseOpen(path: string, uid: number, code: GatewayErrorCode, harmless: number = 0): void {
  const target = refuseForeign(path, uid, code)
  if (target === undefined || (target.mode & OTHERS_WRITE) === 0 || (target.mode & harmless) !== 0) return
  const wanted = target.isDirectory() ? `chmod 700 ${quoted(path)}` : `chmod go-w ${quoted(path)}`
  throw new GatewayError(
    code,
    `other accounts of this machine may write to ${path} (mode ${(target.mode & 0o777).toString(8)}), and so decide what this gateway trusts`,
    `See whether everything in it is yours, then run: ${wanted}`,
  )
}

/** What lies there. A link is judged itself, because who made it chose where it leads, and so is what it leads to. */
function refuseForeign(path: string, uid: number, code: GatewayErrorCode): Stats | undefined {
  const own = lstatSync(path, { throwIfNoEntry: false })
  const target = own?.isSymbolicLink() === true ? statSync(path, { throwIfNoEntry: false }) : own
  for (const stat of [own, target]) {
    // The system's own account may do anything anyway.
    if (stat !== undefined && stat.uid !== uid && stat.uid !== ROOT) throw foreign(path, stat, uid, code)
  }
  return target
}

function foreign(path: string, { uid: owner }: Stats, uid: number, code: GatewayErrorCode): GatewayError {
  return new GatewayError(
    code,
    `${path} belongs to another account (uid ${owner}) than the one that runs this gateway (uid ${uid})`,
    `Move it away if you did not put it there. If it is yours, run: sudo chown -h ${uid} ${quoted(path)}`,
  )
}

/** For a POSIX shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
