import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { loadConfig } from '../gateway/folder/config.ts'
import { GatewayError } from '../gateway/error.ts'
import { guardConfig } from '../gateway/folder/folder-guard.ts'
import type { Command } from './command.ts'
import { runDaemon } from './daemon.ts'

const FIRST_CONFIG = `# One gateway on its own. Nothing is recorded until a source stands under "sources"; start again after a change.
# Everything that may stand here: plumbline config schema. Whether it is right: plumbline config check FILE
name: gw-1
sources: []
# sources:
#   - id: meter
#     name: Energy meter # or in several languages: { en: Energy meter, de: Energiezähler }
#     driver: modbus
#     connection: { transport: tcp, host: 10.20.4.7 }
#     tags:
#       - { id: power, label: { en: Active power, de: Wirkleistung }, unit: kW, kind: float, address: { table: input, address: 20, type: float32 } }
`

export const start: Command = {
  name: 'start',
  usage: 'start [--config FILE] [--data DIR]',
  summary:
    'Runs one gateway on its own configuration. Alone it needs no other gateway: it founds a channel of one voter.',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      help: 'the configuration, YAML or JSON (default: gateway.yaml in the data folder, written at the first start); one that lies in the folder of its gateway is started there',
    },
  },
  async run({ text, data, json, say }) {
    const file = text('config') ?? ownConfig(data, say)
    guardConfig(file)
    const config = loadConfig(file)
    return await runDaemon({
      config,
      data: dataOf(file, config.name, text('data') === undefined ? null : data) ?? data,
      isTerminal: (json ? process.stderr : process.stdout).isTTY,
      say,
    })
  },
}

/** The data folder that was given; else that of a configuration that lies in its gateway's folder and belongs to what is recorded there. */
export function dataOf(file: string, name: string, given: string | null): string | null {
  if (given !== null) return given
  const folder = dirname(resolve(file))
  return basename(folder) === name && existsSync(join(folder, 'genesis.cose')) ? folder : null
}

/** The configuration in the data folder; the first start writes one that records nothing. */
function ownConfig(data: string, say: (line: string) => void): string {
  const file = join(data, 'gateway.yaml')
  if (existsSync(file)) return file
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    writeFileSync(file, FIRST_CONFIG, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new GatewayError(
      'data_folder',
      `cannot write a first configuration to ${file}: ${(cause as Error).message}`,
      'Give a folder that this user may write to with --data DIR, or an existing configuration with --config FILE.',
      cause,
    )
  }
  say(`Configuration: ${file} was written. Add sources there.`)
  return file
}
