import { expect, test } from 'vitest'
import { FRAME, FRAME_BODY_BYTES_MAX } from '../../../src-main/consensus/frames.ts'
import { encodeHello, parseHello } from '../../../src-main/gateway/peer-hello.ts'
import type { PeerHello, SourceBrief } from '../../../src-main/gateway/peer-hello.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'

const hello: PeerHello = {
  name: 'gw-fill-1',
  version: '0.1.0',
  verdict: 'changed',
  changed: { entry: 84, reading: null, block: 8, atUs: 1_774_915_200_000_000, barredReadings: 33, acknowledged: false },
  cosigning: false,
  clock: { state: 'synchronised', errorUs: 900, doubt: null, sure: true },
  treeSize: 196,
  rootHash: 'f1787d5b',
  stateRoot: '104ae8a8',
  queueEntries: 0,
  sentAtUs: 1_774_915_200_000_000,
  consoleUrl: 'http://10.20.4.7:8420',
  disk: { freeBytes: 81_700_000_000, daysLeft: null },
  sources: [],
}
const sent = (value: unknown): Uint8Array => utf8(JSON.stringify(value))

test('what a gateway says of itself is read as it was said', () => {
  expect(parseHello(sent(hello))).toEqual(hello)
  expect(parseHello(sent({ ...hello, changed: null, consoleUrl: null, disk: null }))).not.toBeNull()
})

function sources(count: number, reasonChars: number): SourceBrief[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `press-${i}`,
    name: `Line 3 hydraulic press ${i}`,
    protocol: 'Modbus TCP',
    state: 'stale',
    reason: 'x'.repeat(reasonChars),
    trust: 'unauthenticated',
    simulated: false,
    address: '10.20.14.117:502',
    points: 12,
  }))
}

test('a long reason is told in part, and its source as a whole', () => {
  const { body, whole } = encodeHello({ ...hello, sources: sources(20, 4_000) })
  expect(whole).toBe(true)
  expect(parseHello(body)?.sources.map(({ reason }) => reason.length)).toEqual(Array(20).fill(400))
})

test.each([
  ['more sources than a frame holds', 400, 300],
  ['more sources than a peer takes', 1_001, 0],
])('a hello of %s goes without them, within the cap of its frame', (_, count, reasonChars) => {
  const { body, whole } = encodeHello({ ...hello, sources: sources(count, reasonChars) })
  expect(whole).toBe(false)
  expect(body.length).toBeLessThan(FRAME_BODY_BYTES_MAX[FRAME.status])
  expect(parseHello(body)).toEqual(hello)
})

test('a field this release does not know is passed over: a newer peer may say more', () => {
  expect(parseHello(sent({ ...hello, later: true }))).toEqual(hello)
})

test.each<[string, unknown]>([
  ['no JSON', undefined],
  ['null', null],
  ['a list', []],
  ['no sources', { ...hello, sources: null }],
  ['a source without a name', { ...hello, sources: [{ id: 'a' }] }],
  ['a script where the console address belongs', { ...hello, consoleUrl: 'javascript:alert(1)' }],
  ['a file where the console address belongs', { ...hello, consoleUrl: 'file:///etc/passwd' }],
  ['a negative size', { ...hello, treeSize: -1 }],
  ['a size that is no number', { ...hello, treeSize: '196' }],
  ['another verdict', { ...hello, verdict: 'fine' }],
  ['an endless name', { ...hello, name: 'a'.repeat(1_001) }],
  ['too many sources', { ...hello, sources: Array.from({ length: 1_001 }, () => ({})) }],
])('%s is refused', (_, value) => {
  expect(parseHello(value === undefined ? utf8('{') : sent(value))).toBeNull()
})
