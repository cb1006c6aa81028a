import type { ActHash } from '../../../src-main/record/act-state.ts'
import { plainMeaning } from '../../../src-main/record/stream-fields.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { concatBytes, sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborMap, CborValue } from '../../../src-main/wire/cbor.ts'
import { coreKey, decodeCoreValue, encodeCoreValue } from '../../../src-main/record/core-state.ts'
import type { CoreKind, CoreValues } from '../../../src-main/record/core-state.ts'
import { decodeBody, encodeBody, isCoreEvent } from '../../../src-main/record/events.ts'
import { kinds } from '../../../src-main/record/kinds.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { Form } from '../../../src-main/record/schema.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import type { StreamOpened } from '../../../src-main/record/stream-fields.ts'
import { parseTreeValue, stateKey, treeKey, treeValue, valueNonce } from '../../../src-main/record/state-keys.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import { actor, genesisBody, incarnation, nonce, publicKey, seed, streams } from '../wire/fixtures.ts'

const LIMITS = { maxBytes: 100_000, maxDepth: 16 }
const stream = streams[0]!
const opened: StreamOpened = {
  stream,
  source: 'press',
  tag: 'ns=2;s=Temp',
  label: 'Oil temperature',
  unit: 'Cel',
  kind: 'float',
  quantity: 'temperature',
  meaning: plainMeaning('opcua'),
  trust: 'authenticated channel',
  simulated: true,
  range: [-40, 120.5],
  cadenceMs: 500,
  fromSequence: 0,
}

const types = Object.keys(kinds) as CoreEventType[]
const exampleOf = <T extends CoreEventType>(type: T) => kinds[type].example as CoreEvents[T]

const values: { [K in CoreKind]: CoreValues[K] } = {
  channel: { name: 'Hall', site: 'S', simulated: false, nonce, quorum: 2 },
  member: { raftId: 1, name: 'gateway-1', legalName: 'Muster GmbH', voter: true, roles: ['installer'] },
  key: { actor, use: 'entry', alg: 1, public: publicKey, from: 0, to: null },
  person: { name: 'A. Example', roles: ['technician', 'site-manager'], keeper: actor, enrolledAt: 4, endedAt: null },
  persons: { persons: [actor] },
  policy: { approvals: 1, openDays: 14 },
  recovery: { need: 1, keys: [publicKey, seed('other')], setAt: 9 },
  act: {
    type: 'person.ended',
    proposer: actor,
    role: 'member-admin',
    proposedAt: 7,
    deadlineUs: 1,
    assets: ['VIN:WDB9066331S123456'],
    consumes: [
      { key: seed('key'), hash: null },
      { key: seed('other'), hash: seed('value') },
    ],
    body: new Uint8Array([0xa0]),
    approvals: [{ person: actor, entry: 8 }],
    declines: [],
    end: { outcome: 'declined', entry: 9 },
  },
  'open-acts': { acts: ['0'.repeat(64) as ActHash] },
  'asset-acts': { acts: [] },
  'asset-issuers': { members: [actor] },
  'certificate-status': {
    asset: 'VIN:X',
    words: [
      { member: actor, entry: 7, by: null },
      { member: actor, entry: 8, by: kinds['document.added'].example.document },
    ],
  },
  stream: { ...opened, range: null, cadenceMs: null, actor, openedAt: 4 },
  asset: {
    scheme: 'VIN',
    type: 'vehicle',
    name: 'Van',
    attributes: {},
    packs: [],
    simulated: false,
  },
  history: {
    size: 3,
    root: seed('history'),
    firstSequence: 0,
    lastSequence: 9,
    firstTimeUs: -5,
    lastTimeUs: 5,
    newestTimeUs: 7,
  },
  gaps: { count: 2, hash: seed('gaps'), lastSequence: -1, untilUs: 5, newestTimeUs: 8 },
  pack: {
    version: '1',
    hash: seed('pack'),
    ruleHash: seed('rule'),
    engineHash: seed('engine'),
    parameters: [1, 2.5, 'x'],
    from: 0,
    retired: { entry: 9, timeUs: 7 },
    before: [{ version: '0', hash: seed('old'), ruleHash: seed('rule'), from: 0, to: 4 }],
  },
  'pack-version': {
    id: 'odometer-check',
    version: '2.0',
    reason: 'Wider limits.',
    proposer: actor,
    proposedAt: 3,
    parts: [kinds['pack.proposed'].example.hash],
    ruleHash: seed('rule'),
    loads: [{ gateway: actor, engineHash: seed('engine'), entry: 6 }],
  },
  'pack-draft': {
    id: 'odometer-check',
    version: '2.0',
    reason: 'Wider limits.',
    proposedAt: 3,
    parts: [kinds['pack.proposed'].example.hash],
    received: 0,
    failed: false,
  },
  'pack-drafts': { hashes: [kinds['pack.proposed'].example.hash] },
  'pack-part': { bytes: seed('part') },
  actor: {
    incarnation,
    next: 3,
    previous: seed('entry'),
    newestUs: null,
    refusals: { count: 1, hash: seed('refused') },
  },
  document: { type: 'bill-of-lading', version: '1', name: 'B/L 7', asset: null, actor, addedAt: 4 },
  'document-holder': { actor },
  'document-status': { supersededBy: kinds['document.added'].example.document },
  rules: { changes: [{ fromHeight: 0, version: 1 }] },
  gateway: { version: '0.1.0', rules: [1, 2], startedAt: 3 },
  'asset-streams': {
    streams: [
      { stream, first: 0, last: null },
      { stream, first: 0, last: -1 },
    ],
  },
  'asset-events': { size: 1, root: seed('events'), newest: 0 },
  'stream-changes': { count: 1, hash: seed('changes') },
  'asset-owner': { actor },
  'asset-holder': { actor },
  'asset-parties': { actors: [] },
  'asset-origin': { inputs: [{ asset: 'VIN:X', quantity: null, unit: 'kg' }], madeAt: 7 },
  'asset-used': { transformations: 1 },
  'asset-container': { container: null },
  'asset-content': { count: 0, depth: 16 },
  'asset-attribute': { value: [1.5, null, { text: 'x' }], actor, statedAt: 9 },
  'asset-milestone': { plannedUs: 1, estimatedUs: null, actualUs: -1 },
  cursor: { next: 7, lastTimeUs: null },
  bound: {
    stretches: [
      { asset: 'VIN:X', first: 0, last: -1 },
      { asset: 'VIN:X', first: 3, last: null },
    ],
  },
  members: { actors: [actor] },
  keys: { keys: [keyId(1, publicKey)] },
  packs: { packs: ['odometer-check'] },
}

describe('event bodies', () => {
  it.each(types)('%s comes back as it was written', (type) => {
    const encoded = encodeCbor(encodeBody(type, exampleOf(type)))
    expect(decodeBody(type, decodeCbor(encoded, LIMITS))).toEqual(exampleOf(type))
  })

  it.each(types)(
    '%s is the same from JSON, where it is refused with an unknown key and without one of its own',
    (type) => {
      const form = kinds[type].form as Form<unknown>
      const json = form.toJson(exampleOf(type)) as { [name: string]: JsonValue }
      const read = form.fromJson(JSON.parse(JSON.stringify(json)) as JsonValue, type)
      expect(toHex(encodeCbor(form.encode(read)))).toBe(toHex(encodeCbor(encodeBody(type, exampleOf(type)))))
      const malformed = expect.objectContaining({ code: 'malformed_event' })
      expect(() => form.fromJson({ ...json, unknown: 1 }, type)).toThrow(malformed)
      const [first] = Object.keys(json)
      if (first !== undefined) expect(() => form.fromJson({ ...json, [first]: {} }, type)).toThrow(malformed)
    },
  )

  it.each(types)('%s is refused with an unknown key', (type) => {
    const body = decodeCbor(encodeCbor(encodeBody(type, exampleOf(type))), LIMITS) as CborMap
    body.set('unknown', 1)
    expect(() => decodeBody(type, body)).toThrow(expect.objectContaining({ code: 'malformed_event' }))
  })

  it.each(types)('%s stands in docs/FORMATS.md with each of its fields', (type) => {
    const formats = readFileSync(new URL('../../../docs/FORMATS.md', import.meta.url), 'utf8')
    const row = formats.split('\n').find((line) => line.startsWith(`| ${type} |`)) ?? ''
    for (const field of encodeBody(type, exampleOf(type)).keys()) expect(row).toContain(field)
  })

  it.each<[string, CoreEventType, string, unknown]>([
    ['a quorum above its members', 'channel.opened', 'quorum', 2],
    ['no members', 'channel.opened', 'members', []],
    ['an unknown value kind', 'stream.opened', 'kind', 'double'],
    ['an unknown trust level', 'stream.opened', 'trust', 'high'],
    ['a range from high to low', 'stream.opened', 'range', [2, 1]],
    ['a stream id of 15 bytes', 'stream.opened', 'stream', new Uint8Array(15)],
    ['a text longer than its limit', 'stream.opened', 'label', 'x'.repeat(300)],
    ['attributes that are no map', 'asset.registered', 'attributes', [1]],
  ])('a body with %s is refused', (_, type, key, value) => {
    const body = decodeCbor(encodeCbor(encodeBody(type, exampleOf(type))), LIMITS) as CborMap
    body.set(key, value as never)
    expect(() => decodeBody(type, body)).toThrow(expect.objectContaining({ code: 'malformed_event' }))
  })

  it('refuses an actor or a raft id that stands twice in a genesis', () => {
    const [member] = genesisBody.members
    for (const second of [
      { ...member!, raftId: 2 },
      { ...member!, actor: 'f'.repeat(32) as typeof actor },
    ]) {
      const members = [member!, second]
      expect(() => encodeBody('channel.opened', { ...genesisBody, members })).toThrow(/twice/)
    }
  })

  it('are known for the core only', () => {
    expect(isCoreEvent('stream.opened')).toBe(true)
    expect(isCoreEvent('toString')).toBe(false)
    expect(isCoreEvent('odometer.reset')).toBe(false)
  })
})

describe('core state values', () => {
  it.each(Object.keys(values) as CoreKind[])('%s comes back as it was written', (kind) => {
    const encoded = encodeCbor(encodeCoreValue(kind, values[kind]))
    expect(decodeCoreValue(kind, decodeCbor(encoded, LIMITS))).toEqual(values[kind])
  })

  it.each(Object.keys(values) as CoreKind[])('%s is refused with an unknown key', (kind) => {
    const value = decodeCbor(encodeCbor(encodeCoreValue(kind, values[kind])), LIMITS) as [number, CborMap]
    value[1].set('unknown', 1)
    expect(() => decodeCoreValue(kind, value)).toThrow(expect.objectContaining({ code: 'malformed_state' }))
  })

  it('carry the number of their form first, and no other form is read', () => {
    const [form, fields] = decodeCbor(encodeCbor(encodeCoreValue('member', values.member)), LIMITS) as [number, CborMap]
    expect(form).toBe(1)
    for (const other of [[2, fields], [fields], fields, [1, fields, 1]] as CborValue[])
      expect(() => decodeCoreValue('member', other)).toThrow(expect.objectContaining({ code: 'malformed_state' }))
  })
})

test('the kinds that contracts may refuse are those of the format, and whatever is about members, keys and rules is a fact', () => {
  const acts = Object.entries(kinds).flatMap(([type, { contracts }]) => (contracts === 'refuse' ? [type] : []))
  const formats = readFileSync(new URL('../../../docs/FORMATS.md', import.meta.url), 'utf8')
  const listed = /\*\*Acts\*\* may be refused: ([^]*?), and what a pack says/.exec(formats)?.[1] ?? ''
  expect(listed.split(/,\s*/).toSorted()).toEqual(acts)
  expect(acts.filter((type) => !/^(?:asset\.|certificate\.|document\.transferred$)/.test(type))).toEqual([])
})

describe('state keys', () => {
  it('are CBOR [owner, kind, id] with ids as bytes', () => {
    expect(toHex(coreKey.channel())).toBe(toHex(encodeCbor(['core', 'channel', ''])))
    expect(toHex(coreKey.history('VIN:X', stream)).endsWith(stream)).toBe(true)
    expect(toHex(treeKey(coreKey.channel()))).toBe(toHex(sha256(coreKey.channel())))
  })

  it('differ between kinds, owners and ids', () => {
    const keys = [
      coreKey.channel(),
      coreKey.asset(''),
      coreKey.pack(''),
      stateKey('core2', 'asset', ''),
      coreKey.actor(actor),
      coreKey.member(actor),
      coreKey.stream(stream),
    ]
    expect(new Set(keys.map(toHex)).size).toBe(keys.length)
  })

  it('blind a value with a nonce of entry and key', () => {
    const key = coreKey.pack('odometer')
    const blind = valueNonce(nonce, key)
    expect(toHex(blind)).toBe(toHex(sha256(concatBytes(nonce, key))).slice(0, 32))
    expect(parseTreeValue(treeValue(blind, { a: 1 }))).toEqual({ nonce: blind, value: new Map([['a', 1]]) })
  })

  it.each([[encodeCbor([nonce])], [encodeCbor([nonce.slice(1), 1])], [encodeCbor(1)]])(
    'refuse a tree value that is no pair',
    (bytes) => {
      expect(() => parseTreeValue(bytes)).toThrow(expect.objectContaining({ code: 'malformed_state' }))
    },
  )
})
