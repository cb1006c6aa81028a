import type { Database } from 'better-sqlite3'
import type { FullTile } from './log-tree.ts'
import { TILE_WIDTH } from '../proof/tiles.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { differs, same } from './audit-finding.ts'

/** Compares tiles of a recomputed tree with the stored ones; `last` is the newest leaf they cover. Throws Found. */
export function tileComparison(database: Database): (full: readonly FullTile[], last: LeafIndex) => void {
  const select = database.prepare('SELECT hashes FROM tile WHERE level = ? AND n = ?').pluck()
  return (full, last) => {
    for (const { level, n, hashes } of full) {
      const stored = select.get(level, n) as Uint8Array | undefined
      if (stored === undefined) differs(last, `tile ${level}/${n} of the ledger tree`, `${TILE_WIDTH} hashes`, null)
      for (let i = 0; i < TILE_WIDTH; i++) {
        same(
          level === 0 ? n * TILE_WIDTH + i : last,
          `hash ${i} of tile ${level}/${n} of the ledger tree`,
          hashes.subarray(32 * i, 32 * i + 32),
          stored.subarray(32 * i, 32 * i + 32),
        )
      }
      same(last, `length of tile ${level}/${n}`, hashes.length, stored.length)
    }
  }
}
