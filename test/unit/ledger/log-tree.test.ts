import { expect, test } from 'vitest'
import type { FullTile } from '../../../src-main/ledger/log-tree.ts'
import { LogTree } from '../../../src-main/ledger/log-tree.ts'
import { decodeRuns, ChunkBuilder } from '../../../src-main/ledger/run-index.ts'
import { Frontier, leafHash } from '../../../src-main/proof/merkle.ts'
import { toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { RowWriter } from '../../../src-main/wire/rows.ts'
import { addon } from './drive.ts'

const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)

test('root, tiles and tails agree with the portable tree, over two levels of tiles and after every restore', () => {
  let tree = new LogTree(hash)
  const frontier = new Frontier()
  const levels: Uint8Array[][] = [[], [], []]
  const tiles: FullTile[] = []
  expect(toHex(tree.root())).toBe(toHex(frontier.root()))
  for (let i = 0; i < 66_000; i++) {
    const leaf = leafHash(utf8(`entry ${i}`))
    levels[0]?.push(leaf)
    for (const tile of tree.append(leaf)) {
      tiles.push(tile)
      levels[tile.level + 1]?.push(new Uint8Array(addon.merkleRoot(tile.hashes)))
    }
    frontier.append(leaf)
    if (i % 4_999 === 0 || i % 65_536 > 65_530 || i > 65_990) {
      expect(toHex(tree.root())).toBe(toHex(frontier.root()))
      tree = LogTree.restore(hash, i + 1, (level, first, count) => (levels[level] ?? []).slice(first, first + count))
      expect(toHex(tree.root())).toBe(toHex(frontier.root()))
    }
  }
  expect(tiles.filter(({ level }) => level === 0).map(({ n }) => n)).toEqual(Array.from({ length: 257 }, (_, n) => n))
  expect(tiles.filter(({ level }) => level === 1)).toMatchObject([{ level: 1, n: 0 }])
  expect(toHex(tiles.find(({ level }) => level === 1)?.hashes.subarray(0, 32) as Uint8Array)).toBe(
    toHex(levels[1]?.[0] as Uint8Array),
  )
})

test('leaf hashes are those of RFC 6962', () => {
  expect(toHex(leafHash(utf8('entry'), hash))).toBe(toHex(leafHash(utf8('entry'))))
})

test('runs come back from the reading index with their times and extremes, also late and before 1970', () => {
  const stream = '0'.repeat(32) as StreamId
  const writer = new RowWriter([stream])
  const times = [5_000, 4_000, -3_000_000, 2 ** 50]
  times.forEach((time, i) =>
    writer.push(0, 7 + i, time, { kind: 'float', value: [1.5, -2.5, 9, 4][i] as number }, i === 2 ? 0x80000000 : 0, 0),
  )
  const { rows } = writer.take()
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length)
  const builder = new ChunkBuilder()
  builder.add(stream, 513, 0, 7, 2, view)
  builder.add(stream, 700, 2, 9, 2, view)
  const [row] = builder.rows(2)
  expect(row).toMatchObject({
    chunk: 2,
    readings: 4,
    numbers: 3,
    minimum: -2.5,
    minimumUs: 4_000,
    maximum: 4,
    maximumUs: 2 ** 50,
    firstTimeUs: -3_000_000,
    lastTimeUs: 2 ** 50,
  })
  expect(decodeRuns(2, row?.runs as Uint8Array)).toEqual([
    { entry: 513, position: 0, firstSequence: 7, count: 2, firstTimeUs: 4_000, lastTimeUs: 5_000, endTimeUs: 4_000 },
    {
      entry: 700,
      position: 2,
      firstSequence: 9,
      count: 2,
      firstTimeUs: -3_000_000,
      lastTimeUs: 2 ** 50,
      endTimeUs: 2 ** 50,
    },
  ])
})
