/** kill -9 of random gateways under load: nothing acknowledged is lost or doubled, and the record agrees everywhere. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openReader } from '../../src-main/ledger/reader.ts'
import { PlantOfThree } from '../support/load/plant-of-three.ts'
import { isLong } from '../support/long.ts'
import { until } from '../support/plumbline-process.ts'

const KILLS = Number(process.env['PLUMBLINE_KILLS'] ?? (isLong ? 20 : 8))
const BATCHES_IN_FLIGHT = 4
/** Two seconds where nothing else runs, and printed; a machine that does much else may take longer. */
const LEADER_KILLED_WRITES_AGAIN_MS = 15_000

/** Deterministic choice of victims and pauses, so that a failing run can be told apart from another. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

describe('three gateways under load', () => {
  let plant: PlantOfThree

  beforeAll(async () => {
    plant = await PlantOfThree.start(50)
    plant.tell({ type: 'begin', batchesInFlight: BATCHES_IN_FLIGHT, isOracle: true })
    await until(
      'all three to write under one leader',
      60_000,
      async () => (await plant.figures()).map(({ acknowledged, leader }) => acknowledged > 0 && leader !== null),
      (writing) => writing.length === 3 && writing.every(Boolean),
    )
  })

  afterAll(async () => {
    await plant.stop()
    plant.remove()
  })

  it('write again soon when the leader is killed', async () => {
    const leader = (await plant.figures())[0]?.leader
    const victim = ['gw-1', 'gw-2', 'gw-3'].indexOf(leader ?? '')
    expect(victim).toBeGreaterThanOrEqual(0)
    await plant.kill(victim)
    const before = plant.acknowledged.length
    const killedMs = performance.now()
    while (plant.acknowledged.length === before && performance.now() - killedMs < 20_000) await sleep(20)
    const tookMs = performance.now() - killedMs
    console.info(`leader killed: writing again after ${Math.round(tookMs)} ms`)
    expect(tookMs).toBeLessThan(LEADER_KILLED_WRITES_AGAIN_MS)
    await plant.startOne(victim)
    plant.tell({ type: 'begin', batchesInFlight: BATCHES_IN_FLIGHT, isOracle: true }, victim)
  })

  it(`lose nothing acknowledged through ${KILLS} kills`, async () => {
    const roll = dice(7)
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = roll(3)
      await sleep(100 + roll(200))
      await plant.kill(victim)
      await sleep(roll(300))
      await plant.startOne(victim)
      plant.tell({ type: 'begin', batchesInFlight: BATCHES_IN_FLIGHT, isOracle: true }, victim)
    }
    plant.tell({ type: 'pause' })
    await untilSettled(plant)
    await plant.stop()
    const readers = plant.ledgers.map((file) => openReader(file))
    try {
      const size = Math.min(...readers.map((reader) => reader.size()))
      const roots = readers.map((reader) => Buffer.from(reader.rootAt(size)).toString('hex'))
      expect(new Set(roots).size).toBe(1)
      const actors = new Map(readers[0]?.members().map((member) => [member.name, member.actor]))
      const seen = new Set<number>()
      for (const { name, sequence, index } of plant.acknowledged) {
        expect(seen.has(index)).toBe(false)
        seen.add(index)
        for (const reader of readers) {
          const entry = reader.entries.entry(index)
          expect([entry?.actor, entry?.sequence]).toEqual([actors.get(name), sequence])
        }
      }
      console.info(
        `${plant.acknowledged.length} acknowledged batches through ${KILLS} kills, all there; ${size} entries`,
      )
      expect(plant.acknowledged.length).toBeGreaterThan(KILLS)
    } finally {
      for (const reader of readers) reader.close()
    }
  })
})

/** Waits until all three have the same size and nothing moves any more. */
async function untilSettled(plant: PlantOfThree): Promise<void> {
  for (let still = 0, last = ''; still < 4;) {
    await sleep(500)
    const sizes = (await plant.figures()).map((figures) => figures.size)
    const now = sizes.join()
    still = now === last && new Set(sizes).size === 1 ? still + 1 : 0
    last = now
  }
}
