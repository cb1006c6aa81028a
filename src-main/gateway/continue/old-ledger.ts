/** The ledger that a stopped gateway has: what of it is continued, and what stays behind. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { folderState } from '../../keys/key-folder.ts'
import { openKeyStore, type KeyStore } from '../../keys/key-store.ts'
import { openReader, type LedgerReader, type ReadMember } from '../../ledger/reader.ts'
import { toHex } from '../../wire/bytes.ts'
import type { ChannelState } from '../../record/core-state.ts'
import type { ChannelId } from '../../wire/ids.ts'
import { checkRecord } from '../check/check-record.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { GatewayError } from '../error.ts'
import { policyOf } from '../agreement/policy.ts'
import { channelIn } from './kept-ledger.ts'

/** The newest sealed head: the entries up to and including a seal, and the root of the tree right after it. */
interface LedgerHead {
  size: number
  root: Uint8Array
  /** Ledger time of that seal. */
  timeUs: number
}

export interface OldLedger {
  name: string
  folder: GatewayFolder
  keys: KeyStore
  channel: ChannelId
  origin: string
  state: ChannelState
  members: ReadMember[]
  /** All entries, those behind the newest seal included. */
  entries: number
  head: LedgerHead
  /** What was signed and is in no ledger. */
  queue: { statements: number; readings: number; refused: number }
  /** The policy under which its certificates are checked. */
  policy: string
}

/**
 * Reads and wholly checks the ledger in a gateway's folder, which nobody else may have. What its gateway promised beyond it does not
 * matter here: an older copy is as good as any, as long as nothing in it was changed.
 *
 * Throws GatewayError `ledger_vanished`, `channel_mismatch`, `not_continued`, or LedgerError for a genesis that cannot be read.
 */
export function readOldLedger(
  folder: GatewayFolder,
  onProgress: (done: number, total: number) => void = () => {},
): OldLedger {
  const name = basename(folder.root)
  const { channel } = channelIn(folder)
  if (!existsSync(folder.ledger))
    throw new GatewayError(
      'ledger_vanished',
      `${name} has no ledger: there is no ${folder.ledger}`,
      'Put back the newest copy of it that you have. Without any, start the gateway once: it makes one that holds the genesis alone, and that can be continued.',
    )
  requireUnchanged(folder, name, onProgress)
  const keys = keysOf(folder, name)
  const reader = openReader(folder.ledger)
  try {
    return { name, folder, keys, ...found(reader, channel, { name, folder, keys }) }
  } finally {
    reader.close()
  }
}

/** Whether a ledger has a seal that ends at that head. */
export function extendsHead(file: string, { size, root }: Pick<LedgerHead, 'size' | 'root'>): boolean {
  const reader = openReader(file)
  try {
    const seal = reader.blocks.sealBelow(size)
    return seal !== null && seal.index + 1 === size && toHex(seal.logRoot) === toHex(root)
  } finally {
    reader.close()
  }
}

function found(
  reader: LedgerReader,
  channel: ChannelId,
  { name, folder, keys }: Pick<OldLedger, 'name' | 'folder' | 'keys'>,
): Omit<OldLedger, 'name' | 'folder' | 'keys'> {
  if (reader.channel !== channel)
    throw new GatewayError(
      'channel_mismatch',
      `${folder.ledger} is a ledger of channel ${reader.channel}, and ${folder.genesis} founds channel ${channel}`,
      'Put the two files back that belong together.',
    )
  const members = reader.members()
  if (!members.some(({ actor }) => actor === keys.actorId))
    throw new GatewayError(
      'channel_mismatch',
      `the keys in ${folder.keys} belong to no member of the channel of ${name}`,
      'Put back the keys that belong to this folder.',
    )
  const { index, logRoot, timeUs } = reader.blocks.newestSeal()
  const queue = reader.queue()
  return {
    channel,
    origin: reader.origin,
    state: reader.channelState(),
    members,
    entries: reader.size(),
    head: { size: index + 1, root: logRoot, timeUs },
    queue: { statements: queue.entries, readings: queue.readings, refused: queue.refused },
    policy: policyOf(reader),
  }
}

function requireUnchanged(
  folder: GatewayFolder,
  name: string,
  onProgress: (done: number, total: number) => void,
): void {
  const { verdict, firstBad, reason } = checkRecord(folder, onProgress)
  if (verdict === 'unchanged') return
  const what =
    firstBad === null ? (reason ?? 'the check could not be finished') : `entry ${firstBad.entry}, ${firstBad.what}`
  throw new GatewayError(
    'not_continued',
    `the ledger of ${name} is ${verdict === 'changed' ? 'changed' : 'not known to be unchanged'}: ${what}`,
    firstBad?.derived === true
      ? 'Nothing was touched. What is damaged follows from the entries: run "plumbline fsck --rebuild", then this again.'
      : 'Nothing was touched. What is continued must be what was signed: put back another copy of ledger.db, or name a gateway whose ledger is unchanged ("plumbline fsck" says which).',
  )
}

/** Opening keys that are not there would make new ones. */
function keysOf(folder: GatewayFolder, name: string): KeyStore {
  if (folderState(folder.keys) === 'complete') return openKeyStore(folder.keys)
  throw new GatewayError(
    'channel_mismatch',
    `${name} has no keys: ${folder.keys} is empty or gone`,
    'Put back the keys of this gateway; without them it cannot sign that it continues its ledger.',
  )
}
