import { expect, test } from 'vitest'
import { parseHello } from '../../../src-main/gateway/peer-hello.ts'
import type { PeerHello } from '../../../src-main/gateway/peer-hello.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'

const hello: PeerHello = {
  name: 'gw-fill-1',
  version: '0.1.0',
  verdict: 'changed',
  changed: { entry: 84, reading: null, block: 8, atUs: 1_774_915_200_000_000, barredReadings: 33, acknowledged: false },
  cosigning: false,
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
