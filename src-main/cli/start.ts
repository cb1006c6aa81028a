import { loadConfig } from '../gateway/config.ts'
import type { Command } from './command.ts'
import { runDaemon } from './daemon.ts'
import { UsageError } from './exit-status.ts'

export const start: Command = {
  name: 'start',
  usage: 'start --config FILE [--data DIR]',
  summary:
    'Runs one gateway on its own configuration. Alone it needs no other gateway: it founds a channel of one voter.',
  options: {
    config: { type: 'string', value: 'FILE', help: 'the configuration, YAML or JSON (see: plumbline config schema)' },
  },
  async run({ text, data, say }) {
    const file = text('config')
    if (file === undefined)
      throw new UsageError(
        'start needs a configuration: --config FILE',
        'Write a file with at least "name: gw-1"; plumbline config schema prints everything that may stand in it.',
      )
    return await runDaemon({ config: loadConfig(file), data, say })
  },
}
