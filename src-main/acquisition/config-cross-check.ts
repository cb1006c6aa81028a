/** Checks that span several fields. The input may be malformed: what a field's own check refuses is passed over here. */

import { didYouMean } from '../wire/near-match.ts'

type Report = (path: (string | number)[], message: string) => void
type Loose = Record<string, unknown>

const BITS_TABLES = new Set(['coil', 'discrete'])
const WIDTH_32 = new Set(['int32', 'uint32', 'float32', 'bcd32'])
const WIDTH_64 = new Set(['int64', 'uint64', 'float64'])
const FLOATS = new Set(['float32', 'float64'])
/** Registers or bits in a table, counted from 0 on the wire (Modbus application protocol V1.1b3, 4.4). */
const MODBUS_PLACES = 65_536
/** Checksums that hold in one place only: an exclusive or holds for any turn of a repeated frame, a sum of 8 bits for many. */
const FINDS_FRAMES = new Set(['nmea', 'crc16-modbus', 'crc16-ccitt'])

/** Duplicate ids, two owners of one port, and fields that do not go together. */
export function crossCheck(sources: unknown[], report: Report): void {
  const ids = new Map<string, number>()
  const lines = new Map<string, { index: number; id: unknown }>()
  sources.forEach((source, index) => {
    if (!isLoose(source)) return
    noteId(ids, source, [index], 'source', report)
    const line = lineOf(source)
    if (line !== null) {
      const owner = lines.get(line)
      if (owner === undefined) lines.set(line, { index, id: source['id'] })
      else
        report(
          [index, 'connection'],
          `${line} already belongs to source "${String(owner.id)}" (sources.${owner.index}). One connection has one owner: put the tags of both under one source and give them "unit" where it differs.`,
        )
    }
    checkTags(source, index, report)
    checkLot(source, index, report)
  })
}

function checkTags(source: Loose, index: number, report: Report): void {
  if (!Array.isArray(source['tags'])) return
  const ids = new Map<string, number>()
  source['tags'].forEach((tag: unknown, position: number) => {
    if (!isLoose(tag)) return
    const path = [index, 'tags', position]
    noteId(ids, tag, path, 'tag', report)
    checkLimits(tag, path, report)
    if (!isLoose(tag['address'])) return
    if (source['driver'] === 'modbus') checkModbus(source, tag, tag['address'], path, report)
    if (source['driver'] === 'serial') checkSerial(source, tag['address'], path, report)
  })
  if (source['driver'] === 'serial') checkFrames(source, index, report)
}

/** The tag that carries the lot, and those that belong to it, are the source's own, and belong to nothing else. */
function checkLot(source: Loose, index: number, report: Report): void {
  const { lotFrom, tags } = source
  if (!isLoose(lotFrom) || !Array.isArray(tags)) return
  const own = tags.filter(isLoose)
  const find = (id: unknown, path: (string | number)[]): Loose | null => {
    if (typeof id !== 'string') return null
    const tag = own.find((one) => one['id'] === id)
    if (tag === undefined) {
      const near = didYouMean(
        id,
        own.flatMap((one) => (typeof one['id'] === 'string' ? [one['id']] : [])),
      )
      report(path, `No tag "${id}" in this source.${near} Name one of its own tags.`)
    } else if (typeof tag['asset'] === 'string')
      report(
        path,
        `The tag "${id}" belongs to the asset "${tag['asset']}" already: remove its asset, or name another tag.`,
      )
    return tag ?? null
  }
  const kind = find(lotFrom['tag'], [index, 'lotFrom', 'tag'])?.['kind']
  if (typeof kind === 'string' && kind !== 'text' && kind !== 'integer')
    report(
      [index, 'lotFrom', 'tag'],
      `A lot is a text or an integer, and this tag is of kind ${kind}: name another tag.`,
    )
  if (Array.isArray(lotFrom['tags']))
    lotFrom['tags'].forEach((id: unknown, at) => void find(id, [index, 'lotFrom', 'tags', at]))
}

function checkFrames(source: Loose, index: number, report: Report): void {
  if (source['format'] === 'pattern' && source['pattern'] === undefined)
    report(
      [index, 'pattern'],
      'Format "pattern" needs a pattern: write the regular expression whose groups are the fields.',
    )
  const { framing, checksum = 'none' } = source
  if (isLoose(framing) && framing['kind'] === 'length' && !FINDS_FRAMES.has(String(checksum)))
    report(
      [index, 'framing'],
      `Frames of a fixed length do not show where they begin, and checksum "${String(checksum)}" does not tell either: a value could be cut in the wrong place. Set checksum to ${[...FINDS_FRAMES].join(', ')}, or cut at what ends a frame with framing kind "delimiter" or "regex".`,
    )
}

function noteId(ids: Map<string, number>, item: Loose, path: (string | number)[], noun: string, report: Report): void {
  const id = item['id']
  if (typeof id !== 'string') return
  const position = path[path.length - 1] as number
  const first = ids.get(id)
  if (first === undefined) ids.set(id, position)
  else
    report([...path, 'id'], `The id "${id}" is already used by ${noun} number ${first + 1}: give this one another id.`)
}

function checkLimits(tag: Loose, path: (string | number)[], report: Report): void {
  const numeric = tag['kind'] === 'integer' || tag['kind'] === 'float'
  if (!numeric && typeof tag['kind'] === 'string')
    for (const limit of ['range', 'normal', 'rate', 'spike'])
      if (tag[limit] !== undefined)
        report(
          [...path, limit],
          `${limit} is for numbers, and this tag is of kind ${tag['kind']}: remove it or change the kind.`,
        )
  const rate = tag['rate']
  if (
    isLoose(rate) &&
    typeof rate['suspect'] === 'number' &&
    typeof rate['fail'] === 'number' &&
    rate['suspect'] > rate['fail']
  )
    report([...path, 'rate'], 'rate.suspect lies above rate.fail: a value would fail before it is suspect. Swap them.')
  const { range, normal } = tag
  if (isBounds(range) && isBounds(normal) && (normal[0] < range[0] || normal[1] > range[1]))
    report(
      [...path, 'normal'],
      `normal [${normal.join(', ')}] reaches beyond range [${range.join(', ')}]: what the instrument cannot show cannot be normal.`,
    )
}

function checkModbus(source: Loose, tag: Loose, address: Loose, path: (string | number)[], report: Report): void {
  const at = [...path, 'address']
  const { type = 'uint16' } = address
  if (typeof type !== 'string') return
  const bits = BITS_TABLES.has(String(address['table']))
  const isBit = bits || type === 'bit'
  if (bits && address['type'] !== undefined && type !== 'bit')
    report(
      [...at, 'type'],
      `Table ${String(address['table'])} holds single bits: remove "type" or choose a register table.`,
    )
  if (!bits && type === 'bit' && address['bit'] === undefined)
    report([...at, 'bit'], 'Type "bit" in a register table needs "bit", 0 (least significant) to 15.')
  if (type === 'string' && address['registers'] === undefined)
    report([...at, 'registers'], 'Type "string" needs "registers": how many 16-bit registers the text takes.')
  if (source['addressBase'] === 1 && address['address'] === 0)
    report(
      [...at, 'address'],
      'This source counts registers from 1 (addressBase: 1), so there is no address 0: write the number from the manual.',
    )
  checkEnd(source, address, bits ? 1 : registersOf(address, type), at, report)
  checkOrder(address, type, at, report)
  const scaled = address['scale'] !== undefined || address['offset'] !== undefined
  const expected = kindsOf(type, isBit, scaled)
  if (scaled && (isBit || type === 'string'))
    report([...at, 'scale'], `A ${isBit ? 'bit' : 'text'} cannot be scaled: remove scale and offset.`)
  if (typeof tag['kind'] === 'string' && !expected.includes(tag['kind']))
    report(
      [...path, 'kind'],
      `Type ${isBit ? 'bit' : type}${scaled ? ' with scaling' : ''} gives kind ${expected.join(' or ')}, not ${tag['kind']}: change one of them.`,
    )
}

/** A tag beyond the last place would make every request that reads it along invalid. */
function checkEnd(source: Loose, address: Loose, width: number, at: (string | number)[], report: Report): void {
  const base = source['addressBase'] === 1 ? 1 : 0
  const first = address['address']
  if (typeof first !== 'number' || first - base + width <= MODBUS_PLACES) return
  report(
    [...at, 'address'],
    `A table ends at ${MODBUS_PLACES - 1 + base}, and this tag reaches to ${first + width - 1}: write the address from the manual${base === 0 ? ', or addressBase: 1 if it counts from 1' : ''}.`,
  )
}

function registersOf(address: Loose, type: string): number {
  if (type === 'string') return typeof address['registers'] === 'number' ? address['registers'] : 1
  if (WIDTH_64.has(type)) return 4
  return WIDTH_32.has(type) ? 2 : 1
}

/** Kinds that hold the decoded value exactly; a double does not hold every 64-bit integer. */
function kindsOf(type: string, isBit: boolean, scaled: boolean): string[] {
  if (isBit) return ['boolean']
  if (type === 'string') return ['text']
  if (FLOATS.has(type) || scaled) return ['float']
  return WIDTH_64.has(type) ? ['integer'] : ['integer', 'float']
}

function checkOrder(address: Loose, type: string, at: (string | number)[], report: Report): void {
  const order = address['order']
  if (typeof order !== 'string') return
  const wanted = WIDTH_32.has(type) ? 4 : WIDTH_64.has(type) ? 8 : 0
  if (wanted === 0) report([...at, 'order'], `Type ${type} has no order of words: remove "order".`)
  else if (order.length !== wanted)
    report(
      [...at, 'order'],
      `Type ${type} is ${wanted} bytes wide: write an order of ${wanted} letters, for example ${wanted === 4 ? 'CDAB' : 'GHEFCDAB'}.`,
    )
}

function checkSerial(source: Loose, address: Loose, path: (string | number)[], report: Report): void {
  const at = [...path, 'address']
  const byColumn = ['csv', 'nmea', 'pattern'].includes(String(source['format']))
  if (byColumn && typeof address['field'] === 'string')
    report(
      [...at, 'field'],
      `Format ${String(source['format'])} counts fields: write a number from 1, not "${address['field']}".`,
    )
  if (!byColumn && typeof source['format'] === 'string' && typeof address['field'] === 'number')
    report(
      [...at, 'field'],
      `Format ${source['format']} names its fields: write the key as a text, not ${address['field']}.`,
    )
  if (source['format'] === 'nmea' && address['sentence'] === undefined)
    report([...at, 'sentence'], 'Format nmea needs "sentence", for example GGA.')
}

/** The exclusive resource a source takes, as people name it, or null. */
function lineOf(source: Loose): string | null {
  const connection = source['connection']
  if (!isLoose(connection)) return null
  if (typeof connection['path'] === 'string') return `The serial port ${connection['path']}`
  if (typeof connection['host'] !== 'string') return null
  return `The connection to ${connection['host']}:${String(connection['port'] ?? 502)}`
}

function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBounds(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((bound) => typeof bound === 'number')
}
