/**
 * Gateways that come back with another disk than they had, as real processes with real files and TLS: an old ledger put back, one that
 * is gone, two that were swapped, a power cut. An oracle outside keeps what was acknowledged.
 */
import { closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { loadAddon } from '../../native/addon.ts'
import { fsck } from '../../src-main/ledger/audit.ts'
import { openChecked, PAGE_BYTES } from '../../src-main/ledger/checked-file.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { PlantOfThree } from '../support/load/plant-of-three.ts'
import { noPowerCut, PowerCut } from '../support/power-cut/power-cut.ts'
import { until } from '../support/plumbline-process.ts'

const [A, B, C] = [0, 1, 2] as const
const SUFFIXES = ['', '-wal', '-shm']

let plant: PlantOfThree
let power: PowerCut | null = null

afterEach(async () => {
  await plant.stop()
  plant.remove()
  power?.remove()
  power = null
})

const ledger = (i: number): string => plant.ledgers[i] as string
const mark = (i: number): string => join(dirname(ledger(i)), 'keys', 'mark')
const record = (only?: number): void => plant.tell({ type: 'begin', batchesInFlight: 1, isOracle: true }, only)
const sizes = async (): Promise<number[]> => (await plant.figures()).map(({ size }) => size)

async function acknowledgedMore(): Promise<void> {
  const before = plant.acknowledged.length
  await until(
    'an acknowledgement',
    20_000,
    async () => plant.acknowledged.length,
    (count) => count > before + 5,
  )
}

async function settled(): Promise<void> {
  plant.tell({ type: 'pause' })
  let last = ''
  await until(
    'equal sizes',
    30_000,
    async () => {
      const now = await sizes()
      const same = now.join() === last && new Set(now).size === 1 && now.length === 3
      last = now.join()
      await sleep(700)
      return same
    },
    (same) => same,
  )
}

/** All that was acknowledged is in all three ledgers, at its place and once. */
async function expectNothingLost(): Promise<void> {
  await settled()
  await plant.stop()
  const readers = plant.ledgers.map((file) => openReader(file))
  try {
    const size = Math.min(...readers.map((reader) => reader.size()))
    expect(new Set(readers.map((reader) => Buffer.from(reader.rootAt(size)).toString('hex'))).size).toBe(1)
    const actors = new Map(readers[0]?.members().map((member) => [member.name, member.actor]))
    for (const { name, sequence, index } of plant.acknowledged)
      for (const reader of readers) {
        const entry = reader.entries.entry(index)
        expect([entry?.actor, entry?.sequence]).toEqual([actors.get(name), sequence])
      }
    console.info(`${plant.acknowledged.length} acknowledged batches, all there`)
  } finally {
    for (const reader of readers) reader.close()
  }
}

function take(i: number, where: string): void {
  for (const suffix of SUFFIXES)
    if (existsSync(`${ledger(i)}${suffix}`)) copyFileSync(`${ledger(i)}${suffix}`, `${where}${suffix}`)
}

function put(i: number, from: string): void {
  for (const suffix of SUFFIXES) {
    rmSync(`${ledger(i)}${suffix}`, { force: true })
    if (existsSync(`${from}${suffix}`)) copyFileSync(`${from}${suffix}`, `${ledger(i)}${suffix}`)
  }
}

describe('an old ledger put back', () => {
  it('makes the others lose nothing: it votes only after both have been heard', async () => {
    plant = await PlantOfThree.start(50)
    record(A)
    await acknowledgedMore()
    await plant.kill(C)
    const old = join(plant.folder, 'old.db')
    take(C, old)
    await plant.startOne(C)
    await plant.kill(B)
    await acknowledgedMore()
    const acknowledged = plant.acknowledged.length
    await plant.kill(A)
    await plant.kill(C)
    put(C, old)
    await plant.startOne(B)
    await plant.startOne(C)
    await sleep(4_000)
    expect((await plant.figures()).map(({ leader }) => leader)).toEqual([null, null])
    await plant.startOne(A)
    record(A)
    await acknowledgedMore()
    expect(plant.acknowledged.length).toBeGreaterThan(acknowledged)
    await expectNothingLost()
  }, 400_000)
})

describe('a ledger that is gone', () => {
  it('while the gateway runs ends its acknowledging within two seconds, and it comes back from the others', async () => {
    plant = await PlantOfThree.start(50)
    record(A)
    await acknowledgedMore()
    for (const suffix of SUFFIXES) rmSync(`${ledger(A)}${suffix}`, { force: true })
    await sleep(2_000)
    const then = plant.acknowledged.length
    await sleep(1_500)
    expect(plant.acknowledged.length).toBe(then)
    await plant.startOne(A)
    record(B)
    await acknowledgedMore()
    await expectNothingLost()
  }, 400_000)

  it('of another gateway in its place is refused, by name', async () => {
    plant = await PlantOfThree.start(50)
    await plant.stop()
    const [first, second] = [ledger(A), ledger(B)]
    renameSync(first, `${first}.mine`)
    copyFileSync(second, first)
    await expect(plant.startOne(A)).rejects.toThrow(/is the ledger of gateway/)
  }, 400_000)
})

describe('a disk that lost pages of the record', () => {
  it('comes back by what the others have, before it opens its ledger', async () => {
    plant = await PlantOfThree.start(50)
    record(A)
    await acknowledgedMore()
    await plant.kill(C)
    const database = openChecked(ledger(C), {})
    database.pragma('wal_checkpoint(TRUNCATE)')
    const page = database.prepare('SELECT max(pageno) FROM dbstat WHERE name = ?').pluck()
    const pages = ['entry', 'payload', 'raft_log'].map((table) => page.get(table) as number)
    database.close()
    const handle = openSync(ledger(C), 'r+')
    for (const number of pages) writeSync(handle, Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, (number - 1) * PAGE_BYTES)
    closeSync(handle)
    await plant.startOne(C)
    record(C)
    await acknowledgedMore()
    await expectNothingLost()
    expect(fsck({ file: ledger(C), addon: loadAddon() }).verdict).toBe('unchanged')
  }, 400_000)
})

describe('a power cut', () => {
  const reason = noPowerCut()
  if (reason !== null) console.warn(`skipped: ${reason}`)

  it.skipIf(reason !== null)(
    'of the whole site loses nothing acknowledged, and the marks fit',
    async () => {
      power = new PowerCut()
      const environment = (folder: string) => (power as PowerCut).environment(folder)
      plant = await PlantOfThree.start(50, environment)
      for (let round = 0; round < 3; round++) {
        record()
        await acknowledgedMore()
        await Promise.all([A, B, C].map((i) => plant.kill(i)))
        for (const i of [A, B, C]) {
          power.cut([ledger(i), `${ledger(i)}-wal`, mark(i)])
          rmSync(`${ledger(i)}-shm`, { force: true })
        }
        await Promise.all([A, B, C].map((i) => plant.startOne(i)))
      }
      record()
      await acknowledgedMore()
      await expectNothingLost()
    },
    120_000,
  )
})
