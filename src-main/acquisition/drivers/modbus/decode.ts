import type { ModbusTag } from '../../config.ts'
import type { ModbusType } from '../../config-drivers.ts'
import { integerScaler, isScaled, scaleFloat } from '../../scaling.ts'
import type { Value } from '../../../wire/reading.ts'

/** The value in a tag's own registers (big-endian bytes as they came) or bits; null when they hold no such value. */
export type Decoder = (raw: Uint8Array) => Value | null

const TYPE_DEFAULT = 'uint16'

const REGISTERS: Record<ModbusType, number> = {
  bit: 1,
  int16: 1,
  uint16: 1,
  bcd16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  bcd32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
  string: 0,
}

/** How many registers (or bits, in a table of bits) a tag takes. */
export function widthOf(address: ModbusTag['address']): number {
  if (isBitTable(address)) return 1
  const { type = TYPE_DEFAULT } = address
  return type === 'string' ? (address.registers ?? 1) : REGISTERS[type]
}

export function isBitTable(address: { table: string }): boolean {
  return address.table === 'coil' || address.table === 'discrete'
}

/** Prepares decoding once for a tag, so that nothing is looked up per reading. */
export function decoderOf(tag: ModbusTag): Decoder {
  const { address } = tag
  if (isBitTable(address)) return (raw) => ({ kind: 'boolean', value: (raw[0] ?? 0) !== 0 })
  const { type = TYPE_DEFAULT } = address
  if (type === 'bit') return bitDecoder(address.bit ?? 0)
  if (type === 'string') return decodeText
  const arrange = arrangerOf(address.order)
  if (type === 'float32') return floatDecoder(tag, arrange, (view) => view.getFloat32(0))
  if (type === 'float64') return floatDecoder(tag, arrange, (view) => view.getFloat64(0))
  const integerOf = INTEGERS[type]
  if (isScaled(address)) {
    const scaled = integerScaler(address)
    return fromInteger(arrange, integerOf, (raw) => ({ kind: 'float', value: scaled(raw) }))
  }
  if (tag.kind === 'float') return fromInteger(arrange, integerOf, (raw) => ({ kind: 'float', value: Number(raw) }))
  return fromInteger(arrange, integerOf, (raw) => ({ kind: 'integer', value: raw }))
}

type IntegerType = Exclude<ModbusType, 'bit' | 'string' | 'float32' | 'float64'>
type IntegerOf = (view: DataView) => bigint | null

const INTEGERS: Record<IntegerType, IntegerOf> = {
  int16: (view) => BigInt(view.getInt16(0)),
  uint16: (view) => BigInt(view.getUint16(0)),
  int32: (view) => BigInt(view.getInt32(0)),
  uint32: (view) => BigInt(view.getUint32(0)),
  int64: (view) => view.getBigInt64(0),
  uint64: (view) => view.getBigUint64(0),
  bcd16: (view) => binaryCodedDecimal(view, 2),
  bcd32: (view) => binaryCodedDecimal(view, 4),
}

function fromInteger(
  arrange: (raw: Uint8Array) => DataView,
  integerOf: IntegerOf,
  wrap: (raw: bigint) => Value,
): Decoder {
  return (raw) => {
    const integer = integerOf(arrange(raw))
    return integer === null ? null : wrap(integer)
  }
}

function floatDecoder(
  tag: ModbusTag,
  arrange: (raw: Uint8Array) => DataView,
  read: (view: DataView) => number,
): Decoder {
  return (raw) => ({ kind: 'float', value: scaleFloat(read(arrange(raw)), tag.address) })
}

function bitDecoder(bit: number): Decoder {
  return (raw) => {
    const register = ((raw[0] ?? 0) << 8) | (raw[1] ?? 0)
    return { kind: 'boolean', value: ((register >>> bit) & 1) === 1 }
  }
}

/** Puts the bytes most significant first. Letter A of the order is the most significant byte. */
function arrangerOf(order: string | undefined): (raw: Uint8Array) => DataView {
  if (order === undefined || (order.startsWith('ABCD') && order.length !== 8) || order === 'ABCDEFGH')
    return (raw) => new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const positions = [...order].map((letter) => letter.charCodeAt(0) - 65)
  return (raw) => {
    const arranged = new Uint8Array(raw.length)
    positions.forEach((significance, position) => (arranged[significance] = raw[position] ?? 0))
    return new DataView(arranged.buffer)
  }
}

/** Four decimal digits a register; a nibble above 9 is no digit, so the registers hold no number. */
function binaryCodedDecimal(view: DataView, bytes: number): bigint | null {
  let digits = ''
  for (let index = 0; index < bytes; index++) digits += view.getUint8(index).toString(16).padStart(2, '0')
  return /^\d+$/.test(digits) ? BigInt(digits) : null
}

/** ISO 8859-1, high byte of a register first, up to the first zero byte; blanks at the end belong to the padding. */
function decodeText(raw: Uint8Array): Value {
  const end = raw.indexOf(0)
  const characters = Array.from(end === -1 ? raw : raw.subarray(0, end), (byte) => String.fromCharCode(byte))
  return { kind: 'text', value: characters.join('').trimEnd() }
}
