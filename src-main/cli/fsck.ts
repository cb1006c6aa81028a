import { checkRecord } from '../gateway/check-record.ts'
import { gatewaysUnder } from '../gateway/data-folder.ts'
import { worstOf } from '../gateway/integrity.ts'
import { printable, printed } from '../wire/printable.ts'
import type { Command } from './command.ts'
import { exitOf, UsageError } from './exit-status.ts'

const PROGRESS_EVERY_MS = 500

export const fsckCommand: Command = {
  name: 'fsck',
  usage: 'fsck [--data DIR]',
  summary:
    'Hashes every reading, entry, block and state of the record again, from the disk, whether a gateway runs or not.\nExit status: 0 unchanged, 1 changed, 2 cannot tell.',
  options: {},
  async run({ data, print }) {
    const folders = gatewaysUnder(data)
    if (folders.length === 0)
      throw new UsageError(`there is no gateway under ${data}`, 'Give its folder with --data DIR.')
    const gateways = folders.map((folder) => {
      let toldMs = performance.now()
      return checkRecord(folder, (done, total) => {
        if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
        toldMs = performance.now()
        process.stderr.write(`${printable(folder.root)}: ${done} of ${total} entries\n`)
      })
    })
    const verdict = worstOf(gateways.map((gateway) => gateway.verdict))
    print({ verdict, gateways }, gateways.map(describe).join('\n'))
    return exitOf(verdict)
  },
}

function describe(gateway: ReturnType<typeof checkRecord>): string {
  const { name, verdict, checked, firstBad } = gateway
  const covered = `${checked.readings.toLocaleString('en')} readings in ${checked.entries.toLocaleString('en')} entries`
  if (firstBad === null)
    return printed`${name}: ${verdict === 'unchanged' ? `${covered} are unchanged.` : `cannot tell: ${gateway.reason ?? 'the check could not be finished'}`}`
  const reading = firstBad.reading === null || firstBad.reading === undefined ? '' : `, reading ${firstBad.reading}`
  return printed`${name}: CHANGED at entry ${firstBad.entry}${reading}: ${firstBad.what}\n  expected ${firstBad.expected}\n  actual   ${firstBad.actual}`
}
