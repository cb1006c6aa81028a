/**
 * The record and its state. `npm run bench -- record --scale 1` is the size the figures are meant for: 1,000,000 events over 100,000
 * assets, half of them about one, a tenth refused; and 10,000 streams with a reading a second each. By default a fiftieth of the events.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAddon } from '../../native/addon.ts'
import { openLedger } from '../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../src-main/ledger/ledger.ts'
import { loadedTree, packedPairs, proofIn } from '../../src-main/ledger/state-tree.ts'
import { toHex } from '../../src-main/wire/bytes.ts'
import { TestChannel } from '../support/channel.ts'
import type { SignedStatement } from '../support/channel.ts'
import { commit, seal } from '../unit/ledger/drive.ts'
import { figure, secondsOf } from './figure.ts'
import { measureContracts } from './record-contracts.ts'
import { measureStreams } from './record-streams.ts'
import type { Restarted } from './record-restart.ts'

const EVENTS = 1_000_000
const ASSETS = 100_000
const KEYS = 1_000_000
const CONTRACT_EVENTS = 100_000
const SHORT = 0.02
const CHANGED = 1_000
/** Events of one pass, and passes of one block. */
const PASS_EVENTS = 100
const BLOCK_PASSES = 10

export async function measureRecord(options: readonly string[]): Promise<void> {
  const at = options.indexOf('--scale')
  const scale = at === -1 ? SHORT : Number(options[at + 1])
  if (!(scale > 0)) throw new RangeError(`--scale ${options[at + 1]} is no number above 0`)
  measureTree(Math.round(KEYS * Math.min(1, 10 * scale)))
  measureStreams(Math.max(2, Math.round(10 * scale)))
  await measureContracts(Math.round(CONTRACT_EVENTS * Math.min(1, scale)))
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    measureEvents(folder, Math.round(EVENTS * scale), Math.round(ASSETS * scale))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measureTree(keys: number): void {
  const addon = loadAddon()
  const hash = (text: string): Buffer => addon.sha256(Buffer.from(text))
  const named = Array.from({ length: keys }, (_, i) => [Buffer.from(`key ${i}`), Buffer.from(`value ${i}`)] as const)
  const tree = loadedTree(addon, keys, named)
  const loading = secondsOf(3, () => void loadedTree(addon, keys, named).root())
  figure('state_tree_memory', tree.bytes / tree.count, 'bytes a key', { keys })
  figure('state_tree_loaded', loading, 's', { keys })
  tree.root()
  const step = Math.floor(keys / CHANGED)
  const some = Array.from({ length: CHANGED }, (_, i) => packedPairs([[hash(`key ${i * step}`), hash(`value ${i}`)]]))
  let round = 0
  const changing = secondsOf(5, () => {
    round += 1
    for (const pair of some) {
      pair[63] = round
      tree.set(pair)
    }
    tree.root()
  })
  figure('state_tree_changed', (changing / some.length) * 1e6, 'us a key', { keys, changed: some.length })
  const proving = secondsOf(5, () => some.forEach((pair) => void proofIn(tree, pair.subarray(0, 32))))
  figure('state_tree_proof', (proving / some.length) * 1e6, 'us', { keys })
}

function measureEvents(folder: string, events: number, assets: number): void {
  const file = join(folder, 'ledger.db')
  const addon = loadAddon()
  const none = new Uint8Array(32)
  const packs = [{ id: 'none', version: '1', hash: none, ruleHash: none, engineHash: none, parameters: {} }]
  const channel = new TestChannel(addon, { packs })
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  let cpuUs = 0
  let done = 0
  for (let pass = 0; done < events; pass++) {
    const statements = Array.from({ length: PASS_EVENTS }, () => eventOf(channel, done++, assets))
    const before = process.cpuUsage()
    commit(ledger, ...statements)
    const { user, system } = process.cpuUsage(before)
    cpuUs += user + system
    if (pass % BLOCK_PASSES === BLOCK_PASSES - 1) seal(channel, ledger)
  }
  figure('event_decided_and_written', cpuUs / events, 'us of CPU', { events, assets })
  seal(channel, ledger)
  // As a gateway that stops between two seals.
  commit(ledger, ...Array.from({ length: PASS_EVENTS }, () => eventOf(channel, done++, assets)))
  const next = eventOf(channel, 1, assets)
  const job = join(folder, 'job.json')
  writeFileSync(job, JSON.stringify({ file, entry: toHex(next.entry), assets: someAssets(assets) }))
  const mb = sizeOf(ledger, file) / 2 ** 20
  const run = spawnSync(process.execPath, [join(import.meta.dirname, 'record-restart.ts'), job], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  const restarted = JSON.parse(run.stdout) as Restarted
  const size = { events, assets, entries: restarted.entries, file_mb: Math.round(mb) }
  figure('restart_to_first_acknowledgement', restarted.seconds, 's', size)
  figure('restart_memory', restarted.rssMb, 'MB', { ...size, before_mb: restarted.beforeMb })
  figure('state_read_first', restarted.readUs.median, 'us', { ...size, p99: restarted.readUs.p99 })
  figure('state_read_by_reader', restarted.readerUs.median, 'us', { ...size, p99: restarted.readerUs.p99 })
  figure('state_proof_at_older_seal', restarted.proofSeconds, 's', size)
}

/** The first events register the assets; half of the others are about the first one, and a tenth of all is refused. */
function eventOf(channel: TestChannel, number: number, assets: number): SignedStatement {
  const member = channel.member(number % 3)
  const isRefused = number % 10 === 9
  if (number < assets && !isRefused) return channel.registerAsset(member, assetAt(number))
  const asset = isRefused ? 'urn:own:nobody' : number % 2 === 0 ? assetAt(0) : assetAt((number * 7_919) % assets)
  const about = { pack: 'none', verdict: 'PASS', fromUs: 0, toUs: 1 }
  return channel.event(member, 'certificate.issued', {
    certificateHash: channel.addon.sha256(certificateOf(number)),
    asset,
    ...about,
  })
}

function certificateOf(number: number): Uint8Array {
  return Buffer.from(`certificate ${number}`)
}

/** Numbers that end with 9 were refused. */
function assetAt(number: number): string {
  return `urn:own:asset-${number % 10 === 9 ? number - 1 : number}`
}

function someAssets(assets: number): string[] {
  return Array.from({ length: Math.min(1_000, assets) }, (_, i) => assetAt((i * 7_919 + 13) % assets))
}

function sizeOf(ledger: Ledger, file: string): number {
  ledger.close()
  return statSync(file).size
}
