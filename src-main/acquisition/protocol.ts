import type { SourceConfig } from './config.ts'

/** The protocol of a source as people name it. */
export function protocolOf(source: SourceConfig): string {
  if (source.driver === 'opcua') return 'OPC UA'
  if (source.driver === 'serial') return `Serial, ${source.format}`
  return { tcp: 'Modbus TCP', rtu: 'Modbus RTU', 'rtu-over-tcp': 'Modbus RTU over TCP' }[source.connection.transport]
}
