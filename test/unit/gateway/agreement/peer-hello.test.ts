import { expect, test } from 'vitest'
import { FRAME, FRAME_BODY_BYTES_MAX } from '../../../../src-main/consensus/frames.ts'
import { consoleLink, encodeHello, parseHello } from '../../../../src-main/gateway/agreement/peer-hello.ts'
import type { PeerHello, SourceBrief } from '../../../../src-main/gateway/agreement/peer-hello.ts'
import { utf8 } from '../../../../src-main/wire/bytes.ts'

const hello: PeerHello = {
  version: '0.1.0',
  verdict: 'changed',
  changed: { entry: 84, reading: null, block: 8, atUs: 1_774_915_200_000_000, barredReadings: 33, acknowledged: false },
  cosigning: false,
  clock: { state: 'synchronised', errorUs: 900, doubt: null, sure: true },
  treeSize: 196,
  rootHash: 'f1'.repeat(32),
  stateRoot: '10'.repeat(32),
  head: { height: 7, size: 190, root: 'ab'.repeat(32) },
  doubts: false,
  positions: [],
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

test('the name of a source goes along in further languages, and a language of a newer peer is passed over', () => {
  const [plain] = sources(1, 0) as [SourceBrief]
  const told = { ...plain, names: { de: 'Presse' } }
  expect(parseHello(encodeHello({ ...hello, sources: [told, plain] }).body)?.sources).toEqual([told, plain])
  expect(parseHello(encodeHello({ ...hello, sources: [plain] }).body)?.sources[0]).not.toHaveProperty('names')
  const newer = { ...hello, sources: [{ ...plain, names: { de: 'Presse', fr: 'Presse hydraulique' } }] }
  expect(parseHello(sent(newer))?.sources).toEqual([told])
})

test('where translations would take the room of sources, each source goes under its main name', () => {
  const named = (count: number): SourceBrief[] =>
    sources(count, 0).map((source) => ({ ...source, names: { de: 'Ä'.repeat(100) } }))
  const few = encodeHello({ ...hello, sources: named(50) })
  expect(parseHello(few.body)?.sources).toEqual(named(50))
  const { body, whole } = encodeHello({ ...hello, sources: named(250) })
  expect(whole).toBe(true)
  expect(parseHello(body)?.sources).toEqual(sources(250, 0))
})

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
  ['an endless version', { ...hello, version: 'a'.repeat(101) }],
  ['a root that is no hex', { ...hello, rootHash: '<b>'.repeat(20) }],
  ['a root in capitals', { ...hello, rootHash: 'F1'.repeat(32) }],
  ['a root that is too short', { ...hello, stateRoot: 'f1'.repeat(31) }],
  ['no sealed head', { ...hello, head: undefined }],
  ['a sealed head without a root', { ...hello, head: { height: 7, size: 190, root: '' } }],
  ['a sealed head of no size', { ...hello, head: { ...hello.head, size: 0 } }],
  ['a size beyond 2^48', { ...hello, treeSize: 2 ** 48 + 1 }],
  ['a size of 1e15', { ...hello, head: { ...hello.head, size: 1e15 } }],
  ['half an entry', { ...hello, treeSize: 1.5 }],
  ['a time that no clock shows', { ...hello, sentAtUs: 1e300 }],
  ['a disk of less than nothing', { ...hello, disk: { freeBytes: -1, daysLeft: null } }],
  ['days that are no number', { ...hello, disk: { freeBytes: 1, daysLeft: 'many' } }],
  ['a name that turns direction', { ...hello, sources: [{ ...sources(1, 0)[0], name: 'a\u202Eb' }] }],
  ['a name with a control character', { ...hello, sources: [{ ...sources(1, 0)[0], name: 'a\u001b[2J' }] }],
  ['a German name that turns direction', { ...hello, sources: [{ ...sources(1, 0)[0], names: { de: 'a\u202Eb' } }] }],
  ['an endless German name', { ...hello, sources: [{ ...sources(1, 0)[0], names: { de: 'a'.repeat(201) } }] }],
  ['an empty German name', { ...hello, sources: [{ ...sources(1, 0)[0], names: { de: '' } }] }],
  ['a German name that is no text', { ...hello, sources: [{ ...sources(1, 0)[0], names: { de: ['a'] } }] }],
  ['a version with a line break', { ...hello, version: '1\n2' }],
  ['a console address with a hidden character', { ...hello, consoleUrl: 'http://a/\u202E' }],
  ['too many positions', { ...hello, positions: Array(17).fill('') }],
  ['an endless position', { ...hello, positions: ['a'.repeat(1_025)] }],
  ['too many sources', { ...hello, sources: Array.from({ length: 1_001 }, () => ({})) }],
])('%s is refused', (_, value) => {
  expect(parseHello(value === undefined ? utf8('{') : sent(value))).toBeNull()
})

test('what a driver or a person wrote here with hidden characters is told without them, so that it is not dropped', () => {
  const odd = sources(1, 0).map((source) => ({
    ...source,
    name: 'press\u202E\u0007 1',
    names: { de: 'Presse\u202E 1' },
    reason: 'line\nbreak \ud800',
  }))
  const { body } = encodeHello({ ...hello, sources: odd })
  expect(parseHello(body)?.sources).toMatchObject([
    { name: 'press   1', names: { de: 'Presse  1' }, reason: 'line break \ufffd' },
  ])
})

test.each<[string, string | null, string | null]>([
  ['http://10.20.4.7:8420', '10.20.4.7', 'http://10.20.4.7:8420/'],
  ['http://10.20.4.7:8420/a/b?c#d', '10.20.4.7', 'http://10.20.4.7:8420/'],
  ['https://GW-2.hall.local', 'gw-2.HALL.local', 'https://gw-2.hall.local/'],
  ['http://[fd00::7]:80/', 'fd00:0::7', 'http://[fd00::7]/'],
  ['http://evil.example:8420', '10.20.4.7', null],
  ['http://10.20.4.7.evil.example', '10.20.4.7', null],
  ['http://10.20.4.7@evil.example', '10.20.4.7', null],
  ['http://me:secret@10.20.4.7', '10.20.4.7', null],
  ['http://10.20.4.7', null, null],
])('the console %s of a peer that is configured at %s is linked as %s', (url, host, link) => {
  expect(consoleLink(url, host === null ? null : { host, consoleHost: null })).toBe(link)
})
