import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openKeyStore, type KeyStore } from '../../keys/key-store.ts'
import { GatewayError } from '../error.ts'
import { gatewayFolder, type GatewayFolder } from '../folder/data-folder.ts'

/** The gateways under `data` that have keys: the folder itself if it has, otherwise each sub-folder that has, by name. */
export function foldersWithKeys(data: string): GatewayFolder[] {
  const root = resolve(data)
  const hasKeys = ({ keys }: GatewayFolder): boolean => existsSync(keys)
  if (hasKeys(gatewayFolder(root))) return [gatewayFolder(root)]
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map(({ name }) => gatewayFolder(join(root, name)))
    .filter(hasKeys)
    .toSorted((a, b) => (a.root < b.root ? -1 : 1))
}

/**
 * The keys of a gateway; made now where it has none and was never in a channel.
 *
 * @throws {GatewayError} `channel_mismatch` where keys are gone that a channel knows; KeyError
 */
export function ownKeys({ keys, genesis, root }: GatewayFolder): KeyStore {
  if (!existsSync(keys) && existsSync(genesis))
    throw new GatewayError(
      'channel_mismatch',
      `${root} belongs to a channel, but its keys (${keys}) are gone`,
      'Put the folder keys back from its backup: new ones would be another gateway.',
    )
  return openKeyStore(keys)
}
