import { continuedText } from '../certificates/continues-words.ts'
import { checkRecord } from '../gateway/check/check-record.ts'
import { channelFolders, gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { worstOf } from '../gateway/check/integrity.ts'
import { printed } from '../wire/printable.ts'
import { rebuildRecord, type RebuiltRecord } from '../gateway/check/rebuilt.ts'
import { channelOption, channelsIn } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { exitOf, UsageError } from './exit-status.ts'
import { progressOf } from './progress.ts'

type Report = ReturnType<typeof checkRecord> &
  Partial<Pick<RebuiltRecord, 'rebuilt' | 'refused'>> & {
    /** Of a gateway with several. */
    channel?: { handle: string; name: string }
  }

export const fsckCommand: Command = {
  name: 'fsck',
  usage: 'fsck [--data DIR] [--rebuild]',
  summary:
    'Hashes every reading, entry, block and state of the record again, from the disk, whether a gateway runs or not.\n--rebuild first makes everything anew that follows from the entries: state, histories, indexes, tiles. The gateway must be\nstopped. Entries and readings are never touched, and a damaged one is named,\nnot replaced: plumbline repair has it from the other gateways.\nExit status: 0 unchanged, 1 changed, 2 cannot tell.',
  options: {
    rebuild: { type: 'boolean', help: 'makes everything anew that follows from the entries, on a stopped gateway' },
    channel: channelOption,
  },
  async run(invocation) {
    const { data, flag, print } = invocation
    const folders = gatewaysUnder(data)
    if (folders.length === 0)
      throw new UsageError(`there is no gateway under ${data}`, 'Give its folder with --data DIR.')
    const gateways: Report[] = []
    for (const { folder, channel } of folders.flatMap((one) => recordsOf(one, invocation))) {
      const tell = progressOf()
      const onProgress = (done: number, total: number): void => tell(folder.root, done, total)
      const report = flag('rebuild') ? await rebuildRecord(folder, onProgress) : checkRecord(folder, onProgress)
      gateways.push(channel === null ? report : { ...report, channel })
    }
    const verdict = worstOf(gateways.map((gateway) => gateway.verdict))
    print(
      { verdict, gateways },
      gateways.map((gateway) => describe(gateway) + continuing(gateway) + repairs(gateway)).join('\n'),
    )
    return exitOf(verdict)
  },
}

/** The gateway's record in each channel that is meant. A copy of a ledger may lie in a folder without a genesis. */
function recordsOf(
  folder: GatewayFolder,
  invocation: Invocation,
): { folder: GatewayFolder; channel: NonNullable<Report['channel']> | null }[] {
  if (invocation.text('channel') === undefined && channelFolders(folder).length === 1)
    return [{ folder, channel: null }]
  return channelsIn(folder, invocation).map(({ folder: place, handle, name }) => ({
    folder: place,
    channel: { handle, name },
  }))
}

function describe(gateway: Report): string {
  const { verdict, checked, firstBad, rebuilt, refused, channel } = gateway
  const name = channel === undefined ? gateway.name : `${gateway.name}, ${channel.name}`
  const before = rebuildingOf(name, rebuilt, refused)
  const covered = `${checked.readings.toLocaleString('en')} readings in ${checked.entries.toLocaleString('en')} entries`
  if (firstBad === null) {
    const why = gateway.reason ?? 'the check could not be finished'
    const said = {
      unchanged: `${covered} are unchanged.`,
      changed: `CHANGED: ${why}`,
      'cannot-tell': `cannot tell: ${why}`,
    }
    return before + printed`${name}: ${said[verdict]}`
  }
  const reading = firstBad.reading === null || firstBad.reading === undefined ? '' : `, reading ${firstBad.reading}`
  const mended =
    firstBad.derived === true && refused === undefined
      ? '\n  It follows from the entries: the next start of the gateway rebuilds it, or plumbline fsck --rebuild now.'
      : ''
  const where = printed`${name}: CHANGED at entry ${firstBad.entry}${reading}: ${firstBad.what}\n  expected ${firstBad.expected}\n  actual   ${firstBad.actual}`
  return before + where + mended
}

/** What the ledger says of repairs, of whichever gateway. */
function repairs({ repaired }: Report): string {
  return repaired
    .map(({ gateway, atUs, entry, parts, from }) => {
      const at = new Date(atUs / 1000).toISOString().slice(0, 19)
      return printed`\n  ${gateway} had lost ${parts} parts of its copy, the first at entry ${entry}, and has had them from ${from.join(', ')} since ${at}Z.`
    })
    .join('')
}

function continuing({ continues }: Report): string {
  return continues === null ? '' : printed`\n  It continues ${continuedText(continues, 'en')}.`
}

function rebuildingOf(name: string, rebuilt: Report['rebuilt'], refused: Report['refused']): string {
  if (typeof refused === 'string') return printed`${name}: nothing was rebuilt: ${refused}\n`
  if (rebuilt === undefined || rebuilt === null) return ''
  return printed`${name}: rebuilt state, histories, indexes and tiles from ${rebuilt.entries.toLocaleString('en')} entries; they give the state of seal ${rebuilt.height}.\n`
}
