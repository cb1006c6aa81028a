/** Opens the ledger of a gateway that starts; what its disk lost is first had from the others. */
import { randomBytes } from 'node:crypto'
import type { Addon } from '../../native/addon.ts'
import { FRAME } from '../consensus/frames.ts'
import type { Peers } from '../consensus/peers.ts'
import { loadEngine } from '../documents/engine.ts'
import { parseGenesis } from '../ledger/genesis.ts'
import type { LostPart } from '../ledger/healing/parts.ts'
import { openOrRebuild, type Opened } from '../ledger/open-or-rebuild.ts'
import { packApplier } from '../packs/apply.ts'
import { createPackHost } from '../packs/host.ts'
import { shippedPacks } from '../packs/shipped.ts'
import { openHealed, type HealAtStart } from './healing/heal-at-start.ts'
import { PartDesk } from './healing/part-desk.ts'
import { openPeers, type LinkOptions } from './member-links.ts'

const TICK_MS = 100

export interface StoreOptions extends LinkOptions {
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
  const host = await createPackHost(loadEngine())
  const applyPack = packApplier(host, shippedPacks())
  const { actorId: actor } = options.keys
  const open = (): Opened =>
    openOrRebuild({ file, addon, genesis, applyPack, actor, ledgerId: randomBytes(16) }, rebuild)
  const { evidence, repair } = options
  const fetch: HealAtStart['fetch'] = async (lost) => await fetchFromFounders(lost, options)
  return await openHealed(open, { file, addon, genesis, places: { evidence, repair }, fetch })
}

/** Before there is a ledger, the others are those whom the genesis names. */
async function fetchFromFounders(lost: readonly LostPart[], options: StoreOptions): ReturnType<HealAtStart['fetch']> {
  const { addon, genesis, keys } = options
  const { members } = parseGenesis(addon, genesis).body
  const self = members.find(({ actor }) => actor === keys.actorId)
  let peers: Peers | null = null
  const desk = new PartDesk({ addon, members, give: () => null, peers: () => peers, nowMs: () => performance.now() })
  if (self !== undefined)
    peers = await openPeers(members, self.raftId, options, {
      onUp: () => desk.tick(),
      onFrame: (from, type, body) => (type === FRAME.parts ? desk.receive(from, body) : undefined),
    })
  if (peers === null) return { ...desk.nothing(lost), from: [] }
  const timer = setInterval(() => desk.tick(), TICK_MS)
  try {
    const { parts, missing, from } = await desk.fetch(lost)
    return { parts, missing, from: members.flatMap(({ raftId, actor }) => (from.includes(raftId) ? [actor] : [])) }
  } finally {
    clearInterval(timer)
    await peers.close()
  }
}
