/**
 * WOFF 1.0 (W3C) unpacked to the sfnt font it holds. The typefaces come as WOFF for browsers; a PDF embeds sfnt.
 */
import { unzlibSync } from 'fflate'

const WOFF_SIGNATURE = 0x774f4646
const HEADER_BYTES = 44
const DIRECTORY_ENTRY_BYTES = 20
const SFNT_HEADER_BYTES = 12
const SFNT_ENTRY_BYTES = 16
const FONT_BYTES_MAX = 8 * 1024 * 1024

interface Table {
  tag: number
  checksum: number
  content: Uint8Array
}

/** Throws an Error saying what is wrong with the font file. */
export function woffToSfnt(woff: Uint8Array): Uint8Array {
  const view = new DataView(woff.buffer, woff.byteOffset, woff.byteLength)
  if (woff.length < HEADER_BYTES || view.getUint32(0) !== WOFF_SIGNATURE) throw new Error('font is not a WOFF 1.0 file')
  const flavour = view.getUint32(4)
  const tables = readTables(woff, view, view.getUint16(12))
  return writeSfnt(flavour, tables)
}

function readTables(woff: Uint8Array, view: DataView, count: number): Table[] {
  return Array.from({ length: count }, (_, i) => {
    const at = HEADER_BYTES + i * DIRECTORY_ENTRY_BYTES
    const [offset, packedLength, length] = [view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12)]
    if (offset + packedLength > woff.length || length > FONT_BYTES_MAX)
      throw new Error('font table lies outside the file')
    const packed = woff.subarray(offset, offset + packedLength)
    // What unpacks to more than the directory says does not fit, and is thrown out.
    const content = packedLength < length ? unzlibSync(packed, { out: new Uint8Array(length) }) : packed
    if (content.length !== length) throw new Error(`font table has ${content.length} bytes, not ${length}`)
    return { tag: view.getUint32(at), checksum: view.getUint32(at + 16), content }
  })
}

/** OpenType 1.9, "Organization of an OpenType Font": header, directory by tag, tables on four-byte boundaries. */
function writeSfnt(flavour: number, tables: Table[]): Uint8Array {
  const aligned = (length: number): number => (length + 3) & ~3
  const start = SFNT_HEADER_BYTES + tables.length * SFNT_ENTRY_BYTES
  const sfnt = new Uint8Array(start + tables.reduce((sum, table) => sum + aligned(table.content.length), 0))
  const view = new DataView(sfnt.buffer)
  const power = Math.floor(Math.log2(tables.length))
  view.setUint32(0, flavour)
  view.setUint16(4, tables.length)
  view.setUint16(6, 16 * 2 ** power)
  view.setUint16(8, power)
  view.setUint16(10, 16 * tables.length - 16 * 2 ** power)
  let offset = start
  for (const [i, table] of tables.entries()) {
    const at = SFNT_HEADER_BYTES + i * SFNT_ENTRY_BYTES
    view.setUint32(at, table.tag)
    view.setUint32(at + 4, table.checksum)
    view.setUint32(at + 8, offset)
    view.setUint32(at + 12, table.content.length)
    sfnt.set(table.content, offset)
    offset += aligned(table.content.length)
  }
  return sfnt
}
