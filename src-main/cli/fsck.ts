import { checkRecord } from '../gateway/check-record.ts'
import { gatewaysUnder, type GatewayFolder } from '../gateway/data-folder.ts'
import { worstOf } from '../gateway/integrity.ts'
import { rebuildRecord } from '../gateway/rebuilt.ts'
import { LedgerError } from '../ledger/errors.ts'
import type { Command } from './command.ts'
import { exitOf, UsageError } from './exit-status.ts'

const PROGRESS_EVERY_MS = 500

type Report = ReturnType<typeof checkRecord> & { rebuilt?: Awaited<ReturnType<typeof rebuildRecord>>['rebuilt'] }

export const fsckCommand: Command = {
  name: 'fsck',
  usage: 'fsck [--data DIR] [--rebuild]',
  summary:
    'Hashes every reading, entry, block and state of the record again, from the disk, whether a gateway runs or not.\n--rebuild first makes everything anew that follows from the entries: state, histories, indexes, tiles. The gateway must be\nstopped. Entries and readings are never touched, and a damaged one is named, not replaced.\nExit status: 0 unchanged, 1 changed, 2 cannot tell.',
  options: {
    rebuild: { type: 'boolean', help: 'makes everything anew that follows from the entries, on a stopped gateway' },
  },
  async run({ data, flag, print }) {
    const folders = gatewaysUnder(data)
    if (folders.length === 0)
      throw new UsageError(`there is no gateway under ${data}`, 'Give its folder with --data DIR.')
    const gateways: Report[] = []
    for (const folder of folders)
      gateways.push(
        flag('rebuild') ? await rebuilt(folder) : checkRecord(folder, progressOf(folder, 'entries')),
      )
    const verdict = worstOf(gateways.map((gateway) => gateway.verdict))
    print({ verdict, gateways }, gateways.map(describe).join('\n'))
    return exitOf(verdict)
  },
}

/** What cannot be rebuilt is a change, which the check names; where another process holds the folder, nothing was looked at. */
async function rebuilt(folder: GatewayFolder): Promise<Report> {
  try {
    return await rebuildRecord(folder, progressOf(folder, 'entries rebuilt and checked'))
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    process.stderr.write(`${folder.root}: nothing was rebuilt: ${error.message}\n`)
    const report = checkRecord(folder, progressOf(folder, 'entries'))
    return report.verdict === 'unchanged' ? { ...report, verdict: 'cannot-tell', reason: error.message } : report
  }
}

function progressOf(folder: GatewayFolder, what: string): (done: number, total: number) => void {
  let toldMs = performance.now()
  return (done, total) => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return
    toldMs = performance.now()
    process.stderr.write(`${folder.root}: ${done} of ${total} ${what}\n`)
  }
}

function describe(gateway: Report): string {
  const { name, verdict, checked, firstBad, rebuilt: made } = gateway
  const before =
    made === undefined
      ? ''
      : `${name}: rebuilt state, histories, indexes and tiles from ${made.entries.toLocaleString('en')} entries; they give the state of seal ${made.height}.\n`
  const covered = `${checked.readings.toLocaleString('en')} readings in ${checked.entries.toLocaleString('en')} entries`
  if (firstBad === null)
    return `${before}${name}: ${verdict === 'unchanged' ? `${covered} are unchanged.` : `cannot tell: ${gateway.reason ?? 'the check could not be finished'}`}`
  const reading = firstBad.reading === null || firstBad.reading === undefined ? '' : `, reading ${firstBad.reading}`
  const mended =
    firstBad.derived === true && made === undefined
      ? '\n  It follows from the entries: the next start of the gateway rebuilds it, or plumbline fsck --rebuild now.'
      : ''
  return `${before}${name}: CHANGED at entry ${firstBad.entry}${reading}: ${firstBad.what}\n  expected ${firstBad.expected}\n  actual   ${firstBad.actual}${mended}`
}
