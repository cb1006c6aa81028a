import type { ModbusSource, SourceConfig } from '../config.ts'
import { openSerial } from './byte-stream.ts'
import type { Driver, DriverEnvironment, DriverSink } from './driver.ts'
import { ModbusDriver } from './modbus/driver.ts'
import type { ModbusLink } from './modbus/link.ts'
import { openModbusLink } from './modbus/open-link.ts'
import type { OpcuaBinding } from './opcua/binding.ts'
import { OpcuaDriver } from './opcua/driver.ts'
import { nodeOpcuaBinding } from './opcua/lazy-binding.ts'
import { SharedStore } from './opcua/shared-store.ts'
import { SerialDriver, type OpenSerial } from './serial/driver.ts'

/** What connects each driver with the world; tests swap one and everything above stays as it is. */
export interface Bindings {
  openModbus: (connection: ModbusSource['connection']) => Promise<ModbusLink>
  openSerial: OpenSerial
  opcua: OpcuaBinding
}

export const systemBindings: Bindings = { openModbus: openModbusLink, openSerial, opcua: nodeOpcuaBinding }

/** Makes the drivers of a gateway. What those of one protocol share is opened when the first asks for it. */
export class Drivers {
  readonly #environment: DriverEnvironment
  readonly #bindings: Bindings
  readonly #opcuaStore: SharedStore

  constructor(environment: DriverEnvironment, bindings: Bindings, serverCertificatesDir: string) {
    this.#environment = environment
    this.#bindings = bindings
    this.#opcuaStore = new SharedStore(() => bindings.opcua.openStore(serverCertificatesDir))
  }

  create(source: SourceConfig, sink: DriverSink): Driver {
    const bindings = this.#bindings
    switch (source.driver) {
      case 'opcua': {
        const environment = { ...this.#environment, certificateStore: () => this.#opcuaStore.get() }
        return new OpcuaDriver(source, sink, environment, bindings.opcua)
      }
      case 'modbus':
        return new ModbusDriver(source, sink, this.#environment, () => bindings.openModbus(source.connection))
      case 'serial':
        return new SerialDriver(source, sink, this.#environment, bindings.openSerial)
    }
  }

  /** Closes what they share, once all of them have stopped. */
  async close(): Promise<void> {
    await this.#opcuaStore.close()
  }
}
