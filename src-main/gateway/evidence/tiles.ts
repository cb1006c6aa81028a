/** The read-only log API of C2SP tlog-tiles: hash tiles and entry bundles. */
import type { LedgerReader } from '../../ledger/reader.ts'
import { parseTilePath, TILE_WIDTH } from '../../proof/tiles.ts'

/** A tile and whether it is complete, so that it never changes again. */
export interface ServedTile {
  bytes: Uint8Array
  isFinal: boolean
}

/** `path` as in the specification, such as `tile/0/x001/234.p/56`. Null beyond the tree. Throws ProofError for a path that is none. */
export function tileOf(reader: LedgerReader, path: string): ServedTile | null {
  const tile = parseTilePath(path)
  const bytes = reader.log.tile(path)
  return bytes === null ? null : { bytes, isFinal: tile.width === TILE_WIDTH }
}
