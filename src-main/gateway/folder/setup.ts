/** What a gateway needs before its first start: a folder, keys, and a channel to belong to. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { loadEngine } from '../../documents/engine.ts'
import { openKeyStore } from '../../keys/key-store.ts'
import type { GatewayConfig } from './config.ts'
import { gatewayFolder, makeFolder, type GatewayFolder } from './data-folder.ts'
import { writeDurably } from '../../disk/durable-file.ts'
import { GatewayError } from '../error.ts'
import { foundChannel } from './found.ts'

/** Prepares the folder of a gateway that stands alone: a channel of one voter, founded by it. Does nothing where it is done. */
export function prepareAlone(root: string, config: GatewayConfig, nowUs: number): GatewayFolder {
  makeFolder(root)
  const folder = gatewayFolder(root)
  if (existsSync(folder.genesis)) return folder
  if (existsSync(folder.ledger))
    throw new GatewayError(
      'channel_missing',
      `${folder.root} has a ledger, but its genesis.cose is gone`,
      'Put the file back from a backup or from a peer of the same channel. Nothing is recorded until then.',
    )
  if (config.peers.members.length > 0)
    throw new GatewayError(
      'channel_missing',
      `${config.name} has peers configured, but no channel: ${folder.genesis} does not exist`,
      'Get genesis.cose from whoever founded the channel and run: plumbline channel join --genesis FILE. Or remove "peers" to record alone.',
    )
  const keys = openKeyStore(folder.keys)
  const genesis = foundChannel({
    name: config.site,
    site: config.site,
    simulated: config.sources.length > 0 && config.sources.every((source) => source.simulated),
    members: [{ name: config.name, legalName: config.legalName, keys }],
    engine: loadEngine(),
    nowUs,
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
  })
  writeDurably(folder.genesis, genesis)
  return folder
}

/** Prepares gateways of one site that found a channel together. Their folders lie side by side under `data`. */
export function prepareTogether(
  data: string,
  founding: { name: string; site: string; simulated: boolean; members: { name: string; legalName: string }[] },
  nowUs: number,
): GatewayFolder[] {
  const folders = founding.members.map((member) => gatewayFolder(`${data}/${member.name}`))
  for (const folder of folders) makeFolder(folder.root)
  const missing = folders.filter((folder) => !existsSync(folder.genesis))
  if (missing.length === 0) return folders
  if (folders.some((folder) => existsSync(folder.ledger)))
    throw new GatewayError(
      'channel_missing',
      `${missing.map((folder) => folder.genesis).join(', ')} is missing beside ledgers that exist`,
      'Put the file back from one of the other gateways, or start with another folder: --data DIR.',
    )
  const genesis = foundChannel({
    ...founding,
    members: founding.members.map((member, i) => ({
      ...member,
      keys: openKeyStore((folders[i] as GatewayFolder).keys),
    })),
    engine: loadEngine(),
    nowUs,
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
  })
  for (const folder of folders) writeDurably(folder.genesis, genesis)
  return folders
}
