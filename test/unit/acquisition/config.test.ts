import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { checkSources, sourcesSchema, type ConfigProblem } from '../../../src-main/acquisition/config.ts'
import { describeStreams } from '../../../src-main/acquisition/stream-description.ts'

const VALID = `
- id: meter
  name: Energy meter
  driver: modbus
  connection: { transport: tcp, host: 10.20.4.7, port: 502 }
  tags:
    - { id: power, label: Active power, unit: kW, kind: float, quantity: power, range: [0, 400], normal: [0, 300],
        address: { table: input, address: 20, type: float32, order: CDAB } }
    - { id: energy, label: Active energy, unit: W.h, kind: integer, address: { table: holding, address: 0, type: uint64 } }
- id: filler
  name: Filler
  driver: opcua
  endpoint: opc.tcp://10.20.4.13:4840
  tags:
    - { id: speed, label: Speed, unit: '{bottles}/h', kind: float, address: { node: 'nsu=urn:filler;s=Speed' } }
- id: scale
  name: Scale
  driver: serial
  connection: { path: /dev/ttyUSB0 }
  format: csv
  tags:
    - { id: weight, label: Weight, unit: g, kind: float, address: { field: 2 } }
`

/** The valid configuration with one text replaced; fails when the text is not there, so that no case passes by accident. */
function problemsOf(replaced: string, by: string): ConfigProblem[] {
  expect(VALID).toContain(replaced)
  const checked = checkSources(parse(VALID.replace(replaced, by)))
  return 'problems' in checked ? checked.problems : []
}

/** Path as one text, with the message. */
function only(problems: ConfigProblem[]): [string, string] {
  expect(problems).toHaveLength(1)
  const [problem] = problems as [ConfigProblem]
  return [problem.path.join('.'), problem.message]
}

describe('a configuration of sources', () => {
  test('is taken with its defaults', () => {
    const checked = checkSources(parse(VALID))
    expect('problems' in checked ? checked.problems : []).toEqual([])
    if (!('sources' in checked)) return
    expect(checked.sources[0]).toMatchObject({
      unit: 1,
      pollIntervalMs: 1000,
      timeoutMs: 1000,
      gapFill: 16,
      addressBase: 0,
      simulated: false,
    })
    expect(checked.sources[1]).toMatchObject({ publishingIntervalMs: 1000, login: { kind: 'anonymous' } })
    expect(checked.sources[2]).toMatchObject({ checksum: 'none', framing: { kind: 'delimiter', delimiter: '0d0a' } })
  })

  test.each([
    ['unit: kW,', 'unit: kWs/h,', '0.tags.0.unit', /unknown unit "kWs\/h"/],
    ['port: 502', 'port: 70000', '0.connection.port', /port must be a whole number from 1 to 65535/],
    [
      'driver: opcua',
      'driver: opc-ua',
      '1.driver',
      /Unknown driver "opc-ua"\. Did you mean "opcua"\? Write driver: opcua, modbus, serial/,
    ],
    ['table: input', 'table: inputs', '0.tags.0.address.table', /Unknown table "inputs"\. Did you mean "input"\?/],
    ['kind: float, quantity', 'knd: float, quantity', '0.tags.0.kind', /kind is missing: write one of/],
    ['id: energy', 'id: power', '0.tags.1.id', /"power" is already used by tag number 1/],
    ['id: scale', 'id: meter', '2.id', /"meter" is already used by source number 1/],
    ['id: scale', 'id: Scale 1', '2.id', /may hold a-z, 0-9/],
    [
      'endpoint: opc.tcp://10.20.4.13:4840',
      'endpoint: http://10.20.4.13',
      '1.endpoint',
      /opc\.tcp:\/\/10\.20\.4\.13:4840/,
    ],
    ["node: 'nsu=urn:filler;s=Speed'", 'node: Speed', '1.tags.0.address.node', /node id such as/],
    ['order: CDAB', 'order: GHEFCDAB', '0.tags.0.address.order', /float32 is 4 bytes wide/],
    [
      'kind: integer, address: { table: holding',
      'kind: float, address: { table: holding',
      '0.tags.1.kind',
      /uint64 gives kind integer, not float/,
    ],
    ['normal: [0, 300]', 'normal: [0, 500]', '0.tags.0.normal', /reaches beyond range/],
    ['range: [0, 400]', 'range: [400, 0]', '0.tags.0.range', /must rise/],
    ['field: 2', 'field: weight', '2.tags.0.address.field', /counts fields: write a number from 1/],
    ['format: csv', 'format: pattern', '2.pattern', /needs a pattern/],
    ['path: /dev/ttyUSB0', 'pth: /dev/ttyUSB0', '2.connection.path', /path is missing/],
    [
      'name: Filler',
      'name: Filler\n  lotFrom: { tag: sped, prefix: p }',
      '1.lotFrom.tag',
      /No tag "sped".*Did you mean "speed"\?/,
    ],
    [
      'name: Filler',
      'name: Filler\n  lotFrom: { tag: speed, prefix: p }',
      '1.lotFrom.tag',
      /this tag is of kind float/,
    ],
    [
      'name: Filler',
      'name: Filler\n  lotFrom: { prefix: p, tags: [speed] }',
      '1.lotFrom.tag',
      /The tag of lotFrom is missing/,
    ],
    [
      'name: Filler',
      'name: Filler\n  lotFrom: { tag: x, prefix: p, tags: [y] }',
      '1.lotFrom.tags.0',
      /No tag "y" in this source/,
    ],
    ['name: Filler', 'name: Filler\n  lotFrom: { tag: x, prefix: "Ä" }', '1.lotFrom.prefix', /printable ASCII/],
    ['name: Filler', 'name: Filler\n  lotFrom: { tag: speed }', '1.lotFrom.prefix', /prefix is missing/],
    [
      'name: Filler',
      'name: Filler\n  lotFrom: { tag: x, prefix: p, pack: quality }',
      '1.lotFrom',
      /Did you mean "packs"\?/,
    ],
    [
      'tags:\n    - { id: weight,',
      'lotFrom: { tag: weight, prefix: p }\n  tags:\n    - { asset: TANK, id: weight,',
      '2.lotFrom.tag',
      /belongs to the asset "TANK" already/,
    ],
  ])('%s -> %s is refused at %s', (replaced, by, path, message) => {
    const problems = problemsOf(replaced, by)
    const found = problems.find((problem) => problem.path.join('.') === path)
    expect(found?.message ?? JSON.stringify(problems)).toMatch(message)
  })

  test.each<[string, string[]]>([
    ['{ en: Active power, de: Wirkleistung }', []],
    ['{ de: Wirkleistung }', []],
    ['{ en: Active power, dee: Wirkleistung }', ['unknown language "dee"', 'Did you mean "de"?', 'languages: en, de']],
    ['{ en: Active power, fr: Puissance, nl: x, it: y, es: z }', ['"fr", "nl", "it" and 1 more', 'languages: en, de']],
    ['{}', ['The label of a tag holds no text', '{ en: Flow temperature, de: Vorlauftemperatur }']],
    ['{ en: Active power, de: "" }', ['The label of a tag in de is empty']],
    ['{ en: Active power, de: 7 }', ['The label of a tag in de must be a text']],
    ['', ['The label of a tag is empty: write a text, or one for each language']],
    ['[Active power, Wirkleistung]', ['The label of a tag must be a text, or one for each language']],
    ['7', ['The label of a tag must be a text, or one for each language']],
    [`{ en: Active power, de: ${'x'.repeat(121)} }`, ['in de is longer than 120 characters']],
    ['x'.repeat(121), ['The label of a tag is longer than 120 characters']],
    ['力'.repeat(100), ['The label of a tag is longer than 256 bytes']],
    ['"Active\u202Epower"', ['The label of a tag holds U+202E', 'remove it']],
    ['{ en: Active power, de: "Wirk\u001B[2J" }', ['The label of a tag in de holds U+001B']],
  ])('takes a label as one text or one for each language: %s', (label, said) => {
    const problems = problemsOf('label: Active power', `label: ${label}`)
    if (said.length === 0) return expect(problems).toEqual([])
    const [path, message] = only(problems)
    expect(path).toMatch(/^0\.tags\.0\.label(?:\.de)?$/)
    for (const part of said) expect(message).toContain(part)
  })

  test.each<[string, object]>([
    ['Active power', { label: 'Active power' }],
    ['{ de: Wirkleistung, en: Active power }', { label: 'Active power', labels: { de: 'Wirkleistung' } }],
    ['{ de: Wirkleistung }', { label: 'Wirkleistung' }],
    ['{ en: Generator, de: Generator }', { label: 'Generator' }],
  ])('registers %s under its main text, and translations only where there are some', (label, registered) => {
    const checked = checkSources(parse(VALID.replace('label: Active power', `label: ${label}`)))
    const described = 'sources' in checked ? describeStreams(checked.sources[0]!)[0]! : {}
    const { label: main, labels } = described as { label?: string; labels?: object }
    expect(labels === undefined ? { label: main } : { label: main, labels }).toEqual(registered)
    expect('labels' in described).toBe('labels' in registered)
  })

  test('takes names of sources in both languages alike', () => {
    expect(problemsOf('name: Energy meter', 'name: { en: Energy meter, de: Energiezähler }')).toEqual([])
    const [path, message] = only(problemsOf('name: Energy meter', 'name: { e: Energy meter }'))
    expect([path, message]).toEqual([
      '0.name',
      expect.stringContaining('The name of a source has the unknown language "e".'),
    ])
  })

  test('names the nearest key when one is misspelt', () => {
    const [path, message] = only(problemsOf('name: Energy meter', 'name: Energy meter\n  polIntervalMs: 500'))
    expect(path).toBe('0')
    expect(message).toContain('Unknown key "polIntervalMs"')
    expect(message).toContain('Did you mean "pollIntervalMs"?')
  })

  test('reports every problem of a file at once, cross checks too', () => {
    const broken = VALID.replace('unit: kW,', 'unit: furlong,')
      .replace('port: 502', 'port: 0')
      .replace('id: energy', 'id: power')
      .replace('id: scale', 'id: meter')
    const checked = checkSources(parse(broken))
    const paths = 'problems' in checked ? checked.problems.map((problem) => problem.path.join('.')) : []
    expect(paths.toSorted()).toEqual(['0.connection.port', '0.tags.0.unit', '0.tags.1.id', '2.id'])
  })

  test('gives one connection one owner', () => {
    const second = VALID.replace(
      '- id: scale',
      `- id: meter-2
  name: Second
  driver: modbus
  connection: { transport: tcp, host: 10.20.4.7, port: 502 }
  tags: [{ id: a, label: A, unit: '1', kind: integer, address: { table: holding, address: 1 } }]
- id: scale`,
    )
    const checked = checkSources(parse(second))
    const [path, message] = only('problems' in checked ? checked.problems : [])
    expect(path).toBe('2.connection')
    expect(message).toContain('already belongs to source "meter"')
  })

  test('accepts the fingerprint of a trusted server as 64 hexadecimal digits only', () => {
    expect(problemsOf('endpoint:', `trustedFingerprint: ${'ab'.repeat(32)}\n  endpoint:`)).toEqual([])
    const [path] = only(problemsOf('endpoint:', 'trustedFingerprint: abcd\n  endpoint:'))
    expect(path).toBe('1.trustedFingerprint')
  })

  test('carries its paths inside a larger schema', () => {
    const outer = z.object({ sources: sourcesSchema })
    const result = outer.safeParse({ sources: parse(VALID.replace('unit: kW,', 'unit: nope,')) })
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual(['sources.0.tags.0.unit'])
  })

  test.each([
    ['', false],
    ['checksum: xor8', false],
    ['checksum: sum8', false],
    ['checksum: crc16-modbus', true],
    ['checksum: nmea', true],
  ])('takes frames of a fixed length only with a checksum that finds them: %j', (checksum, taken) => {
    const problems = problemsOf('format: csv', `format: csv\n  framing: { kind: length, bytes: 12 }\n  ${checksum}`)
    if (taken) return expect(problems).toEqual([])
    const [path, message] = only(problems)
    expect(path).toBe('2.framing')
    expect(message).toMatch(/Set checksum to nmea, crc16-modbus, crc16-ccitt, or cut at/)
  })

  test('takes no frame longer than evidence may be', () => {
    const framing = (bytes: number) =>
      problemsOf('format: csv', `format: csv\n  checksum: nmea\n  framing: { kind: length, bytes: ${bytes} }`)
    expect(framing(4000)).toEqual([])
    expect(only(framing(4001))[0]).toBe('2.framing.bytes')
  })

  test.each([
    ['address: 65534', true],
    ['address: 65535', false],
    ['address: 65536', false],
  ])('takes no register beyond the last: a value of 32 bits at %s', (address, taken) => {
    const problems = problemsOf('address: 20, type: float32', `${address}, type: float32`)
    if (taken) return expect(problems).toEqual([])
    const [path, message] = only(problems)
    expect(path).toBe('0.tags.0.address.address')
    expect(message).toMatch(/A table ends at 65535, and this tag reaches to 6553[67]: .*addressBase: 1/)
  })

  test('can be written as JSON Schema', () => {
    const schema = z.toJSONSchema(sourcesSchema, { io: 'input' })
    expect(JSON.stringify(schema)).toContain('pollIntervalMs')
  })
})

describe('the description of a stream', () => {
  test('says protocol, trust and cadence', () => {
    const checked = checkSources(parse(VALID))
    if (!('sources' in checked)) throw new Error('the valid configuration is refused')
    const [meter, filler, scale] = checked.sources.map((source) => describeStreams(source)[0])
    expect(meter).toMatchObject({
      source: 'meter',
      tag: 'power',
      meaning: { protocol: 'Modbus TCP' },
      trust: 'unauthenticated',
      cadenceMs: 1000,
      range: [0, 400],
      asset: null,
      simulated: false,
    })
    expect(filler).toMatchObject({
      meaning: { protocol: 'OPC UA' },
      trust: 'authenticated channel',
      cadenceMs: null,
      range: null,
    })
    expect(scale).toMatchObject({ meaning: { protocol: 'Serial, csv' }, quantity: 'value' })
  })
})
