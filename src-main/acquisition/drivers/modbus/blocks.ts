import type { ModbusSource } from '../../config.ts'
import type { ModbusTable } from '../../config-drivers.ts'
import { decoderOf, isBitTable, widthOf, type Decoder } from './decode.ts'

/** Most that one request may ask for (Modbus application protocol V1.1b3, 6.1 and 6.3). */
export const REGISTERS_MAX = 125
export const BITS_MAX = 2000

/** A tag as the poll loop needs it. Addresses count from 0, as on the wire. */
export interface PolledTag {
  index: number
  unit: number
  table: ModbusTable
  address: number
  width: number
  intervalMs: number
  decode: Decoder
}

/** One request and the tags its answer serves. */
export interface Block {
  unit: number
  table: ModbusTable
  address: number
  count: number
  intervalMs: number
  tags: PolledTag[]
}

export function polledTags(source: ModbusSource): PolledTag[] {
  return source.tags.map((tag, index) => ({
    index,
    unit: tag.address.unit ?? source.unit,
    table: tag.address.table,
    address: tag.address.address - source.addressBase,
    width: widthOf(tag.address),
    intervalMs: tag.address.intervalMs ?? source.pollIntervalMs,
    decode: decoderOf(tag),
  }))
}

/** The fewest requests for these tags, reading along up to `gapFill` unused places; a tag is never cut in two. */
export function planBlocks(tags: readonly PolledTag[], gapFill: number): Block[] {
  const sorted = tags.toSorted(
    (a, b) =>
      a.unit - b.unit ||
      a.table.localeCompare(b.table) ||
      a.intervalMs - b.intervalMs ||
      a.address - b.address ||
      a.index - b.index,
  )
  const blocks: Block[] = []
  for (const tag of sorted) {
    const block = blocks.at(-1)
    if (block !== undefined && joins(block, tag, gapFill)) {
      block.count = Math.max(block.count, tag.address + tag.width - block.address)
      block.tags.push(tag)
    } else {
      const { unit, table, address, intervalMs } = tag
      blocks.push({ unit, table, address, count: tag.width, intervalMs, tags: [tag] })
    }
  }
  return blocks
}

function joins(block: Block, tag: PolledTag, gapFill: number): boolean {
  if (block.unit !== tag.unit || block.table !== tag.table || block.intervalMs !== tag.intervalMs) return false
  const end = block.address + block.count
  const count = Math.max(end, tag.address + tag.width) - block.address
  return tag.address - end <= gapFill && count <= (isBitTable(block) ? BITS_MAX : REGISTERS_MAX)
}

/** Smaller requests for the same tags, for a device that refuses a block because of what lies between; the same block when it has one tag. */
export function splitBlock(block: Block): Block[] {
  const exact = planBlocks(block.tags, 0)
  return exact.length > 1 ? exact : block.tags.flatMap((tag) => planBlocks([tag], 0))
}

/** The bytes of one tag within a block's answer: registers as they came, or one byte 0/1 for a bit. */
export function rawOf(block: Block, tag: PolledTag, answer: Uint8Array): Uint8Array {
  const start = tag.address - block.address
  if (isBitTable(block)) return Uint8Array.of(((answer[start >> 3] ?? 0) >> (start & 7)) & 1)
  return answer.slice(start * 2, (start + tag.width) * 2)
}
