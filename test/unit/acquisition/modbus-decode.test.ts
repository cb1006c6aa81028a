import { describe, expect, test } from 'vitest'
import { planBlocks, polledTags, rawOf, splitBlock } from '../../../src-main/acquisition/drivers/modbus/blocks.ts'
import { decoderOf } from '../../../src-main/acquisition/drivers/modbus/decode.ts'
import { checkSources, type ModbusSource, type ModbusTag } from '../../../src-main/acquisition/config.ts'

function sourceWith(tags: { kind?: string; address: object }[], more: object = {}): ModbusSource {
  const checked = checkSources([
    {
      id: 'meter',
      name: 'Meter',
      driver: 'modbus',
      connection: { transport: 'tcp', host: 'localhost' },
      ...more,
      tags: tags.map((tag, index) => ({
        id: `t${index}`,
        label: `T${index}`,
        unit: '1',
        kind: tag.kind ?? 'integer',
        address: tag.address,
      })),
    },
  ])
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems))
  return checked.sources[0] as ModbusSource
}

const tagWith = (kind: string, address: object) =>
  sourceWith([{ kind, address: { table: 'holding', address: 0, ...address } }]).tags[0] as ModbusTag
const decode = (kind: string, address: object, hex: string) =>
  decoderOf(tagWith(kind, address))(Uint8Array.from(Buffer.from(hex, 'hex')))
const int = (value: bigint) => ({ kind: 'integer', value })
const float = (value: number) => ({ kind: 'float', value })

describe('registers become values bit by bit', () => {
  test.each([
    ['int16', 'fffe', int(-2n)],
    ['uint16', 'fffe', int(65_534n)],
    ['int32', '80000000', int(-2_147_483_648n)],
    ['uint32', '80000000', int(2_147_483_648n)],
    ['int64', '8000000000000000', int(-(2n ** 63n))],
    ['uint64', 'ffffffffffffffff', int(2n ** 64n - 1n)],
    ['bcd16', '1984', int(1984n)],
    ['bcd32', '12345678', int(12_345_678n)],
    ['bcd16', '19a4', null],
  ])('%s %s', (type, hex, value) => {
    expect(decode('integer', { type }, hex)).toEqual(value)
  })

  test.each(['ABCD:01020304', 'CDAB:03040102', 'BADC:02010403', 'DCBA:04030201'])('32-bit order %s', (line) => {
    const [order, hex = ''] = line.split(':')
    expect(decode('integer', { type: 'uint32', order }, hex)).toEqual(int(0x01020304n))
  })

  test.each([
    'ABCDEFGH:0102030405060708',
    'GHEFCDAB:0708050603040102',
    'BADCFEHG:0201040306050807',
    'HGFEDCBA:0807060504030201',
    'EFGHABCD:0506070801020304',
    'DCBAHGFE:0403020108070605',
  ])('64-bit order %s', (line) => {
    const [order, hex = ''] = line.split(':')
    expect(decode('integer', { type: 'uint64', order }, hex)).toEqual(int(0x0102030405060708n))
  })

  test('floats keep every bit, the sign of zero too', () => {
    expect(decode('float', { type: 'float32' }, '3dcccccd')).toEqual(float(0.10000000149011612))
    expect(decode('float', { type: 'float64' }, '3fb999999999999a')).toEqual(float(0.1))
    expect(decode('float', { type: 'float32' }, '80000000')).toEqual(float(-0))
    expect(decode('float', { type: 'float32' }, '7fc00000')).toEqual(float(Number.NaN))
  })

  test('scaling gives the decimal that was meant', () => {
    expect(decode('float', { type: 'int16', scale: 0.1, offset: -40 }, '0003')).toEqual(float(-39.7))
  })

  test('bits, texts and coils', () => {
    expect(decode('boolean', { type: 'bit', bit: 9 }, '0200')).toEqual({ kind: 'boolean', value: true })
    expect(decode('boolean', { type: 'bit', bit: 8 }, '0200')).toEqual({ kind: 'boolean', value: false })
    expect(decode('text', { type: 'string', registers: 4 }, '4c2d3432200000ff')).toEqual({
      kind: 'text',
      value: 'L-42',
    })
  })
})

describe('blocks', () => {
  const at = (address: number, more: object = {}) => ({ address: { table: 'holding', address, ...more } })
  const plan = (tags: { address: object }[], gapFill = 16) =>
    planBlocks(polledTags(sourceWith(tags)), gapFill).map(({ unit, table, address, count }) => [
      unit,
      table,
      address,
      count,
    ])

  test('neighbours share a request, and so do those that a small gap parts', () => {
    expect(plan([at(0), at(1), at(10, { type: 'uint32' }), at(28)])).toEqual([[1, 'holding', 0, 29]])
    expect(plan([at(0), at(18)])).toEqual([
      [1, 'holding', 0, 1],
      [1, 'holding', 18, 1],
    ])
    expect(plan([at(0), at(2)], 0)).toHaveLength(2)
  })

  test('no request asks for more than 125 registers, and no tag is cut in two', () => {
    const tags = Array.from({ length: 63 }, (_, index) => at(index * 2, { type: 'uint32' }))
    expect(plan(tags)).toEqual([
      [1, 'holding', 0, 124],
      [1, 'holding', 124, 2],
    ])
  })

  test('units, tables and paces keep requests of their own', () => {
    expect(
      plan([at(0), at(1, { unit: 2 }), at(2, { intervalMs: 5000 }), { address: { table: 'input', address: 3 } }]),
    ).toHaveLength(4)
  })

  test('a manual that counts from 1 is followed', () => {
    const [block] = planBlocks(polledTags(sourceWith([at(1)], { addressBase: 1 })), 16)
    expect(block?.address).toBe(0)
  })

  test('a refused block falls apart into what is needed', () => {
    const [block] = planBlocks(polledTags(sourceWith([at(0), at(1), at(9)])), 16)
    expect(splitBlock(block!).map(({ address, count }) => [address, count])).toEqual([
      [0, 2],
      [9, 1],
    ])
  })

  test('every tag gets its own bytes of an answer, and bits their own bit', () => {
    const [block] = planBlocks(polledTags(sourceWith([at(4), at(6, { type: 'uint32' })])), 16)
    const answer = Uint8Array.from(Buffer.from('00040005000600070008', 'hex'))
    expect(block!.tags.map((tag) => Buffer.from(rawOf(block!, tag, answer)).toString('hex'))).toEqual([
      '0004',
      '00060007',
    ])
    const coils = sourceWith([0, 3, 9].map((address) => ({ kind: 'boolean', address: { table: 'coil', address } })))
    const [bits] = planBlocks(polledTags(coils), 16)
    expect(bits!.tags.map((tag) => rawOf(bits!, tag, Uint8Array.of(0b1001, 0b10))[0])).toEqual([1, 1, 1])
    expect(bits!.tags.map((tag) => rawOf(bits!, tag, Uint8Array.of(0b0110, 0b01))[0])).toEqual([0, 0, 0])
  })
})
