/** Opens the ledger of a gateway that starts; what its disk lost is first had from the others. */
import { randomBytes } from 'node:crypto'
import type { Addon } from '../../../native/addon.ts'
import { FRAME } from '../../consensus/frames.ts'
import { loadEngine } from '../../documents/engine.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import type { LostPart } from '../../ledger/healing/parts.ts'
import { openOrRebuild, type Opened } from '../../ledger/open-or-rebuild.ts'
import { createContracts } from '../../packs/contracts.ts'
import { shippedPacks } from '../folder/shipped-packs.ts'
import { requirePacks } from './require-packs.ts'
import { openHealed, type HealAtStart } from '../healing/heal-at-start.ts'
import { PartDesk } from '../healing/part-desk.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import type { ChannelLinks } from '../agreement/member-links.ts'

const TICK_MS = 100

export interface StoreOptions {
  keys: KeyStore
  /** The links to the others; null where this gateway is no member. */
  links: ChannelLinks | null
  addon: Addon
  genesis: Uint8Array
  ledgerFile: string
  evidence: string
  repair: string
  /** Why what follows from the entries is to be made anew first; null where nothing asks for it. */
  rebuild: string | null
}

/** Throws (rejects) LedgerError, GatewayError. */
export async function openStore(options: StoreOptions): Promise<Opened> {
  const { addon, genesis, ledgerFile: file, rebuild } = options
  requirePacks(parseGenesis(addon, genesis).body.packs)
  const contracts = await createContracts(loadEngine(), shippedPacks())
  const { actorId: actor } = options.keys
  const open = (): Opened =>
    openOrRebuild({ file, addon, genesis, contracts, actor, ledgerId: randomBytes(16) }, rebuild)
  const { evidence, repair } = options
  const fetch: HealAtStart['fetch'] = async (lost) => await fetchFromFounders(lost, options)
  return await openHealed(open, { file, addon, genesis, places: { evidence, repair }, fetch })
}

/** Before there is a ledger, the others are those whom the genesis names. */
async function fetchFromFounders(lost: readonly LostPart[], options: StoreOptions): ReturnType<HealAtStart['fetch']> {
  const { addon, genesis, links } = options
  const { members } = parseGenesis(addon, genesis).body
  const desk = new PartDesk({ addon, members, give: () => null, peers: () => links, nowMs: () => performance.now() })
  const isLinked = await links?.open({
    onUp: () => desk.tick(),
    onFrame: (from, type, body) => (type === FRAME.parts ? desk.receive(from, body) : undefined),
  })
  if (isLinked !== true) return { ...desk.nothing(lost), from: [] }
  const timer = setInterval(() => desk.tick(), TICK_MS)
  try {
    const { parts, missing, from } = await desk.fetch(lost)
    return { parts, missing, from: members.flatMap(({ raftId, actor }) => (from.includes(raftId) ? [actor] : [])) }
  } finally {
    clearInterval(timer)
    links?.pause()
  }
}
