/** How a genesis that was founded with a gateway gets into that gateway's folder. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Addon } from '../../../native/addon.ts'
import { policyFingerprint } from '../../certificates/fingerprint.ts'
import { UNUSED_FILE } from '../../keys/key-folder.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import { openReader } from '../../ledger/reader.ts'
import type { GenesisMember } from '../../record/member-fields.ts'
import { equalBytes } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import { channelHandle, type ChannelId, keyId } from '../../wire/ids.ts'
import { policyOfGenesis } from '../agreement/policy.ts'
import { requirePacks } from '../channel/require-packs.ts'
import { GatewayError } from '../error.ts'
import { furtherChannel, makeFolder, type GatewayFolder } from '../folder/data-folder.ts'
import { writeDurably } from '../../disk/durable-file.ts'

/** What a genesis says, for a person to compare. */
export interface FoundedChannel {
  id: ChannelId
  name: string
  site: string
  simulated: boolean
  quorum: number
  members: { name: string; legalName: string }[]
  /** Of the policy that verifiers pin: `plumbline log policy` prints its text, `plumbline trust pin` this. */
  fingerprint: string
}

/** Throws LedgerError `genesis_refused`. */
export function foundedChannel(addon: Addon, genesis: Uint8Array): FoundedChannel {
  const { entry, body } = parseGenesis(addon, genesis)
  const { name, site, simulated, quorum } = body
  const members = body.members.map((member) => ({ name: member.name, legalName: member.legalName }))
  const fingerprint = policyFingerprint(policyOfGenesis(entry.channel, body))
  return { id: entry.channel, name, site, simulated, quorum, members, fingerprint }
}

/**
 * Where the channel of a genesis belongs: into the gateway's own folder, or `also`, beside a channel that it has there.
 *
 * @throws {GatewayError} `channel_missing` where there is none that it could be beside
 */
export function placeOf(folder: GatewayFolder, genesis: Uint8Array, also: boolean): GatewayFolder {
  const { channel } = parseEntry(genesis)
  if (!also) return folder
  if (!existsSync(folder.genesis))
    throw new GatewayError(
      'channel_missing',
      `the gateway in ${folder.root} has no channel yet, so this one is its first`,
      'Leave --also away.',
    )
  if (parseEntry(readFileSync(folder.genesis)).channel === channel)
    throw new GatewayError('channel_exists', `${folder.genesis} is this channel`, 'Nothing is to be done.')
  return furtherChannel(folder, channelHandle(channel))
}

/** Throws GatewayError `channel_exists` where the folder has a channel already. */
export function requireNoChannel(folder: GatewayFolder): void {
  if (!existsSync(folder.genesis) && !existsSync(folder.ledger)) return
  throw new GatewayError(
    'channel_exists',
    `the gateway in ${folder.root} belongs to a channel already`,
    'Nothing was touched. Found with a gateway that was never started, in another folder, or with --also a further channel of this one.',
  )
}

/**
 * Puts the genesis in its place. False where it is there already.
 *
 * @param name of this gateway by its configuration, where there is one
 * @throws {GatewayError} `channel_mismatch` where this gateway is no member, or not with these keys; `channel_exists`. LedgerError `genesis_refused`
 */
export function joinChannel(
  addon: Addon,
  folder: GatewayFolder,
  { keys, genesis, name }: { keys: KeyStore; genesis: Uint8Array; name: string | null },
): boolean {
  const { entry, body } = parseGenesis(addon, genesis)
  requireMember(keys, body.members, name)
  requirePacks(body.packs)
  if (existsSync(folder.genesis)) {
    if (equalBytes(readFileSync(folder.genesis), genesis)) return false
    throw otherChannel(folder.genesis)
  }
  if (existsSync(folder.ledger) && channelOf(folder.ledger) !== entry.channel) throw otherChannel(folder.ledger)
  putInPlace(folder, genesis)
  return true
}

/** The genesis last: a folder with one is complete. A further channel begins with a mark of its own, which nothing was promised by yet. */
export function putInPlace(folder: GatewayFolder, genesis: Uint8Array): void {
  if (folder.mark !== folder.keys) {
    for (const path of [dirname(folder.genesis), folder.mark]) makeFolder(path)
    writeDurably(join(folder.mark, UNUSED_FILE), new Uint8Array())
  }
  writeDurably(folder.genesis, genesis)
}

function requireMember(keys: KeyStore, members: readonly GenesisMember[], name: string | null): void {
  const own = members.find(({ actor }) => actor === keys.actorId)
  if (own === undefined)
    throw new GatewayError(
      'channel_mismatch',
      `this genesis names ${members.map((member) => member.name).join(', ')}, and none of them has the keys of this gateway (${keys.dir})`,
      'Send the description of this gateway (plumbline channel describe) to whoever founds, who must found anew with it.',
    )
  const other = own.keys.find(({ alg, public: key }) => keys.find(keyId(alg, key)) === null)
  if (other !== undefined)
    throw new GatewayError(
      'channel_mismatch',
      `this genesis names another key for "${other.use}" of ${own.name} than the one in ${keys.dir}`,
      'Somebody bent a description, or the keys were made anew since. Describe this gateway again and have the channel founded anew.',
    )
  if (name !== null && name !== own.name)
    throw new GatewayError(
      'channel_mismatch',
      `this genesis calls this gateway ${own.name}, its configuration calls it ${name}`,
      `Write "name: ${own.name}" into the configuration, or have the channel founded anew.`,
    )
}

function channelOf(ledger: string): ChannelId {
  const reader = openReader(ledger)
  try {
    return reader.channel
  } finally {
    reader.close()
  }
}

function otherChannel(path: string): GatewayError {
  return new GatewayError(
    'channel_exists',
    `${path} belongs to another channel; nothing was touched`,
    'A gateway keeps what it recorded. With --also this becomes a further channel of the same gateway.',
  )
}
