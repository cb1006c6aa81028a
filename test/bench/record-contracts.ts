/** What contracts cost: one call by itself, and events of a ledger whose one asset is bound to none, one or three of them. */
import { loadAddon } from '../../native/addon.ts'
import { loadEngine } from '../../src-main/documents/engine.ts'
import { activated } from '../../src-main/gateway/folder/found.ts'
import { openLedger } from '../../src-main/ledger/ledger.ts'
import { BareEngine } from '../../src-main/packs/bare-engine.ts'
import { CallEngine } from '../../src-main/packs/call-engine.ts'
import { createContracts } from '../../src-main/packs/contracts.ts'
import { sha256 } from '../../src-main/wire/bytes.ts'
import { TestChannel } from '../support/channel.ts'
import { madeUpPack } from '../support/made-up-pack.ts'
import { commit, seal } from '../unit/ledger/drive.ts'
import { figure, secondsOf } from './figure.ts'

const PASS_EVENTS = 100
const BLOCK_PASSES = 10
const CALLS = 2_000
const TANK = 'urn:own:tank'
/** Reads one value, and writes it anew. */
const COUNTS = (id: string): string => `
  const before = call.get('${id}', 'tank', call.assets[0])
  return { set: [['tank', call.assets[0], { n: (before === null ? 0 : before.n) + 1, at: call.index }]] }`

export async function measureContracts(events: number): Promise<void> {
  const rule = madeUpPack('one', COUNTS('one')).files.rule
  const engine = new CallEngine(await BareEngine.of(loadEngine()), rule)
  const call = { statement: { type: 'asset.observed', body: { step: 'filled' } }, assets: [TANK], index: 7 }
  const calling = secondsOf(5, () => {
    for (let i = 0; i < CALLS; i++) engine.call(call, () => ({ n: i, at: 1 }))
  })
  figure('contract_call', (calling / CALLS) * 1e6, 'us', { reads: 1, writes: 1 })
  for (const bound of [0, 1, 3]) await measureEvents(events, bound)
}

async function measureEvents(events: number, bound: number): Promise<void> {
  const addon = loadAddon()
  const packs = ['one', 'two', 'three'].slice(0, bound).map((id) => madeUpPack(id, COUNTS(id)))
  const contracts = await createContracts(loadEngine(), packs)
  const channel = new TestChannel(addon, { packs: packs.map((pack) => activated(pack, sha256(loadEngine()))) })
  const ledger = openLedger({ addon, memory: true, genesis: channel.genesis, contracts })
  const member = channel.member(0)
  commit(
    ledger,
    channel.registerAsset(
      member,
      TANK,
      packs.map(({ manifest }) => manifest.id),
    ),
  )
  let cpuUs = 0
  const said = { assets: [TANK], step: 'filled', place: null }
  for (let pass = 0; pass * PASS_EVENTS < events; pass++) {
    const statements = Array.from({ length: PASS_EVENTS }, () => channel.event(member, 'asset.observed', said))
    const before = process.cpuUsage()
    commit(ledger, ...statements)
    const { user, system } = process.cpuUsage(before)
    cpuUs += user + system
    if (pass % BLOCK_PASSES === BLOCK_PASSES - 1) seal(channel, ledger)
  }
  figure('event_with_contracts', cpuUs / events, 'us of CPU', { events, contracts: bound })
  ledger.close()
}
