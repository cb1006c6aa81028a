import { expect, test } from 'vitest'
import type { LedgerThread } from '../../../../src-main/gateway/channel/ledger-thread.ts'
import { signEvent } from '../../../../src-main/gateway/channel/sign-event.ts'
import { exampleJson } from '../../../../src-main/record/events.ts'
import type { JsonValue } from '../../../../src-main/wire/json.ts'

const ASSET = exampleJson('asset.registered') as { [name: string]: JsonValue }

/** A thread that has everything recorded, or gives this outcome. */
function thread(outcome: object = {}) {
  const signed: unknown[] = []
  const event = (...of: unknown[]) => {
    signed.push(of.slice(0, 2))
    return Promise.resolve({ outcome: 'accepted', index: 7, refused: null, reason: null, ...outcome })
  }
  return { signed, thread: { event } as unknown as Pick<LedgerThread, 'event'> }
}

test('what is well-formed is signed, and its place or its refusal told', async () => {
  const { signed, thread: ledger } = thread()
  expect(await signEvent(ledger, 'asset.registered', ASSET)).toEqual({
    outcome: 'accepted',
    entry: 7,
    refused: null,
    reason: null,
  })
  expect(signed).toMatchObject([['asset.registered', { asset: ASSET['asset'], names: { de: 'Transporter 7' } }]])
  const refused = { outcome: 'invalid', index: null, refused: 'asset-differs' }
  expect(await signEvent(thread(refused).thread, 'asset.registered', ASSET)).toMatchObject({
    outcome: 'invalid',
    entry: null,
    refused: 'asset-differs',
  })
  const paused = thread({ outcome: 'not-signed', index: null, reason: 'the disk is full' })
  await expect(signEvent(paused.thread, 'asset.registered', ASSET)).rejects.toThrow('the disk is full')
})

let deep: JsonValue = 1
for (let i = 0; i < 30; i++) deep = [deep]

test.each<[string, string, JsonValue, RegExp]>([
  [
    'a type that there is not',
    'asset.registred',
    ASSET,
    /no event type "asset\.registred"\. Did you mean "asset\.registered"/,
  ],
  ['one that gateways sign themselves', 'gateway.resumed', { ends: null }, /a gateway signs gateway\.resumed itself/],
  ['a name of every object', 'toString', {}, /no event type "toString"/],
  ['a body that is a list', 'asset.registered', [], /asset\.registered is not an object/],
  ['a field too many', 'asset.registered', { ...ASSET, colour: 'red' }, /unknown key "colour"/],
  ['a field too few', 'asset.registered', { asset: 'x' }, /lacks "scheme"/],
  ['a name that turns text', 'asset.registered', { ...ASSET, name: 'a\u202eb' }, /"name" holds U\+202E/],
  ['attributes nested without end', 'asset.registered', { ...ASSET, attributes: { deep } }, /deep|depth/],
  [
    'a number that JSON does not carry',
    'asset.registered',
    { ...ASSET, attributes: { n: [2 ** 53] } },
    /write it as text/,
  ],
  [
    'more than an entry holds',
    'asset.registered',
    { ...ASSET, attributes: { long: 'x'.repeat(70_000) } },
    /65535|65,535|bytes/,
  ],
])('%s is refused before anything is signed', async (_, type, body, says) => {
  const { signed, thread: ledger } = thread()
  await expect(signEvent(ledger, type, body)).rejects.toThrow(says)
  await expect(signEvent(ledger, type, body)).rejects.toMatchObject({ code: 'event_malformed' })
  expect(signed).toEqual([])
})
