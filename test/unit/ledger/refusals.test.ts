import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborMap } from '../../../src-main/wire/cbor.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { REFUSALS, refusalSentence } from '../../../src-main/record/refusals.ts'
import { signEntry, type SignedStatement, type TestChannel } from '../../support/channel.ts'
import { addon, commitOne, seal, testLedger } from './drive.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'

/** The statement with changed bytes, signed by the same key. */
function changed(channel: TestChannel, signed: SignedStatement, change: (envelope: CborMap, content: CborMap) => void) {
  const { payload, contentType } = parseEntry(signed.entry)
  const envelope = decodeCbor(payload, { maxBytes: 65_535, maxDepth: 17 }) as CborMap
  change(envelope, envelope.get('content') as CborMap)
  const { entry } = signEntry(channel.channel, channel.member(1), contentType, encodeCbor(envelope))
  return { entry, payload: signed.payload }
}

test('every code is in docs/FORMATS.md with its sentence, in the order in which checks are made, and no other', () => {
  const text = readFileSync(fileURLToPath(new URL('../../../docs/FORMATS.md', import.meta.url)), 'utf8')
  const table = text.slice(text.indexOf('**Refusals.** Each'), text.indexOf('## 5. Ledger tree'))
  const rows = [...table.matchAll(/^\| ([a-z-]+) \| (.+) \|$/gm)].map(([, code, sentence]) => [code, sentence])
  expect(rows.filter(([code]) => code !== 'code')).toEqual(Object.entries(REFUSALS))
  for (const code of Object.keys(REFUSALS)) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
  expect(refusalSentence('odometer/goes-back')).toBe('odometer/goes-back')
})

test('what fails in the envelope has no effect, what fails in the rest consumes the sequence', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const bad = { outcome: 'bad', reason: 'envelope-malformed', sequence: null }
  const place = { sequence: gateway.sequence, previous: gateway.previous }
  const alive = channel.event(gateway, 'gateway.alive', {})
  for (const change of [
    (envelope: CborMap) => envelope.set('v', 2),
    (envelope: CborMap) => envelope.set('note', 1),
    (envelope: CborMap) => envelope.set('content', 1),
    (envelope: CborMap) => envelope.delete('incarnation'),
  ])
    expect(commitOne(ledger, changed(channel, alive, change))).toMatchObject(bad)
  expect(ledger.nextSequence(gateway.actor)).toBe(0)

  const invalid = { outcome: 'invalid', reason: 'statement-malformed', sequence: 0, incarnation: gateway.incarnation }
  const unread = changed(channel, alive, (_, content) => content.set('note', 1))
  expect(commitOne(ledger, unread)).toMatchObject(invalid)
  expect(ledger.nextSequence(gateway.actor)).toBe(1)
  expect(commitOne(ledger, unread).outcome).toBe('duplicate')
  Object.assign(gateway, place, { sequence: 1, previous: ledger.signingCursor(gateway.actor).previous })
  expect(commitOne(ledger, channel.event(gateway, 'gateway.alive', {})).outcome).toBe('accepted')
})

test('the first check that fails names the code', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const { stream, ...opened } = channel.openStream(gateway, 'press', 'temperature')
  commitOne(ledger, opened)
  const reasonOf = (statement: { entry: Uint8Array; payload: Uint8Array | null }) => commitOne(ledger, statement).reason
  const other = new Uint8Array(32)
  // Wrong in its link, type, role and body: the link comes first, then the type, the body, the role.
  const event = (change: object) => channel.event(gateway, 'alarm.acknowledged', ACKNOWLEDGED, change)
  expect(reasonOf(event({ previous: other, type: 'no.such', role: 'none' }))).toBe('previous-differs')
  expect(reasonOf(event({ type: 'no.such', role: 'none' }))).toBe('type-unknown')
  expect(reasonOf(event({ body: new Map(), role: 'none' }))).toBe('body-malformed')
  expect(reasonOf(event({ role: 'none' }))).toBe('role-not-held')
  // Then what it lists: its assets, and the state that it consumes.
  const consumes = [[other, null]] as const
  expect(reasonOf(event({ assets: ['x'], consumes }))).toBe('assets-differ')
  expect(reasonOf(event({ consumes }))).toBe('consumes-differ')
  const readings = channel.floats(stream, 5, [1])
  const twice = { payloadLength: 1, root: other }
  expect(reasonOf(channel.batch(gateway, readings, { change: { ...twice, previous: other } }))).toBe('previous-differs')
  expect(reasonOf(channel.batch(gateway, readings, { change: twice }))).toBe('payload-length-differs')
  expect(reasonOf(channel.batch(gateway, readings, { change: { root: other } }))).toBe('root-differs')
  expect(reasonOf(channel.batch(gateway, readings))).toBe('sequence-break')
  const batch = channel.batch(gateway, channel.floats(stream, 0, [1]))
  expect(reasonOf({ ...batch, payload: null })).toBe('payload-other')
  expect(reasonOf(batch)).toBeUndefined()
})

test('what was refused is one chain in the state, the same after a start', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  for (const type of ['no.such', 'nor.this']) {
    commitOne(ledger, channel.event(gateway, 'gateway.alive', {}, { type }))
    commitOne(ledger, channel.event(gateway, 'gateway.alive', {}))
    if (type === 'no.such') seal(channel, ledger)
  }
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  for (const replica of [ledger, again]) {
    const draft = replica.sealDraft()
    commitOne(replica, channel.seal({ ...channel.member(0) }, draft, draft.minTimeUs))
  }
  expect(toHex(again.closedStateRoot())).toBe(toHex(ledger.closedStateRoot()))
})

const ACKNOWLEDGED = { place: 'press', name: 'K. Pohl', reason: 'seen' }
