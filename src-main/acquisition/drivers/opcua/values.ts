import { DataType, VariantArrayType, type DataValue, type Variant } from 'node-opcua'
import type { Value } from '../../../wire/reading.ts'
import type { ValueKind } from '../../config-tag.ts'

const US_PER_MS = 1000
const PICOSECONDS_PER_US = 1_000_000
/** Between 1601, where OPC UA counts from and which stands for "none", and this nothing is a time. */
const EARLIEST_MS = 0

/** Source time in microseconds, or null when the server gave none. The stack keeps what a Date cannot hold in picoseconds. */
export function sourceTimeUsOf(dataValue: DataValue): number | null {
  const date = dataValue.sourceTimestamp
  if (date !== null && date !== undefined && date.getTime() > EARLIEST_MS)
    return date.getTime() * US_PER_MS + Math.floor((dataValue.sourcePicoseconds ?? 0) / PICOSECONDS_PER_US)
  const server = dataValue.serverTimestamp
  if (server === null || server === undefined || server.getTime() <= EARLIEST_MS) return null
  return server.getTime() * US_PER_MS + Math.floor((dataValue.serverPicoseconds ?? 0) / PICOSECONDS_PER_US)
}

/** The value as the stream's kind, or null when it is none of that kind: nothing is rounded or reinterpreted. */
export function valueOfVariant(variant: Variant, kind: ValueKind): Value | null {
  const value = exactValue(variant)
  if (value === null || value.kind === 'null' || value.kind === kind) return value
  const whole = value.kind === 'integer' && kind === 'float'
  if (whole && Number.isSafeInteger(Number(value.value))) return { kind: 'float', value: Number(value.value) }
  return null
}

function exactValue(variant: Variant): Value | null {
  if (variant.dataType === DataType.Null) return { kind: 'null' }
  if (variant.arrayType !== VariantArrayType.Scalar) return null
  const raw: unknown = variant.value
  if (raw === null || raw === undefined) return { kind: 'null' }
  switch (variant.dataType) {
    case DataType.Boolean:
      return { kind: 'boolean', value: raw as boolean }
    case DataType.SByte:
    case DataType.Byte:
    case DataType.Int16:
    case DataType.UInt16:
    case DataType.Int32:
    case DataType.UInt32:
      return { kind: 'integer', value: BigInt(raw as number) }
    case DataType.Int64:
      return { kind: 'integer', value: BigInt.asIntN(64, wide(raw)) }
    case DataType.UInt64:
      return { kind: 'integer', value: BigInt.asUintN(64, wide(raw)) }
    case DataType.Float:
    case DataType.Double:
      return { kind: 'float', value: raw as number }
    case DataType.String:
    case DataType.XmlElement:
      return { kind: 'text', value: raw as string }
    case DataType.LocalizedText:
      return { kind: 'text', value: (raw as { text: string | null }).text ?? '' }
    case DataType.ByteString:
      return { kind: 'bytes', value: Uint8Array.from(raw as Buffer) }
    case DataType.DateTime:
      return { kind: 'text', value: (raw as Date).toISOString() }
    default:
      return null
  }
}

/** The stack gives 64-bit integers as [high word, low word], because a double would lose bits. */
function wide(raw: unknown): bigint {
  if (typeof raw === 'bigint') return raw
  if (Array.isArray(raw))
    return (BigInt.asUintN(32, BigInt(raw[0] as number)) << 32n) | BigInt.asUintN(32, BigInt(raw[1] as number))
  return BigInt(raw as number)
}
