import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkConfig, describeProblem } from '../../../../src-main/gateway/folder/config.ts'

const VALID = `
site: Hall 2
name: gw-hall-2
timeZone: Europe/Berlin
issuer: { address: Kulmbach, contact: M. Lindner }
certificates: { publicUrl: https://example.com/c }
console: { host: 127.0.0.1, port: 7080 }
peers:
  listen: { host: 10.0.0.1, port: 7090 }
  members: [{ name: gw-2, host: 10.0.0.2, port: 7090 }]
batch: { maxReadings: 500, sealAfterMs: 100 }
queue: { maxBytes: 2000000 }
audit: { everyMs: 1000, replayEveryMs: 10000, healAfterMs: 0 }
assets: [{ id: WPLUMB, scheme: VIN, type: vehicle, name: Van, attributes: { Model: Van }, packs: [odometer], simulated: true }]
imports: [{ source: meter, tag: power, file: past.csv }]
sources:
  - id: meter
    name: Energy meter
    driver: modbus
    connection: { transport: tcp, host: 10.20.4.7, port: 502 }
    tags:
      - id: power
        label: Active power
        unit: kW
        kind: float
        range: [0, 400]
        rate: { suspect: 1, fail: 2 }
        flatLine: { afterS: 5 }
        address: { table: input, address: 20, type: float32, order: CDAB, scale: 2 }
  - id: filler
    name: Filler
    driver: opcua
    endpoint: opc.tcp://10.20.4.13:4840
    login: { kind: user, user: a, passwordFile: b }
    tags: [{ id: speed, label: Speed, unit: '1', kind: float, address: { node: 'i=1', deadband: 1 } }]
  - id: scale
    name: Scale
    driver: serial
    connection: { path: /dev/ttyUSB0, baudRate: 9600, dataBits: 8, stopBits: 1, parity: none }
    framing: { kind: delimiter, delimiter: 0d0a }
    format: pattern
    pattern: (.)
    tags: [{ id: weight, label: Weight, unit: g, kind: float, address: { field: 2 } }]
`

const said = (text: string): string[] =>
  checkConfig(text).problems.map((problem) => describeProblem('gw.yaml', problem))

test.each([
  ['name: gw-hall-2\n', '', 'gw.yaml:2:1 name: name is missing: write a text.'],
  ['name: gw-hall-2', 'name:', 'gw.yaml:3:6 name: name is empty: write a text.'],
  ['name: gw-hall-2', 'name: 5', 'gw.yaml:3:7 name: name must be a text, not 5.'],
  ['scheme: VIN', 'scheme: VIM', /:14:\d+ assets\[0\]\.scheme: Unknown scheme "VIM"\. Did you mean "VIN"/],
  ['packs: [odometer]', 'packs: [7]', /packs\[0\]: number 1 of packs must be a text, not 7\.$/],
  ['maxReadings: 500', 'maxReadings: 9000', /maxReadings must be at most 5000, not 9000\.$/],
  ['everyMs: 1000,', 'everyMs: 1.5,', /everyMs must be a whole number, not 1\.5\.$/],
  ['kind: float\n        range', 'range', /tags\[0\]\.kind: kind is missing: write one of: boolean, integer/],
  ['table: input, address: 20', 'table: input', /address is missing: write a whole number from 0 to 65536\.$/],
])('"%s" as "%s"', (replaced, by, sentence) => {
  expect(VALID).toContain(replaced)
  const lines = said(VALID.replace(replaced, by))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(sentence)
})

/** Every value in the document, by its path. */
function pathsOf(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at]
  const inside = Object.entries(value).flatMap(([key, one]) =>
    pathsOf(one, [...at, Array.isArray(value) ? Number(key) : key]),
  )
  return at.length === 0 ? inside : [at, ...inside]
}

function changed(path: readonly (string | number)[], by: unknown): string {
  const document: unknown = parse(VALID)
  let holder = document as Record<string | number, unknown>
  for (const part of path.slice(0, -1)) holder = holder[part] as Record<string | number, unknown>
  const last = path.at(-1) ?? ''
  if (by === undefined && !Array.isArray(holder)) delete holder[last]
  else holder[last] = by ?? null
  return JSON.stringify(document)
}

describe('whatever is wrong with a field is said in words that name it', () => {
  const wrong = [undefined, null, 7, -1, 1.5, 'x', '', 'y'.repeat(600), true, [], [1], {}, { a: 1 }, 1e12]

  test('the configuration itself holds', () => expect(said(VALID)).toEqual([]))

  test.each(pathsOf(parse(VALID)).map((path) => [path.join('.'), path] as const))('%s', (_name, path) => {
    for (const by of wrong)
      for (const line of said(changed(path, by)))
        expect(line).not.toMatch(/\bexpected \w+|received|undefined|Invalid|Too (?:small|big)|Unrecognized|\[object/)
  })
})
