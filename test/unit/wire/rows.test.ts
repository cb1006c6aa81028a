import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { flagNames, FLAG, qualityClass, STATUS, statusName } from '../../../src-main/wire/quality.ts'
import { decodeLeaf, encodeLeaf } from '../../../src-main/wire/reading.ts'
import type { Value } from '../../../src-main/wire/reading.ts'
import { readRow, readRows, ROW_BYTES, rowCount, RowWriter } from '../../../src-main/wire/rows.ts'
import { allUnits, parseUnit, unitOf } from '../../../src-main/wire/units.ts'
import { nonce, seed, streams } from './fixtures.ts'
import { readingArbitrary, valueArbitrary } from './readings.ts'

describe('packed rows', () => {
  it('give back every reading as it was pushed', () => {
    fc.assert(
      fc.property(fc.array(readingArbitrary, { maxLength: 80 }), (readings) => {
        const writer = new RowWriter(streams)
        for (const { stream, sequence, sourceTimeUs, value, quality, flags, evidence } of readings) {
          writer.push(streams.indexOf(stream), sequence, sourceTimeUs, value, quality, flags, evidence)
        }
        expect(writer.count).toBe(readings.length)
        const rows = writer.take()
        expect(rowCount(rows)).toBe(readings.length)
        expect([...readRows(rows)]).toEqual(readings)
        expect(writer.take().rows).toHaveLength(0)
      }),
    )
  })

  it('lie in memory as the layout says', () => {
    const writer = new RowWriter(streams)
    writer.push(1, 7, -2, { kind: 'float', value: 1.5 }, 0x8031_0000, 3, utf8('ev'))
    const { rows, heap, streams: ids } = writer.take()
    expect(rows).toHaveLength(ROW_BYTES)
    expect(toHex(rows)).toBe(
      '01000000' +
        '03000000' +
        '0700000000000000' +
        'feffffffffffffff' +
        '00003180' +
        '03000000' +
        '000000000000f83f' +
        '00000000' +
        '02000000',
    )
    expect(toHex(heap)).toBe(toHex(utf8('ev')))
    expect(toHex(ids)).toBe(streams.join(''))
  })

  it('copy what they are given, so that a driver may fill its buffer again', () => {
    const writer = new RowWriter(streams)
    // A driver's Buffer, whose own slice would share memory.
    const buffer = Buffer.from('first')
    writer.push(0, 0, 0, { kind: 'bytes', value: buffer }, 0, 0, buffer)
    buffer.fill(0)
    const row = readRow(writer.take(), 0)
    expect(row).toMatchObject({ value: { value: utf8('first') }, evidence: utf8('first') })
  })

  it.each<[string, Parameters<RowWriter['push']>]>([
    ['a stream that is not listed', [2, 0, 0, { kind: 'null' }, 0, 0]],
    ['a negative sequence', [0, -1, 0, { kind: 'null' }, 0, 0]],
    ['a sequence beyond 2^53', [0, 2 ** 53, 0, { kind: 'null' }, 0, 0]],
    ['a time with a fraction', [0, 0, 0.5, { kind: 'null' }, 0, 0]],
    ['a quality of 33 bits', [0, 0, 0, { kind: 'null' }, 2 ** 32, 0]],
    ['negative flags', [0, 0, 0, { kind: 'null' }, 0, -1]],
    ['an integer beyond 64 bits', [0, 0, 0, { kind: 'integer', value: 2n ** 64n }, 0, 0]],
    ['an integer below 64 bits', [0, 0, 0, { kind: 'integer', value: -(2n ** 63n) - 1n }, 0, 0]],
    ['a text that is too long', [0, 0, 0, { kind: 'text', value: 'x'.repeat(4097) }, 0, 0]],
    ['evidence that is too long', [0, 0, 0, { kind: 'null' }, 0, 0, new Uint8Array(4097)]],
  ])('refuse %s and stay as they were', (_, row) => {
    const writer = new RowWriter(streams)
    expect(() => writer.push(...row)).toThrow(expect.objectContaining({ code: 'malformed_rows' }))
    expect(writer.count).toBe(0)
    expect(writer.take().heap).toHaveLength(0)
  })

  it('refuse to read rows that point outside', () => {
    const writer = new RowWriter(streams)
    writer.push(0, 0, 0, { kind: 'text', value: 'abc' }, 0, 0)
    const good = writer.take()
    expect(() => readRow({ ...good, heap: new Uint8Array(2) }, 0)).toThrow(WireError)
    expect(() => readRow({ ...good, streams: new Uint8Array(0) }, 0)).toThrow(WireError)
    expect(() => readRow(good, 1)).toThrow(WireError)
    const unknownKind = { ...good, rows: good.rows.with(4, 9) }
    expect(() => readRow(unknownKind, 0)).toThrow(WireError)
  })
})

describe('reading leaves', () => {
  it('come back with the kind and the bits of their value', () => {
    fc.assert(
      fc.property(valueArbitrary, fc.boolean(), (value, withEvidence) => {
        const leaf = {
          salt: nonce,
          stream: streams[0]!,
          sequence: 5,
          sourceTimeUs: -7,
          value,
          quality: 0xffff_ffff,
          flags: 1,
          ...(withEvidence ? { evidenceHash: seed('evidence') } : {}),
        }
        expect(decodeLeaf(encodeLeaf(leaf))).toEqual(leaf)
      }),
    )
  })

  it('tell 20.0 from 20 and -0.0 from 0.0', () => {
    const hexOf = (value: Value): string =>
      toHex(
        encodeLeaf({ salt: nonce, stream: streams[0]!, sequence: 0, sourceTimeUs: 0, value, quality: 0, flags: 0 }),
      ).slice(74, -4)
    expect(hexOf({ kind: 'float', value: 20 })).toBe('f94d00')
    expect(hexOf({ kind: 'integer', value: 20n })).toBe('14')
    expect(hexOf({ kind: 'float', value: -0 })).toBe('f98000')
    expect(hexOf({ kind: 'float', value: NaN })).toBe('f97e00')
    expect(hexOf({ kind: 'null' })).toBe('f6')
  })

  it('throw nothing but WireError on damaged bytes', () => {
    const good = encodeLeaf({
      salt: nonce,
      stream: streams[0]!,
      sequence: 3,
      sourceTimeUs: 1e15,
      value: { kind: 'float', value: 1.1 },
      quality: 0,
      flags: 0,
    })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(3), (at, byte, cut) => {
        try {
          decodeLeaf(good.with(at, byte).slice(0, good.length - cut))
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
    )
  })
})

describe('quality', () => {
  it('is judged by the two highest bits, the reserved severity being bad', () => {
    expect([0, 0x3fff_ffff, 0x4000_0000, 0x8000_0000, 0xc000_0000, 0xffff_ffff].map(qualityClass)).toEqual([
      'good',
      'good',
      'uncertain',
      'bad',
      'bad',
      'bad',
    ])
  })

  it('has names without regard to detail bits', () => {
    expect(statusName(STATUS.BadNoCommunication)).toBe('BadNoCommunication')
    expect(statusName(0x8031_0401)).toBe('BadNoCommunication')
    expect(statusName(0x80ff_0000)).toBe('Bad 0x80ff0000')
  })

  it('is apart from plausibility flags, each of one bit', () => {
    const masks = Object.values(FLAG)
    expect(new Set(masks).size).toBe(masks.length)
    expect(masks.every((mask) => (mask & (mask - 1)) === 0)).toBe(true)
    expect(flagNames(FLAG.gap | FLAG.spike | (2 ** 31))).toEqual(['spike', 'gap', 'bit 31'])
  })
})

describe('units', () => {
  it('are each known by one code, and never by what people spell', () => {
    const codes = allUnits().map((unit) => unit.code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.length).toBeGreaterThan(120)
    for (const code of codes) expect(parseUnit(code)).toBe(code)
  })

  it.each([
    ['°C', 'Cel'],
    ['degC', 'Cel'],
    ['kWh', 'kW.h'],
    ['rpm', '/min'],
    ['µm', 'um'],
    ['m^3/h', 'm3/h'],
    ['Barr', 'bar'],
    ['psi', '[psi]'],
  ])('answer %s with the code %s instead of guessing', (text, code) => {
    expect(() => parseUnit(text)).toThrow(
      expect.objectContaining({ code: 'unknown_unit', message: expect.stringContaining(`"${code}"`) as string }),
    )
  })

  it('name every candidate where case decides', () => {
    expect(() => parseUnit('mw')).toThrow(/"mW" \(milliwatt\) or "MW" \(megawatt\)/)
  })

  it('take an annotation for what is counted', () => {
    expect(parseUnit('{bottles}/h')).toBe('{bottles}/h')
    expect(unitOf('{bottles}/h')).toEqual({ code: '{bottles}/h', symbol: 'bottles/h', name: 'per hour' })
    expect(() => parseUnit('{bottles/h')).toThrow(WireError)
    expect(unitOf('nothing')).toBeNull()
  })
})
