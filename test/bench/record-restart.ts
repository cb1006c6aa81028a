/** A process that starts with a ledger, acknowledges one statement, and reads: what it takes, as JSON. */
import { readFileSync } from 'node:fs'
import { loadAddon } from '../../native/addon.ts'
import { openLedger } from '../../src-main/ledger/ledger.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { coreKey } from '../../src-main/record/core-state.ts'
import type { ActorId } from '../../src-main/wire/ids.ts'
import { fromHex } from '../../src-main/wire/bytes.ts'
import { commitOne } from '../unit/ledger/drive.ts'
import { quantile } from './figure.ts'

interface Microseconds {
  median: number
  p99: number
}

export interface Restarted {
  seconds: number
  /** Highest memory of the process when it had acknowledged, and before it opened the ledger. */
  rssMb: number
  beforeMb: number
  entries: number
  readUs: Microseconds
  readerUs: Microseconds
  proofSeconds: number
}

/** Of this process alone: what the system counts of a child begins with what its parent had. */
function rssMb(): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  if (peak === null) throw new Error('/proc/self/status says nothing of the highest memory')
  return Number(peak[1]) / 1024
}

function timesOf<T>(items: readonly T[], read: (item: T) => unknown): Microseconds {
  const times = items.map((item) => {
    const from = performance.now()
    if (read(item) === null) throw new Error('a value is missing')
    return (performance.now() - from) * 1_000
  })
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

function restarted(job: { file: string; entry: string; assets: string[] }): Restarted {
  const { file, assets } = job
  const addon = loadAddon()
  const beforeMb = rssMb()
  const from = performance.now()
  const ledger = openLedger({ addon, file })
  const { outcome } = commitOne(ledger, { entry: fromHex(job.entry), payload: null })
  const seconds = (performance.now() - from) / 1_000
  if (outcome !== 'accepted') throw new Error(`the statement was not accepted: ${outcome}`)
  const started = { seconds, rssMb: rssMb(), beforeMb, entries: ledger.size }
  const actor = (ledger.members()[0] as { actor: ActorId }).actor
  const readUs = timesOf(assets, (asset) => ledger.asset(asset, actor))
  const { height } = ledger.lastSeal()
  ledger.close()
  const reader = openReader(file)
  const readerUs = timesOf(assets, (asset) => reader.asset(asset))
  const proving = performance.now()
  const { items } = reader.state.prove(height - 1, [coreKey.channel()])
  const proofSeconds = (performance.now() - proving) / 1_000
  if (items[0]?.treeValue === null) throw new Error('the channel is not in the state')
  reader.close()
  return { ...started, readUs, readerUs, proofSeconds }
}

process.stdout.write(JSON.stringify(restarted(JSON.parse(readFileSync(process.argv[2] as string, 'utf8')))))
