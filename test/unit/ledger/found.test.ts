import { createHash } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openReader } from '../../../src-main/ledger/reader.ts'
import type { LedgerReader } from '../../../src-main/ledger/reader.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { decodeBatchHeader } from '../../../src-main/record/statements.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ASSET, recorded } from './recorded.ts'
import type { Recorded } from './recorded.ts'

function reading(batches: number): Recorded & { reader: LedgerReader } {
  const record = recorded(temporaryFolder(onTestFinished), batches)
  const reader = openReader(record.file)
  onTestFinished(() => {
    reader.close()
    record.ledger.close()
  })
  return { ...record, reader }
}
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

test('a time leads to the first block sealed at it or after it, and one beyond the end to the newest', () => {
  const { reader } = reading(40)
  const { blocks, total } = reader.blocks.blocks(500)
  for (const { height, timeUs } of blocks) {
    expect(reader.found.heightAt(timeUs)).toBe(height)
    expect(reader.found.heightAt(timeUs + 1)).toBe(Math.min(height + 1, total - 1))
  }
  expect(reader.found.heightAt(0)).toBe(0)
  const first = blocks.at(-1)?.timeUs as number
  const hours = reader.found.hours(first, 25)
  expect(hours.length).toBe(25)
  expect(hours.reduce((sum, count) => sum + count, 0)).toBe(
    blocks.filter(({ timeUs }) => timeUs < first + 25 * 3.6e9).length,
  )
})

test('entries are found by kind, type, signer and asset, newest first, page by page without loss', () => {
  const { reader, channel } = reading(60)
  const all = reader.entries.entries(0, 8_000).toReversed()
  const actor = channel.member(1).actor
  for (const [filter, fits] of [
    [{ kind: 'event' }, (one) => one.kind === 'event'],
    [{ type: 'stream.opened' }, (one) => one.type === 'stream.opened'],
    [{ actor }, (one) => one.actor === actor],
    [{ kind: 'batch', actor }, (one) => one.kind === 'batch' && one.actor === actor],
  ] as [Parameters<LedgerReader['found']['entries']>[0], (one: (typeof all)[number]) => boolean][]) {
    const wanted = all.filter(fits).map(({ index }) => index)
    expect(wanted.length).toBeGreaterThan(1)
    const found: number[] = []
    let before = reader.size()
    while (before > 0) {
      const page = reader.found.entries(filter, before, 7)
      found.push(...page.found.map(({ index }) => index))
      expect(page.searchedTo).toBeLessThan(before)
      before = page.searchedTo
    }
    expect(found).toEqual(wanted)
  }
  const ofAsset = reader.found.entries({ asset: ASSET }, reader.size(), 500).found
  expect(ofAsset.filter(({ kind }) => kind === 'batch').length).toBe(60)
  expect(ofAsset.every(({ kind, actor: signer }) => kind !== 'batch' || signer === actor)).toBe(true)
  expect(reader.found.entries({ asset: 'nobody' }, reader.size(), 500)).toMatchObject({ found: [], searchedTo: 0 })
})

test('a fingerprint leads to its entry, the root of a batch too, and one that nobody has to none', () => {
  const { reader } = reading(20)
  for (const { index, kind, bytes } of reader.entries.entries(1, 8_000)) {
    expect(reader.found.byHash(sha256(bytes), reader.size()).found).toBe(index)
    if (kind !== 'batch') continue
    const { root } = decodeBatchHeader(parseEntry(bytes).payload)
    expect(reader.found.byHash(root, reader.size()).found).toBe(index)
  }
  expect(reader.found.byHash(new Uint8Array(32).fill(7), reader.size())).toMatchObject({
    found: null,
    searchedTo: 0,
  })
})
