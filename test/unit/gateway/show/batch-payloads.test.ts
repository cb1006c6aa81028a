import { expect, test } from 'vitest'
import { BatchPayloads } from '../../../../src-main/gateway/show/batch-payloads.ts'
import { LedgerError } from '../../../../src-main/ledger/errors.ts'
import { streamId } from '../../../../src-main/record/channel.ts'
import { parseActorId, parseChannelId } from '../../../../src-main/wire/ids.ts'

const stream = (tag: string) => streamId(parseChannelId('a'.repeat(64)), parseActorId('b'.repeat(32)), 'press', tag)
const [hot, cold, lost] = [stream('hot'), stream('cold'), stream('lost')]

function damagedAt(entry: number): { payloads: BatchPayloads; told: unknown[] } {
  const told: unknown[] = []
  const reader = {
    payload: (index: number) => {
      if (index === entry) throw new LedgerError('payload_damaged', `the payload of entry ${index} was changed`)
      return index === 4 ? null : Uint8Array.of(index)
    },
    newestEntry: (of: string) => {
      if (of === lost) throw new LedgerError('database_damaged', 'a page of the index was changed')
      return of === hot ? 7 : 3
    },
  }
  return { payloads: new BatchPayloads(reader, { error: (what: unknown) => void told.push(what) }), told }
}

test('a damaged batch is left out and logged; the others are given', () => {
  const { payloads, told } = damagedAt(5)
  expect(payloads.of([3, 4, 5, 7])).toEqual([Uint8Array.of(3), Uint8Array.of(7)])
  expect(told).toMatchObject([{ entry: 5, err: { code: 'payload_damaged' } }])
})

test('the newest batches of all streams come oldest first, as far as they can be read', () => {
  const { payloads, told } = damagedAt(5)
  expect(payloads.newestOf([hot, lost, cold, hot])).toEqual([Uint8Array.of(3), Uint8Array.of(7)])
  expect(told).toMatchObject([{ stream: lost }])
})
