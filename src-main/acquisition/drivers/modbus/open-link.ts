import type { ModbusSource } from '../../config.ts'
import { openSerial, openTcp } from '../byte-stream.ts'
import { ModbusLink } from './link.ts'

const CONNECT_TIMEOUT_MS = 3000

/** Opens the connection that a source describes. Rejects with the system's reason. */
export async function openModbusLink(connection: ModbusSource['connection']): Promise<ModbusLink> {
  if (connection.transport === 'rtu') return new ModbusLink(await openSerial(connection, CONNECT_TIMEOUT_MS), 'rtu')
  const stream = await openTcp(connection.host, connection.port, CONNECT_TIMEOUT_MS)
  // RTU over TCP is the serial frame as it is, with its CRC and without a transaction id.
  return new ModbusLink(stream, connection.transport === 'tcp' ? 'tcp' : 'rtu')
}
