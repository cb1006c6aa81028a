import type { ChannelOpened } from '../../record/kinds/channel.ts'
import { notShipped } from '../folder/shipped-packs.ts'
import { GatewayError } from '../error.ts'

/**
 * A channel whose packs this release lacks would stop at its first reading that one of them judges.
 *
 * @throws {GatewayError} `pack_not_shipped`
 */
export function requirePacks(packs: ChannelOpened['packs']): void {
  const missing = notShipped(packs)
  if (missing.length === 0) return
  throw new GatewayError(
    'pack_not_shipped',
    `the channel judges by rule packs that this release does not have: ${missing.join(', ')}`,
    'Install a release of Plumbline that has them, on every gateway of the channel.',
  )
}
