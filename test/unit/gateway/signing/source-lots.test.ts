/** Lots that a source tells of by one of its tags: which readings belong to which, whatever happens in between. */
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { Mark } from '../../../../src-main/gateway/memory/mark.ts'
import type { LotSource } from '../../../../src-main/gateway/signing/source-lots.ts'
import { EntryReader } from '../../../../src-main/ledger/read-entries.ts'
import { decodeBody } from '../../../../src-main/record/events.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { MAX_BATCH_READINGS } from '../../../../src-main/wire/limits.ts'
import { decodePayload } from '../../../../src-main/wire/payload.ts'
import { QUALITY } from '../../../../src-main/wire/quality.ts'
import type { Value } from '../../../../src-main/wire/reading.ts'
import { RowWriter, UNNUMBERED, type Rows } from '../../../../src-main/wire/rows.ts'
import { addon, CoreNet, opening, recordedBy, type CoreNode } from '../channel/core-net.ts'

const PREFIX = 'urn:lot:'
const ASSET = {
  asset: PREFIX,
  scheme: 'own',
  type: 'lot',
  name: 'Lot',
  names: { de: 'Los' },
  attributes: { product: 'Lemon' },
  packs: [],
  simulated: true,
}

interface Rig {
  net: CoreNet
  node: CoreNode
  lot: StreamId
  weight: StreamId
  torque: StreamId
}

const sourceOf = ({ lot, weight, torque }: Pick<Rig, 'lot' | 'weight' | 'torque'>): LotSource => ({
  source: 'press',
  name: 'Press',
  carrier: lot,
  streams: [lot, weight, torque],
  asset: ASSET,
})

function rig(members = 1, limits = {}): Rig {
  const net = new CoreNet(members, limits, { severalOwners: members > 1 })
  const member = net.channel.member(0)
  const [lot, weight, torque] = ['lot', 'weight', 'torque'].map((tag) =>
    net.channel.streamOf(member, 'press', tag),
  ) as [StreamId, StreamId, StreamId]
  net.lots = [sourceOf({ lot, weight, torque })]
  const node = net.start(0)
  net.lots = []
  for (let other = 1; other < members; other++) net.start(other)
  net.elect()
  for (const tag of ['lot', 'weight', 'torque'])
    void node.core.event('stream.opened', {
      ...opening(net, node, tag),
      ...(tag === 'lot' && { kind: 'text' as const }),
    })
  net.run(3_000)
  return { net, node, lot, weight, torque }
}

type Read = ['lot', Value | string, quality?: number] | ['weight' | 'torque', number]

/** Readings in their order, each of another instant; what a machine weighs is the number of the lot that it weighs for. */
function rowsOf(of: Rig, read: readonly Read[], at = 0): Rows {
  const names = ['lot', 'weight', 'torque'] as const
  const writer = new RowWriter(names.map((name) => of[name]))
  for (const [i, [name, given, quality = 0]] of read.entries()) {
    const value: Value =
      typeof given === 'object'
        ? given
        : typeof given === 'string'
          ? { kind: 'text', value: given }
          : { kind: 'float', value: given }
    writer.push(names.indexOf(name), UNNUMBERED, of.net.nowUs() + (at + i) * 1_000, value, quality, 0)
  }
  return writer.take()
}

interface Told {
  /** Of each stream its readings in their order: what was read, and every asset to which the ledger says that it belongs. */
  readings: { stream: StreamId; value: unknown; assets: string[] }[]
  registered: string[]
  refused: number
}

/** As a reader of the ledger finds it: from signed bindings and the sequences of readings alone. */
function told(node: CoreNode): Told {
  const reader = new EntryReader(new Database(Buffer.from(node.ledger.image())), addon)
  const bindings: { stream: StreamId; asset: string; first: number; last: number }[] = []
  const readings: { stream: StreamId; sequence: number; value: unknown }[] = []
  const registered: string[] = []
  for (const [index, statement] of recordedBy(node).entries()) {
    if (statement.kind === 'batch') {
      const payload = reader.payload(index) as Uint8Array
      for (const run of decodePayload(payload, { maxReadings: MAX_BATCH_READINGS }).readings())
        readings.push({
          stream: run.stream,
          sequence: run.sequence,
          value: 'value' in run.value ? run.value.value : null,
        })
    } else if (statement.kind !== 'event') continue
    else if (statement.type === 'stream.bound') {
      const { stream, asset, fromSequence } = decodeBody('stream.bound', statement.body)
      bindings.push({ stream, asset, first: fromSequence, last: Infinity })
    } else if (statement.type === 'stream.unbound') {
      const { stream, asset, lastSequence } = decodeBody('stream.unbound', statement.body)
      const open = bindings.filter((one) => one.stream === stream && one.asset === asset && one.last === Infinity)
      expect(open).toHaveLength(1)
      for (const one of open) one.last = lastSequence
    } else if (statement.type === 'asset.registered') registered.push(...statement.assets)
  }
  return {
    readings: readings.map(({ stream, sequence, value }) => ({
      stream,
      value,
      assets: bindings
        .filter((one) => one.stream === stream && one.first <= sequence && sequence <= one.last)
        .map(({ asset }) => asset),
    })),
    registered,
    refused: node.ledger.queue.refused(9).length,
  }
}

const of = ({ readings }: Told, stream: StreamId): [unknown, string[]][] =>
  readings.filter((one) => one.stream === stream).map(({ value, assets }) => [value, assets])

const lots = (...names: string[]): string[] => names.map((name) => PREFIX + name)
/** What is so now, of what stood at any time. */
const standing = (node: CoreNode) => node.conditions.all().filter(({ closedAtUs }) => closedAtUs === null)
const codes = (node: CoreNode): string[] => standing(node).map(({ code }) => code)

/** The core is told what was decided on its words behind the pass that decided. */
async function runs(net: CoreNet, ms: number): Promise<void> {
  net.run(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

describe('the lot of a source', () => {
  test('ends and begins at the reading that says so: every reading is in the lot in which it was taken, and in no other', () => {
    const at = rig()
    const { net, node, lot, weight, torque } = at
    node.core.readings(
      rowsOf(at, [
        ['weight', 0],
        ['lot', 'A'],
        ['weight', 1],
        ['torque', 1],
        ['weight', 1],
        ['lot', 'B'],
        ['weight', 2],
        ['lot', 'B'],
        ['weight', 2],
        ['lot', 'C'],
        ['torque', 3],
      ]),
    )
    net.run(2_000)
    const now = told(node)
    expect(of(now, weight)).toEqual([
      [0, []],
      [1, lots('A')],
      [1, lots('A')],
      [2, lots('B')],
      [2, lots('B')],
    ])
    expect(of(now, torque)).toEqual([
      [1, lots('A')],
      [3, lots('C')],
    ])
    expect(of(now, lot).map(([, assets]) => assets)).toEqual(['A', 'B', 'B', 'C'].map((name) => lots(name)))
    expect([now.registered, codes(node), now.refused]).toEqual([lots('A', 'B', 'C'), [], 0])
    expect(node.ledger.asset(`${PREFIX}B`, node.member.actor)?.registered).toMatchObject({
      name: 'Lot B',
      names: { de: 'Los B' },
      attributes: { product: 'Lemon' },
    })
  })

  test('is not left by a bad reading, an empty text, zero or blanks around the same name; a number is one', () => {
    const at = rig()
    const { net, node, weight } = at
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['lot', 'B', QUALITY.badNoCommunication],
        ['lot', { kind: 'null' }, QUALITY.badNotConnected],
        ['lot', ''],
        ['lot', ' \0'],
        ['lot', 'A \0\0'],
        ['lot', { kind: 'integer', value: 0n }],
        ['weight', 1],
        ['lot', { kind: 'integer', value: 4711n }],
        ['weight', 2],
        ['lot', { kind: 'integer', value: -3n }],
        ['weight', 3],
      ]),
    )
    net.run(2_000)
    expect(of(told(node), weight)).toEqual([
      [1, lots('A')],
      [2, lots('4711')],
      [3, lots('-3')],
    ])
  })

  test('is taken up again where the tag says an earlier one, under its one registration', () => {
    const at = rig()
    const { net, node, weight } = at
    for (const [name, value] of [
      ['A', 1],
      ['B', 2],
      ['A', 3],
    ] as const) {
      node.core.readings(
        rowsOf(at, [
          ['lot', name],
          ['weight', value],
        ]),
      )
      net.run(1_000)
    }
    const now = told(node)
    expect(of(now, weight)).toEqual([
      [1, lots('A')],
      [2, lots('B')],
      [3, lots('A')],
    ])
    expect([now.registered, codes(node)]).toEqual([lots('A', 'B'), []])
  })

  test('leaves nothing behind at streams that did not move in it, however many lots there are', () => {
    const at = rig()
    const { net, node, weight, torque } = at
    node.core.readings(
      rowsOf(at, [
        ['lot', 'L0'],
        ['torque', 0],
      ]),
    )
    for (let i = 1; i < 30; i++)
      node.core.readings(
        rowsOf(
          at,
          [
            ['lot', `L${i}`],
            ['weight', i],
          ],
          10 * i,
        ),
      )
    node.core.readings(rowsOf(at, [['torque', 29]], 1_000))
    net.run(3_000)
    const now = told(node)
    expect(of(now, torque)).toEqual([
      [0, lots('L0')],
      [29, lots('L29')],
    ])
    expect(of(now, weight)).toHaveLength(29)
    expect(codes(node)).toEqual([])
  })

  test.each([
    ['longer than a name may be', 'A'.repeat(65)],
    ['letters that look like others', 'Lоt 7'],
    ['signs that clear a screen', '\u001b[2JA'],
    ['more than anybody reads', ' '.repeat(600) + 'A'],
  ])('ends, and none begins, where the tag says %s', (_, hostile) => {
    const at = rig()
    const { net, node, weight } = at
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
        ['lot', hostile],
        ['weight', 2],
      ]),
    )
    net.run(1_000)
    const isRead = hostile.trim() !== hostile
    expect(of(told(node), weight)).toEqual([
      [1, lots('A')],
      [2, isRead ? lots('A') : []],
    ])
    expect(codes(node)).toEqual(isRead ? [] : ['lot-unusable'])
    node.core.readings(
      rowsOf(at, [
        ['lot', 'B'],
        ['weight', 3],
      ]),
    )
    net.run(1_000)
    expect([of(told(node), weight).at(-1), codes(node)]).toEqual([[3, lots('B')], []])
  })

  test('is not taken from a recorded past: that is of lots long gone', () => {
    const at = rig()
    const { net, node } = at
    node.core.readings(rowsOf(at, [['lot', 'A']]), { kind: 'past' })
    net.run(1_000)
    expect([of(told(node), at.lot), told(node).registered]).toEqual([[['A', []]], []])
  })

  test('is known behind readings that were given up', () => {
    const at = rig(3, { queueBytesMax: 4_000 })
    const { net, node, weight } = at
    const [, ...others] = net.nodes as [CoreNode, CoreNode, CoreNode]
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
      ]),
    )
    net.run(2_000)
    for (const other of others) other.off = true
    for (let i = 0; !node.core.paused; i++) {
      node.core.readings(rowsOf(at, [['weight', 1]]))
      net.run(500)
    }
    node.core.readings(
      rowsOf(at, [
        ['weight', 1],
        ['lot', 'B'],
        ['weight', 2],
      ]),
    )
    net.run(500)
    for (const other of others) other.off = false
    for (let i = 0; node.core.paused && i < 60; i++) net.run(1_000)
    node.core.readings(rowsOf(at, [['weight', 2]]))
    net.run(5_000)
    const now = of(told(node), weight)
    for (const [value, assets] of now) expect(assets).toEqual(lots(value === 1 ? 'A' : 'B'))
    expect(now.at(-1)).toEqual([2, lots('B')])
  })
})

describe('a lot that the ledger refuses', () => {
  test('is told as such, the readings are recorded without one, and the next lot is taken', async () => {
    const at = rig(3)
    const { net, node, weight } = at
    const stranger = net.nodes[1] as CoreNode
    void stranger.core.event('asset.registered', { ...ASSET, asset: `${PREFIX}B` })
    await runs(net, 2_000)
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
        ['lot', 'B'],
        ['weight', 2],
      ]),
    )
    await runs(net, 2_000)
    expect(codes(node)).toEqual(['lot-refused'])
    expect(standing(node)[0]).toMatchObject({
      place: `${node.member.name}/press`,
      facts: { source: 'Press', lot: 'B', refused: 'no-relation' },
    })
    node.core.readings(
      rowsOf(at, [
        ['weight', 2],
        ['lot', 'C'],
        ['weight', 3],
      ]),
    )
    await runs(net, 2_000)
    const now = told(node)
    expect(of(now, weight)).toEqual([
      [1, lots('A')],
      [2, []],
      [2, []],
      [3, lots('C')],
    ])
    expect([codes(node), now.refused]).toEqual([[], 0])
  })

  test('is told where it was registered as something else, and where both said so at one time', async () => {
    const at = rig(3)
    const { net, node, weight } = at
    const stranger = net.nodes[1] as CoreNode
    void node.core.event('asset.registered', { ...ASSET, asset: `${PREFIX}A`, type: 'pallet' })
    await runs(net, 2_000)
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
      ]),
    )
    await runs(net, 2_000)
    expect(standing(node)).toMatchObject([{ code: 'lot-refused', facts: { refused: 'asset-differs' } }])
    net.lead(stranger)
    void stranger.core.event('asset.registered', { ...ASSET, asset: `${PREFIX}B` })
    node.core.readings(
      rowsOf(at, [
        ['lot', 'B'],
        ['weight', 2],
      ]),
    )
    await runs(net, 4_000)
    expect(standing(node)).toMatchObject([{ code: 'lot-refused', facts: { lot: 'B', refused: 'no-relation' } }])
    node.core.readings(rowsOf(at, [['weight', 2]], 10))
    await runs(net, 2_000)
    expect(of(told(node), weight).map(([, assets]) => assets)).not.toContainEqual(lots('A'))
    expect(node.ledger.stream(weight)?.assets).toEqual([])
    expect(node.core.notice).toBe(null)
  })
})

describe('a gateway that ends amid a change of lots', () => {
  /** Images of the ledger after each transaction of a run over three lots, and how much of what was read had been handed over. */
  function images(): { at: Rig; images: { image: Uint8Array; mark: Mark }[] } {
    const at = rig(1, { batchReadingsMax: 3 })
    const { net, node } = at
    const all: { image: Uint8Array; mark: Mark }[] = []
    const first = node.ledger.image()
    let again: CoreNode | null = null
    const mark = (): Mark => structuredClone(net.marks.get(node.id)) as Mark
    net.onCommit = () => void (again !== null && all.push({ image: again.ledger.image(), mark: mark() }))
    net.lots = [sourceOf(at)]
    node.ledger.close()
    again = net.start(0, { image: first })
    net.elect()
    for (const [i, name] of ['A', 'B', 'C'].entries()) {
      again.core.readings(
        rowsOf(at, [
          ['lot', name],
          ['weight', i],
          ['torque', i],
          ['weight', i],
          ['weight', i],
          ['torque', i],
        ]),
      )
      net.run(500)
    }
    net.run(500)
    net.onCommit = () => {}
    return { at, images: all }
  }

  test('goes on from every moment so that each reading is in one lot at most, its own, and everything is said once', () => {
    const { at, images: all } = images()
    expect(all.length).toBeGreaterThan(10)
    for (const { image, mark } of all) {
      at.net.marks.set(1, mark)
      const node = at.net.start(0, { image })
      at.net.elect()
      // A source that is read again says all its values.
      node.core.readings(
        rowsOf(at, [
          ['lot', 'C'],
          ['weight', 2],
          ['torque', 2],
        ]),
      )
      at.net.run(500)
      node.core.readings(
        rowsOf(at, [
          ['weight', 2],
          ['lot', 'D'],
          ['torque', 3],
          ['weight', 3],
        ]),
      )
      at.net.run(1_000)
      const now = told(node)
      const names = ['A', 'B', 'C', 'D']
      for (const stream of [at.weight, at.torque])
        for (const [value, assets] of of(now, stream)) expect(assets).toEqual(lots(names[value as number] as string))
      expect(now.registered).toEqual([...new Set(now.registered)])
      expect([node.ledger.stream(at.weight)?.assets, node.ledger.stream(at.torque)?.assets]).toEqual([
        lots('D'),
        lots('D'),
      ])
      expect([codes(node), now.refused, node.core.notice]).toEqual([[], 0, null])
      node.ledger.close()
      at.net.nodes = []
    }
  })

  test('finds in its queue what it has said without a majority, and says it no second time', async () => {
    const at = rig(3)
    const { net, node, weight } = at
    const others = net.nodes.slice(1)
    for (const other of others) other.off = true
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
        ['lot', 'B'],
        ['weight', 2],
      ]),
    )
    net.run(1_000)
    net.lots = [sourceOf(at)]
    const again = net.restart(node, false)
    net.run(1_000)
    again.core.readings(
      rowsOf(at, [
        ['lot', 'B'],
        ['weight', 2],
        ['lot', 'C'],
        ['weight', 3],
      ]),
    )
    net.run(1_000)
    for (const other of others) other.off = false
    await runs(net, 10_000)
    const now = told(again)
    const all = of(now, weight)
    expect(all.map(([value]) => value)).toEqual([1, 2, 2, 3])
    for (const [value, assets] of all) expect(assets).toEqual(lots(' ABC'[value as number] as string))
    expect([now.registered, codes(again), again.core.notice]).toEqual([lots('A', 'B', 'C'), [], null])
  })

  test('says what it had said and the others did not hear again in another incarnation, lot by lot', () => {
    const at = rig()
    const { net, node, weight } = at
    net.lots = [sourceOf(at)]
    // Nothing that is signed from here on is decided before the memory is lost.
    node.core.readings(
      rowsOf(at, [
        ['lot', 'A'],
        ['weight', 1],
        ['lot', 'B'],
        ['weight', 2],
        ['lot', 'C'],
        ['weight', 3],
      ]),
    )
    node.core.close()
    const image = node.ledger.image()
    node.ledger.close()
    const lost = net.start(0, { image, memory: 'lost' })
    net.elect()
    lost.core.beginIncarnation()
    net.run(3_000)
    lost.core.readings(
      rowsOf(
        at,
        [
          ['lot', 'C'],
          ['weight', 3],
          ['lot', 'D'],
          ['weight', 4],
        ],
        50,
      ),
    )
    net.run(3_000)
    const now = told(lost)
    const all = of(now, weight)
    expect(all.map(([value]) => value)).toEqual([1, 2, 3, 3, 4])
    for (const [value, assets] of all) expect(assets).toEqual(lots(' ABCD'[value as number] as string))
    expect([now.registered, lost.ledger.stream(weight)?.assets]).toEqual([lots('A', 'B', 'C', 'D'), lots('D')])
  })
})
