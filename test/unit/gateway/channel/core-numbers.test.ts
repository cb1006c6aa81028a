import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { EntryReader } from '../../../../src-main/ledger/read-entries.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import type { Reading } from '../../../../src-main/wire/reading.ts'
import { readRow, RowWriter, UNNUMBERED } from '../../../../src-main/wire/rows.ts'
import { Prng } from '../../../sim/prng.ts'
import { addon, codesOf, CoreNet, gapsOf, openStreams, type CoreNode } from './core-net.ts'

/** What a plant does to one gateway, and every reading that its sources gave. */
class Life {
  readonly net = new CoreNet(3)
  readonly given = new Map<string, number>()
  readonly #prng: Prng
  readonly #others: CoreNode[]
  readonly #streams: StreamId[]
  #last: { stream: number; timeUs: number; value: number } | null = null
  node: CoreNode

  constructor(seed: number) {
    this.#prng = new Prng(seed)
    const [node, ...others] = [0, 1, 2].map((index) => this.net.start(index)) as [CoreNode, CoreNode, CoreNode]
    this.node = node
    this.#others = others
    this.net.elect()
    this.#streams = openStreams(this.net, node, 3)
    this.net.run(2_000)
  }

  /** Some readings, now and then the last one once more. */
  read(): void {
    const writer = new RowWriter(this.#streams)
    for (let i = this.#prng.int(1, 6); i > 0; i--) {
      const again = this.#last !== null && this.#prng.chance(0.3)
      const last = this.#last
      const { stream, timeUs, value } =
        again && last !== null
          ? last
          : { stream: this.#prng.int(0, 2), timeUs: this.net.nowUs() + 6 - i, value: this.#prng.int(0, 3) }
      writer.push(stream, UNNUMBERED, timeUs, { kind: 'float', value }, 0, 0)
      this.#last = { stream, timeUs, value }
      this.given.set(`${this.#streams[stream]} ${timeUs}`, value)
    }
    this.node.core.readings(writer.take())
    this.net.run(this.#prng.int(1, 4) * 100)
  }

  /** The others come and go, the source falls silent. */
  disturb(): void {
    const isOff = this.#prng.chance(0.4)
    for (const other of this.#others) other.off = isOff
    if (this.#prng.chance(0.3)) this.node.core.silence('the acquiring process ended')
  }

  restart(): void {
    this.node = this.net.restart(this.node)
  }

  /** Puts an old disk under the gateway, which knows of it. */
  throwBack(image: Uint8Array): void {
    this.node.ledger.close()
    this.node = this.net.start(0, { image, memory: 'lost' })
    for (const other of this.#others) other.off = false
    for (let i = 0; i < 5; i++) this.read()
    // A leader that remembers more of this gateway's log than there is brings it nothing; the next one asks.
    for (const other of this.#others) this.net.lead(other)
    this.net.run(5_000)
    this.node.core.beginIncarnation()
  }

  rest(): void {
    for (const other of this.#others) other.off = false
    this.net.run(12_000)
  }

  recorded(): Reading[] {
    const reader = new EntryReader(new Database(Buffer.from(this.node.ledger.image())), addon)
    return reader.entries(0, 8_192).flatMap(({ index, kind }) => {
      if (kind !== 'batch') return []
      const { opened, header } = reader.batch(index)
      return Array.from({ length: header.count }, (_, row) => readRow(opened, row))
    })
  }
}

/** Numbers without a hole, nothing twice, and no gap over what is there. */
function expectWhole(life: Life): Reading[] {
  const readings = life.recorded()
  const next = new Map<string, number>()
  const seen = new Set<string>()
  for (const { stream, sequence, sourceTimeUs, value } of readings) {
    expect(sequence).toBe(next.get(stream) ?? 0)
    next.set(stream, sequence + 1)
    const name = `${stream} ${sourceTimeUs}`
    expect(seen.has(name), `${name} is recorded twice`).toBe(false)
    seen.add(name)
    expect(life.given.get(name)).toBe((value as { value: number }).value)
  }
  for (const gap of gapsOf(life.node).flat()) {
    expect(gap.toSequence).toBe(gap.fromSequence - 1)
    const inside = readings.filter(
      ({ stream, sourceTimeUs, sequence }) =>
        stream === gap.stream &&
        sourceTimeUs > gap.fromTimeUs &&
        sourceTimeUs < gap.toTimeUs &&
        sequence !== gap.fromSequence,
    )
    expect(inside).toEqual([])
  }
  // Where the old disk is older than what the others saw of it, they say so.
  const codes = codesOf(life.node).filter((code) => code !== 'peers-know-more')
  expect([life.node.core.signing, life.node.core.notice, codes]).toEqual(['open', null, []])
  return readings
}

test.each([1, 2])(
  'seed %i: whatever happens around a gateway that remembers, every reading is recorded once',
  (seed) => {
    const life = new Life(seed)
    for (let i = 0; i < 25; i++) {
      life.read()
      if (i % 5 === 4) life.disturb()
      if (i % 9 === 8) life.restart()
    }
    life.rest()
    expect(expectWhole(life)).toHaveLength(life.given.size)
  },
)

test.each([5, 6])(
  'seed %i: with an old disk under it nothing is doubled, and no gap lies over what the ledger holds',
  (seed) => {
    const life = new Life(seed)
    let image = life.node.ledger.image()
    for (let i = 0; i < 25; i++) {
      life.read()
      if (i % 4 === 3) life.disturb()
      if (i === 8) image = life.node.ledger.image()
    }
    life.net.run(2_000)
    life.throwBack(image)
    life.rest()
    for (let i = 0; i < 3; i++) life.read()
    life.rest()
    // Of the time before, what the others have is there; what only the disk had that is gone is not.
    expect(expectWhole(life).length).toBeGreaterThan(20)
  },
)
