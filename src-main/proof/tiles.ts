/**
 * C2SP tlog-tiles: the ledger tree as static files. A hash tile of level L holds up to 256 hashes of complete subtrees
 * of 256^L leaves; an entry bundle holds up to 256 entries, each after its length as u16.
 * https://c2sp.org/tlog-tiles
 */
import { concatBytes, copyBytes } from '../wire/bytes.ts'
import { MAX_ENTRY_BYTES } from '../wire/limits.ts'
import { ProofError } from './errors.ts'
import type { HashSource } from './merkle.ts'

export const TILE_WIDTH = 256
/** Tree levels that one tile spans. */
export const TILE_HEIGHT = 8
const MAX_LEVEL = 6

/** A hash tile (`level` a number) or an entry bundle (`level` "entries"); `width` 256 when full. */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** Path below the log's root: `tile/<L>/<N>` with N in groups of three digits, and `.p/<W>` while it is partial. */
export function tilePath(tile: Tile): string {
  const groups: string[] = []
  for (let rest = tile.index, last = true; last || rest > 0; rest = Math.floor(rest / 1000), last = false) {
    groups.unshift(`${last ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`)
  }
  return `tile/${tile.level}/${groups.join('/')}${tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`}`
}

/** Reads a tile's path (without a leading slash). Throws ProofError `malformed_tile`. */
export function parseTilePath(path: string): Tile {
  const match = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path)
  if (match === null) return refuse(`${JSON.stringify(path.slice(0, 80))} is no tile path`)
  const [, levelText, indexText, widthText] = match
  const level = levelText === 'entries' ? 'entries' : Number(levelText)
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText)
  const tile = { level, index: Number(indexText!.replaceAll(/[x/]/g, '')), width } as const
  if (level !== 'entries' && level > MAX_LEVEL) refuse(`level ${level} exceeds ${MAX_LEVEL}`)
  if (width > TILE_WIDTH || !Number.isSafeInteger(tile.index) || tilePath(tile) !== path) {
    refuse(`${JSON.stringify(path)} is not in its one canonical form`)
  }
  return tile
}

/** How wide a tile is in a tree of `size` entries; 0 when it does not exist there. */
export function tileWidthAt(level: number | 'entries', index: number, size: number): number {
  const leavesPerHash = level === 'entries' ? 1 : TILE_WIDTH ** level
  const hashes = Math.floor(size / leavesPerHash) - index * TILE_WIDTH
  return Math.max(0, Math.min(TILE_WIDTH, hashes))
}

/** Content of a hash tile: its hashes one after the other. */
export function hashTile(tile: Tile, source: HashSource): Uint8Array {
  if (tile.level === 'entries') return refuse('an entry bundle holds no hashes')
  const bytes = new Uint8Array(32 * tile.width)
  for (let i = 0; i < tile.width; i++) {
    bytes.set(source.hash(TILE_HEIGHT * tile.level, tile.index * TILE_WIDTH + i), 32 * i)
  }
  return bytes
}

/** Entries of a bundle, each as u16 big endian length and bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > TILE_WIDTH) refuse(`bundle of ${entries.length} entries; at most ${TILE_WIDTH}`)
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES) refuse(`entry of ${entry.length} bytes; at most ${MAX_ENTRY_BYTES}`)
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )
}

/** Reads a bundle; the caller knows from the tile's width how many entries to expect. Throws `malformed_tile`. */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    if (entries.length === TILE_WIDTH) refuse(`bundle holds more than ${TILE_WIDTH} entries`)
    if (at + 2 > bytes.length) refuse('bundle ends inside a length')
    const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
    if (end > bytes.length) refuse(`bundle ends inside entry ${entries.length}`)
    entries.push(copyBytes(bytes.subarray(at + 2, end)))
    at = end
  }
  return entries
}

function refuse(what: string): never {
  throw new ProofError('malformed_tile', what)
}
