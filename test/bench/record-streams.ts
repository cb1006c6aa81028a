/** 10,000 streams with one reading a second each: what deciding and the state root take of the processor, without any disk. */
import { loadAddon } from '../../native/addon.ts'
import { applyFounding, applyStatement } from '../../src-main/ledger/apply.ts'
import type { ApplyContext } from '../../src-main/ledger/apply.ts'
import { sealDraft } from '../../src-main/ledger/apply-seal.ts'
import { noEffects } from '../../src-main/ledger/effects.ts'
import { parseGenesis } from '../../src-main/ledger/genesis.ts'
import { LedgerState } from '../../src-main/ledger/state.ts'
import type { StreamId } from '../../src-main/wire/ids.ts'
import { TEST_EPOCH_US, TestChannel } from '../support/channel.ts'
import type { SignedStatement } from '../support/channel.ts'
import { figure } from './figure.ts'

const STREAMS = 10_000
const STREAMS_AN_ASSET = 10
/** As many as a batch may hold. */
const STREAMS_A_BATCH = 1_000

export function measureStreams(seconds: number): void {
  const addon = loadAddon()
  const channel = new TestChannel(addon, { members: 1 })
  const context: ApplyContext = { addon, contracts: null, sink: noEffects, usedFor: () => null, sealAt: () => null }
  const state = new LedgerState(channel.channel, addon)
  applyFounding(state, context, parseGenesis(addon, channel.genesis))
  const take = ({ entry, payload }: SignedStatement): void => {
    const payloadHash = payload === null ? null : addon.sha256(payload)
    const outcome = applyStatement(state, context, { entry, payload, payloadHash })
    if (outcome.outcome !== 'accepted') throw new Error(`${outcome.outcome}: ${outcome.reason}`)
  }
  const sealed = (): SignedStatement => {
    const draft = sealDraft(state)
    return channel.seal(channel.member(0), draft, draft.minTimeUs)
  }
  const streams = openStreams(channel, take)
  take(sealed())
  const decided = { cpuUs: 0 }
  const rooted = { cpuUs: 0 }
  for (let second = 0; second < seconds; second++) {
    const batches = batchesOf(channel, streams, second)
    counted(decided, () => batches.forEach(take))
    const seal = sealed()
    counted(rooted, () => take(seal))
  }
  const readings = STREAMS * seconds
  const more = { streams: STREAMS, seconds, state_keys: state.stateTree.count }
  figure('reading_decided', decided.cpuUs / readings, 'us of CPU', more)
  figure('reading_in_state_root', rooted.cpuUs / readings, 'us of CPU', more)
}

function openStreams(channel: TestChannel, take: (statement: SignedStatement) => void): StreamId[] {
  const gateway = channel.member(0)
  return Array.from({ length: STREAMS }, (_, i) => {
    const asset = `urn:own:asset-${Math.floor(i / STREAMS_AN_ASSET)}`
    if (i % STREAMS_AN_ASSET === 0) take(channel.registerAsset(gateway, asset))
    const { stream, ...opened } = channel.openStream(gateway, 'plant', `tag ${i}`)
    take(opened)
    take(channel.bindStream(gateway, stream, asset))
    return stream
  })
}

function batchesOf(channel: TestChannel, streams: readonly StreamId[], second: number): SignedStatement[] {
  const sourceTimeUs = TEST_EPOCH_US + second * 1_000_000
  return Array.from({ length: streams.length / STREAMS_A_BATCH }, (_, batch) =>
    channel.batch(
      channel.member(0),
      streams.slice(batch * STREAMS_A_BATCH, (batch + 1) * STREAMS_A_BATCH).map((stream, i) => ({
        stream,
        sequence: second,
        sourceTimeUs,
        value: { kind: 'float', value: i + second / 4 },
      })),
    ),
  )
}

function counted(into: { cpuUs: number }, work: () => void): void {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  into.cpuUs += user + system
}
