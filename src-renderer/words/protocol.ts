/** Names of protocols and of a source's states. */
import type { Source } from './model.ts'
import { m } from '../paraglide/messages.js'

const protocols: Record<string, string> = {
  opcua: 'OPC UA',
  modbus: 'Modbus TCP',
  'modbus-tcp': 'Modbus TCP',
  'modbus-rtu': 'Modbus RTU',
  serial: 'Serial',
  'mt-sics': 'MT-SICS',
  nmea: 'NMEA 0183',
}

export function protocolName(protocol: string): string {
  return protocols[protocol] ?? protocol
}

/** What stands where an age would, while a source does not deliver; null while it does. */
export function stateWord(source: Source): string | null {
  const words: Record<Source['state'], (() => string) | null> = {
    live: null,
    connecting: m.source_connecting,
    stale: m.source_stale,
    stopped: m.source_stopped,
    refused: m.source_refused,
    untrusted: m.source_untrusted,
  }
  return words[source.state]?.() ?? null
}
