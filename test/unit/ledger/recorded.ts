import { join } from 'node:path'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger, LedgerOptions } from '../../../src-main/ledger/ledger.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { TEST_EPOCH_US, TestChannel } from '../../support/channel.ts'
import { signedCheckpoint } from '../../support/cosigned-checkpoint.ts'
import { addon, commit, seal } from './drive.ts'

export const ASSET = 'urn:own:van-1'

export interface Recorded {
  file: string
  channel: TestChannel
  ledger: Ledger
  /** Bound to ASSET, and not bound. */
  bound: StreamId
  free: StreamId
}

/** A ledger on disk with batches, gaps, refusals, histories, seals, cosigned checkpoints and a queue. */
export function recorded(
  folder: string,
  batches: number,
  options: Partial<LedgerOptions> = {},
  channel = new TestChannel(addon),
): Recorded {
  const file = join(folder, 'ledger.db')
  const ledger = openLedger({ addon, file, genesis: channel.genesis, ...options })
  const gateway = channel.member(1)
  const bound = channel.openStream(gateway, 'van', 'km', { quantity: 'odometer', unit: 'km' })
  const before = channel.registerAsset(channel.member(0), ASSET)
  commit(ledger, before, bound, channel.bindStream(gateway, bound.stream, ASSET))
  const free = channel.openStream(channel.member(2), 'press', 'temperature')
  commit(ledger, free)
  let lost = 0
  for (let i = 0; i < batches; i++) {
    commit(ledger, channel.batch(gateway, channel.floats(bound.stream, 3 * i, [i, i + 0.25, i + 0.5])))
    const from = 4 * i + lost
    const gap = {
      stream: free.stream,
      fromSequence: from,
      toSequence: from,
      fromTimeUs: TEST_EPOCH_US + from * 1e6,
      toTimeUs: TEST_EPOCH_US + (from + 1) * 1e6,
      reason: 'link down',
    }
    const isGap = i % 10 === 9
    if (isGap) lost += 1
    const readings = channel.floats(free.stream, from + (isGap ? 1 : 0), [Math.sin(i), Math.cos(i), i, -i])
    commit(ledger, channel.batch(channel.member(2), readings, { gaps: isGap ? [gap] : [] }))
    if (i % 8 === 7) commit(ledger, channel.batch(gateway, channel.floats(bound.stream, 1_000_000, [1])))
    if (i % 5 === 4) sealAndCosign(channel, ledger)
  }
  sealAndCosign(channel, ledger)
  sealAndCosign(channel, ledger)
  const waiting = channel.batch(channel.member(0), [], {})
  ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: [waiting] })
  return { file, channel, ledger, bound: bound.stream, free: free.stream }
}

/** Seals, and signs the checkpoint as the log and as every gateway. */
export function sealAndCosign(channel: TestChannel, ledger: Ledger): void {
  const { index, root } = seal(channel, ledger)
  if (index === null || root === null) throw new Error('a seal was refused')
  const size = index + 1
  const { text, lines } = signedCheckpoint(channel, { size, root }, { timeSeconds: Math.floor(TEST_EPOCH_US / 1e6) })
  ledger.addCheckpointLines(size, text, lines)
}
