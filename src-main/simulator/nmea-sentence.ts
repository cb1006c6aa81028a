import { xor8 } from '../acquisition/drivers/checksums.ts'

/** In the form of NMEA 0183, its end not included. */
export function nmeaSentence(body: string): string {
  const checksum = xor8(Buffer.from(body, 'latin1'))
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}`
}
