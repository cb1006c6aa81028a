/** A gateway in two channels, with a source of its own for each; real folders and devices. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src-main/cli/free-port.ts'
import { gatewayFolder, type GatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import type { ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { plumbline, plumblineJson } from './plumbline-process.ts'

/** A source of its own for each channel. */
function source(id: string, channel: string | null, { port }: ModbusServer): string {
  return `  - id: ${id}
    name: ${id}
    driver: modbus
    simulated: true
    unit: 1
    pollIntervalMs: 50
    ${channel === null ? '' : `channel: ${channel}`}
    connection: { transport: tcp, host: 127.0.0.1, port: ${port} }
    tags:
      - { id: km, label: Odometer, unit: km, kind: float, quantity: odometer, ${channel === null ? '' : 'asset: P-1, '}address: { table: input, address: 0, type: uint16 } }
`
}

export interface TwoChannels {
  data: string
  config: string
  folder: GatewayFolder
  /** Of the further channel. */
  handle: string
}

/** A gateway in two channels that has never recorded anything in the second. */
export async function twoChannels(root: string, servers: readonly [ModbusServer, ModbusServer]): Promise<TwoChannels> {
  const data = join(root, 'gw-hall')
  const config = join(data, '..', 'gateway.yaml')
  const description = join(data, '..', 'gw-hall.json')
  writeFileSync(
    config,
    `name: gw-hall\nsite: Hall\nconsole: { port: ${await freePort()} }\nassets:\n  - { id: P-1, scheme: own, type: press, name: Press, simulated: true }\nsources:\n${source('van', null, servers[0])}`,
  )
  const own = ['--data', data, '--config', config]
  await plumbline('channel', 'describe', ...own, '--out', description)
  const found = ['channel', 'found', ...own, '--members', description]
  await plumbline(...found, '--name', 'Hall', '--site', 'Hall')
  const also = await plumblineJson<{ id: string }>(...found, '--name', 'Chemistry', '--site', 'Hall', '--also')
  const handle = also.document.id.slice(0, 16)
  writeFileSync(config, readFileSync(config, 'utf8') + source('press', 'Chemistry', servers[1]))
  return { data, config, folder: gatewayFolder(data), handle }
}
