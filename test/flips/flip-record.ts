/**
 * The data folder that bits are flipped in: one gateway's own channel, recorded by a real core on a disk, and left as a killed
 * process leaves it: with a write-ahead log, a queue, a Raft log. The same seed gives the same bytes.
 */
import { plainMeaning } from '../../src-main/record/stream-fields.ts'
import type { Mark } from '../../src-main/gateway/memory/mark.ts'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Addon } from '../../native/addon.ts'
import { loadEngine } from '../../src-main/documents/engine.ts'
import { forgetfulMemory } from '../../src-main/gateway/agreement/agreement-memory.ts'
import { UNKNOWN_CLOCK } from '../../src-main/gateway/clock/system-clock.ts'
import { GatewayCore } from '../../src-main/gateway/channel/core.ts'
import { gatewayFolder, type GatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { foundChannel } from '../../src-main/gateway/folder/found.ts'
import { openKeyStore } from '../../src-main/keys/key-store.ts'
import { openLedger, type Ledger } from '../../src-main/ledger/ledger.ts'
import { createPackHost, type PackHost } from '../../src-main/packs/host.ts'
import { streamId } from '../../src-main/record/channel.ts'
import type { StreamId } from '../../src-main/wire/ids.ts'
import { RowWriter, UNNUMBERED } from '../../src-main/wire/rows.ts'
import { shippedContracts } from '../support/shipped-contracts.ts'
import { Prng } from '../sim/prng.ts'

export const NAME = 'gw-flip'
export const ASSET = 'urn:own:van-1'
export const FIRST_US = 1_750_000_000_000_000
const STEP_MS = 100
/** So many that the ledger tree has a full tile, the reading index a full chunk, and the file every table's pages. */
const STEPS_IN_FILE = 240
const STEPS_IN_LOG = 25

export interface FlipRecord {
  folder: GatewayFolder
  host: PackHost
  streams: StreamId[]
  lastUs: number
}

/** One gateway's core on a folder, with a clock that moves when told. */
export class FlipCore {
  readonly core: GatewayCore
  readonly ledger: Ledger
  readonly #clock: { ms: number }

  constructor(folder: GatewayFolder, ledger: Ledger, addon: Addon, clock: { ms: number }, seed: number) {
    const random = new Prng(seed, clock.ms)
    this.ledger = ledger
    this.#clock = clock
    this.core = new GatewayCore({
      addon,
      ledger,
      keys: openKeyStore(folder.keys),
      name: NAME,
      raftId: 1,
      limits: { batchReadingsMax: 500, closeAfterMs: STEP_MS, queueBytesMax: 2e9 },
      marks: { read: () => markOf(ledger), write: () => undefined },
      genesis: readFileSync(folder.genesis),
      memory: forgetfulMemory(),
      nowMs: () => clock.ms,
      nowUs: () => FIRST_US + clock.ms * 1_000,
      clock: {
        elapsedUs: () => clock.ms * 1_000,
        system: () => UNKNOWN_CLOCK,
        peers: () => [],
        believed: { read: () => null, write: () => undefined },
      },
      random: (length) => Uint8Array.from({ length }, () => random.int(0, 255)),
      send: () => undefined,
      broadcast: () => undefined,
      onApplied: () => undefined,
      onAcknowledged: () => undefined,
      onCondition: () => undefined,
    })
  }

  step(): void {
    this.#clock.ms += STEP_MS
    this.core.tick()
    while (this.core.work());
  }
}

export async function makeRecord(root: string, addon: Addon, seed: number): Promise<FlipRecord> {
  const making = gatewayFolder(join(root, 'making'))
  mkdirSync(making.root, { recursive: true, mode: 0o700 })
  const random = new Prng(seed)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.int(0, 255))
  const keys = openKeyStore(making.keys, { random: bytes })
  const members = [{ name: NAME, legalName: 'Flip', keys }]
  const founding = { name: 'Flip', site: 'Hall', simulated: true, members, engine: loadEngine(), nowUs: FIRST_US }
  const genesis = foundChannel({ ...founding, random: bytes })
  writeFileSync(making.genesis, genesis)
  const host = await createPackHost(loadEngine())
  const open = (): Ledger => openLedger({ addon, file: making.ledger, genesis, contracts: shippedContracts })
  const clock = { ms: 0 }
  const first = new FlipCore(making, open(), addon, clock, seed)
  for (let i = 0; i < 60; i++) first.step()
  const streams = openStreams(first, keys.actorId)
  for (let i = 0; i < 20; i++) first.step()
  record(first, streams, 0, STEPS_IN_FILE, clock)
  // Closing folds the log into the file; what comes after stays in the log.
  first.ledger.close()
  const second = new FlipCore(making, open(), addon, clock, seed)
  for (let i = 0; i < 60; i++) second.step()
  record(second, streams, STEPS_IN_FILE, STEPS_IN_LOG, clock)
  read(second, streams, STEPS_IN_FILE + STEPS_IN_LOG, clock)
  second.core.close()
  const folder = gatewayFolder(join(root, NAME))
  copyFolder(making, folder.root)
  second.ledger.close()
  rmSync(making.root, { recursive: true })
  return { folder, host, streams, lastUs: FIRST_US + clock.ms * 1_000 }
}

function openStreams({ core, ledger }: FlipCore, actor: Parameters<typeof streamId>[1]): StreamId[] {
  const about = { scheme: 'own', type: 'vehicle', name: 'Van 1', attributes: {}, packs: ['odometer'], simulated: true }
  void core.event('asset.registered', { asset: ASSET, ...about })
  const kinds = [
    { tag: 'km', unit: 'km', kind: 'float', quantity: 'odometer' },
    { tag: 'temperature', unit: 'Cel', kind: 'float', quantity: 'temperature' },
  ] as const
  return kinds.map((kind) => {
    const stream = streamId(ledger.channel, actor, 'van', kind.tag)
    const how = {
      meaning: plainMeaning('modbus'),
      trust: 'unauthenticated',
      simulated: true,
      range: null,
      cadenceMs: 100,
    } as const
    void core.event('stream.opened', {
      stream,
      source: 'van',
      label: kind.tag,
      ...kind,
      ...how,
      fromSequence: 0,
    })
    if (kind.tag === 'km') void core.event('stream.bound', { stream, asset: ASSET, fromSequence: 0 })
    return stream
  })
}

function record(core: FlipCore, streams: StreamId[], from: number, steps: number, clock: { ms: number }): void {
  for (let i = from; i < from + steps; i++) {
    read(core, streams, i, clock)
    core.step()
  }
}

/** The pack of the asset is run for each batch with readings of its odometer: few, so that a start stays short. */
const ODOMETER_EVERY = 6

/** Two readings a stream; now and then some of the second stream are missing before them, which is signed as a gap. */
function read({ core }: FlipCore, streams: StreamId[], step: number, clock: { ms: number }): void {
  const rows = new RowWriter(streams)
  const nowUs = FIRST_US + clock.ms * 1_000
  for (const i of [0, 1]) {
    const sequence = 2 * step + i
    const km = (2 * step) / ODOMETER_EVERY + i
    if (step % ODOMETER_EVERY === 0)
      rows.push(0, UNNUMBERED, nowUs + i * 40_000, { kind: 'float', value: 1_000 + km }, 0, 0)
    rows.push(1, UNNUMBERED, nowUs + i * 40_000, { kind: 'float', value: 20 + Math.sin(sequence / 9) }, 0, 0)
  }
  const gap = { row: 0, stream: streams[1] as string, fromTimeUs: nowUs - 60_000, toTimeUs: nowUs, reason: 'link down' }
  core.readings(rows.take(), { gaps: step % 25 === 24 ? [gap] : [] })
}

/** Everything but the log's shared memory, which a start makes anew. */
export function copyFolder(from: GatewayFolder, to: string): GatewayFolder {
  rmSync(to, { recursive: true, force: true })
  for (const folder of ['', 'keys']) {
    mkdirSync(join(to, folder), { recursive: true, mode: 0o700 })
    for (const entry of readdirSync(join(from.root, folder), { withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('-shm'))
        copyFileSync(join(from.root, folder, entry.name), join(to, folder, entry.name))
    }
  }
  return gatewayFolder(to)
}

/** As if its mark had always been kept. */
function markOf(ledger: Ledger): Mark {
  const { ledger: id, counter } = ledger.memory.identity
  return { ledger: id, counter, term: 0, vote: 0, cosigned: 0 }
}
