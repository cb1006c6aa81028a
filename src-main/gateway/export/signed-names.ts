/** The names in an export, held against what was signed: of gateways in the entry that founded the channel, of points where their streams were opened. */
import { loadAddon } from '../../../native/addon.ts'
import { LedgerError } from '../../ledger/errors.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { fromHex } from '../../wire/bytes.ts'
import type { ChannelOpened } from '../../record/kinds/channel.ts'
import type { LeafIndex } from '../../wire/ids.ts'
import { pointOf, type ExportPlan } from './export-run.ts'

/** What founded the channel, its form and signature checked. Throws LedgerError. */
export function foundedBy(reader: LedgerReader): ChannelOpened {
  const [genesis = new Uint8Array()] = reader.entries.bytes(0, 1)
  return parseGenesis(loadAddon(), genesis).body
}

/** Throws LedgerError `database_damaged` where the state of this ledger names anything otherwise than an entry of the plan's tree did; ProofError. */
export function requireSignedNames(reader: LedgerReader, { head, range, points, gateways }: ExportPlan): void {
  const { size, root } = head.checkpoint
  // What a stream or an asset is called changes with each event about it, so all of them are read, and each entry is proven.
  const { asset } = head.range
  const { values: signed, stretches } = reader.signedRange(fromHex(root)).said(size, asset)
  const { name, site, simulated, members } = foundedBy(reader)
  const { channel } = head
  if (channel.name !== name || channel.site !== site || channel.simulated !== simulated) differs('the channel', 0)
  if (gateways.size !== members.length) differs('its gateways', 0)
  for (const member of members) if (gateways.get(member.actor) !== member.name) differs(`gateway ${member.actor}`, 0)
  for (const stream of range.streams.keys()) {
    const opened = signed.get('stream', stream) ?? differs(`stream ${stream}`, size - 1)
    const told = JSON.stringify(pointOf(stream, opened, gateways))
    if (told !== JSON.stringify(points.get(stream))) differs(`stream ${stream}`, opened.openedAt)
  }
  if (asset === null) return
  const told = reader.assetEvents.stretches(asset, size)
  if (JSON.stringify(stretches) !== JSON.stringify(told)) differs(`asset ${asset}`, size - 1)
}

function differs(what: string, entry: LeafIndex): never {
  const signed = `what the entries up to ${entry} signed`
  throw new LedgerError('database_damaged', `what it registers of ${what} is not ${signed}`)
}
