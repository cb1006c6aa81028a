/**
 * Where a gateway keeps a ledger that it had before, and how the old one gets there, so that an end at any moment leaves either the
 * old ledger in use or the new one:
 *
 *     1  continued/<channel>/genesis.cose   the old genesis, copied; until 2 the old ledger is in use
 *     2  genesis.cose                       the new one, in one rename: from here on the old ledger is left
 *     3  agreement, evidence, finding       moved to continued/<channel>
 *     4  keys/mark                          moved there: the keys stand before their first promise in the new channel
 *     5  ledger.db                          moved there: what still lies in its place says that 3 and 4 are to be done
 *     6  continued/<channel>                read-only
 *
 * What is missing of 3 to 6 is done by the next start, or by whoever continues again.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadAddon } from '../../../native/addon.ts'
import { foldLog } from '../../ledger/folded-log.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import { openReader } from '../../ledger/reader.ts'
import { forgetAsking, forgetParts } from '../../ledger/rebuilt-file.ts'
import type { ChannelOpened } from '../../record/kinds/channel.ts'
import type { ChannelId } from '../../wire/ids.ts'
import { channelOfOrigin } from '../../wire/origin.ts'
import { gatewayFolder, makeFolder, type GatewayFolder } from '../folder/data-folder.ts'
import { setMarkAside } from '../memory/mark.ts'
import { syncFolder, writeDurably } from '../../disk/durable-file.ts'

const NAME_DIGITS = 16
const FILE_MODE = 0o444
const FOLDER_MODE = 0o555
const MAY_WRITE = 0o222

/** A step after which a test may end the work. */
export type ContinueEdge = 'genesis kept' | 'genesis written' | 'files moved' | 'mark moved' | 'ledger moved'

/** The channel that a gateway's genesis founds. Throws LedgerError `genesis_refused`, or the system's error for a file that is not there. */
export function channelIn({ genesis }: GatewayFolder): { channel: ChannelId; body: ChannelOpened } {
  const { entry, body } = parseGenesis(loadAddon(), readFileSync(genesis))
  return { channel: entry.channel, body }
}

/** Where a gateway keeps the ledger of a channel that it left. */
export function keptFolder(folder: GatewayFolder, channel: ChannelId): GatewayFolder {
  return gatewayFolder(join(folder.continued, channel.slice(0, NAME_DIGITS)))
}

/** Steps 1 to 6: leaves the ledger of `channel` for the one that `genesis` founds. */
export function leaveLedger(
  folder: GatewayFolder,
  channel: ChannelId,
  genesis: Uint8Array,
  onEdge: (edge: ContinueEdge) => void = () => {},
): void {
  const kept = keptFolder(folder, channel)
  // Now, while nothing has been left yet: it takes room on the disk.
  foldLog(folder.ledger)
  for (const path of [folder.continued, kept.root]) makeFolder(path)
  writeDurably(kept.genesis, readFileSync(folder.genesis))
  for (const path of [folder.continued, folder.root]) syncFolder(path)
  onEdge('genesis kept')
  writeDurably(folder.genesis, genesis)
  onEdge('genesis written')
  finishLeaving(folder, onEdge)
}

/**
 * What an interrupted change to a new ledger left to be done; true where there was something. Nobody else may have the folder. Throws
 * LedgerError, or the system's error.
 */
export function finishLeaving(folder: GatewayFolder, onEdge: (edge: ContinueEdge) => void = () => {}): boolean {
  const { continues } = channelIn(folder).body
  if (continues === undefined) return false
  const old = channelOfOrigin(continues.origin)
  const kept = keptFolder(folder, old)
  if (!existsSync(kept.root)) return false
  // One that was put back beside the kept one is not ours to move: the start refuses it by its channel.
  const isInPlace = !existsSync(kept.ledger) && existsSync(folder.ledger) && channelOf(folder.ledger) === old
  if (isInPlace) moveAll(folder, kept, onEdge)
  if (!existsSync(kept.ledger) || (statSync(kept.root).mode & MAY_WRITE) === 0) return isInPlace
  makeReadOnly(kept.root)
  syncFolder(folder.continued)
  return true
}

function moveAll(folder: GatewayFolder, kept: GatewayFolder, onEdge: (edge: ContinueEdge) => void): void {
  foldLog(folder.ledger)
  // What was fetched for the old one is nothing to the new one.
  forgetParts(folder.ledger)
  forgetAsking(folder.ledger)
  for (const path of [folder.agreement, folder.evidence, folder.integrity, folder.repair])
    if (existsSync(path)) renameSync(path, join(kept.root, basename(path)))
  syncFolder(kept.root)
  onEdge('files moved')
  setMarkAside(folder.keys, join(kept.root, 'mark'))
  onEdge('mark moved')
  renameSync(folder.ledger, kept.ledger)
  syncFolder(kept.root)
  syncFolder(folder.root)
  onEdge('ledger moved')
}

/** The channel of a ledger that is there. */
function channelOf(file: string): ChannelId {
  const reader = openReader(file)
  try {
    return reader.channel
  } finally {
    reader.close()
  }
}

/** The folder itself last: as long as it may be written to, something may be missing. */
function makeReadOnly(root: string): void {
  for (const item of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, item.name)
    if (item.isDirectory()) makeReadOnly(path)
    else chmodSync(path, FILE_MODE)
  }
  chmodSync(root, FOLDER_MODE)
}
