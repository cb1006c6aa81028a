import type { ModbusSource, SourceConfig } from '../config.ts'
import { openSerial } from './byte-stream.ts'
import type { Driver, DriverEnvironment, DriverSink } from './driver.ts'
import { ModbusDriver } from './modbus/driver.ts'
import type { ModbusLink } from './modbus/link.ts'
import { openModbusLink } from './modbus/open-link.ts'
import type { OpcuaBinding } from './opcua/binding.ts'
import { OpcuaDriver } from './opcua/driver.ts'
import { nodeOpcuaBinding } from './opcua/lazy-binding.ts'
import { SerialDriver, type OpenSerial } from './serial/driver.ts'

/** What connects each driver with the world; tests swap one and everything above stays as it is. */
export interface Bindings {
  openModbus: (connection: ModbusSource['connection']) => Promise<ModbusLink>
  openSerial: OpenSerial
  opcua: OpcuaBinding
}

export const systemBindings: Bindings = { openModbus: openModbusLink, openSerial, opcua: nodeOpcuaBinding }

export function createDriver(
  source: SourceConfig,
  sink: DriverSink,
  environment: DriverEnvironment,
  bindings: Bindings,
): Driver {
  switch (source.driver) {
    case 'opcua':
      return new OpcuaDriver(source, sink, environment, bindings.opcua)
    case 'modbus':
      return new ModbusDriver(source, sink, environment, () => bindings.openModbus(source.connection))
    case 'serial':
      return new SerialDriver(source, sink, environment, bindings.openSerial)
  }
}
