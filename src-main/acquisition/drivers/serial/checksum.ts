import type { ChecksumName } from '../../config-drivers.ts'
import { crc16Ccitt, crc16Modbus, sum8, xor8 } from '../checksums.ts'

/** A frame whose checksum held, without it; or why it did not. */
export type Checked = { body: Uint8Array } | { fault: string }

/**
 * Checks a frame and strips the checksum.
 * - nmea: `$body*hh`, exclusive or of the body in two hexadecimal digits
 * - xor8, sum8: `body*hh`; crc16-modbus, crc16-ccitt: `body*hhhh` - or as raw bytes at the end when no `*` stands there
 */
export function checkFrame(frame: Uint8Array, checksum: ChecksumName): Checked {
  if (checksum === 'none') return { body: frame }
  const digits = checksum.startsWith('crc16') ? 4 : 2
  const star = frame.length - digits - 1
  const written = frame[star] === 0x2a ? hexAt(frame, star + 1) : null
  const start = checksum === 'nmea' ? 1 : 0
  if (checksum === 'nmea' && (frame[0] !== 0x24 || written === null))
    return { fault: 'the frame is not of the form $...*hh' }
  if (written !== null) return compare(frame.subarray(start, star), written, checksum)
  const bytes = digits / 2
  if (frame.length <= bytes) return { fault: 'the frame is shorter than its checksum' }
  const body = frame.subarray(0, frame.length - bytes)
  const tail = frame.subarray(frame.length - bytes)
  const [first = 0, second = 0] = tail
  // CRC-16/MODBUS travels low byte first, the other high byte first.
  const value = bytes === 1 ? first : checksum === 'crc16-modbus' ? first | (second << 8) : (first << 8) | second
  return compare(body, value, checksum)
}

function compare(body: Uint8Array, written: number, checksum: ChecksumName): Checked {
  const computed = compute(body, checksum)
  if (computed === written) return { body }
  return { fault: `the checksum is ${hex(written)} and should be ${hex(computed)}` }
}

function compute(body: Uint8Array, checksum: ChecksumName): number {
  switch (checksum) {
    case 'crc16-modbus':
      return crc16Modbus(body)
    case 'crc16-ccitt':
      return crc16Ccitt(body)
    case 'sum8':
      return sum8(body)
    default:
      return xor8(body)
  }
}

function hexAt(frame: Uint8Array, from: number): number | null {
  const digits = Buffer.from(frame.subarray(from)).toString('latin1')
  return /^[0-9A-Fa-f]+$/.test(digits) ? Number.parseInt(digits, 16) : null
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0')
}
