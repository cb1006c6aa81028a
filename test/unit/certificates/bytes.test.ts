import { beforeAll, describe, expect, test } from 'vitest'
import { CERTIFICATE_BYTES_MAX } from '../../../src-main/certificates/credential.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { fromUtf8, utf8 } from '../../../src-main/wire/bytes.ts'
import { issue, makeVehicle, materialOf } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let vehicle: Vehicle
let file: Uint8Array
beforeAll(async () => {
  vehicle = await makeVehicle({ days: 2, daysPerBatch: 2 })
  file = issue(vehicle)
})
const check = (bytes: Uint8Array): Promise<Verification> =>
  verifyCertificate(bytes, { policy: vehicle.channel.policy(), engine: vehicle.host })

/** Refused means: changed, and one named step says where. */
async function expectRefused(bytes: Uint8Array, what: string): Promise<string> {
  const result = await check(bytes)
  const stops = result.steps.filter((step) => step.state === 'stops')
  expect([what, result.verdict, stops.length]).toEqual([what, 'changed', 1])
  expect(result.headline).toBe('This certificate is changed.')
  expect(result.explanation).toContain(stops[0]!.title)
  return stops[0]!.id
}

describe('one changed byte', () => {
  test('anywhere in the file is refused at a named step', async () => {
    expect((await check(file)).verdict).toBe('unchanged')
    const places = new Set<number>()
    for (let at = 0; at < file.length; at += 41) places.add(at)
    for (let at = 0; at < 300; at++) places.add(at).add(file.length - 1 - at)
    const steps = new Set<string>()
    for (const at of places) {
      const mask = 1 << (at % 7)
      steps.add(await expectRefused(file.with(at, file[at]! ^ mask), `byte ${at} xor ${mask}`))
    }
    expect(places.size).toBeGreaterThan(1_000)
    expect([...steps].sort()).toEqual(['form', 'issuer-signature'])
  }, 180_000)

  test('that still is the same letter to a reader is refused too: another case, another digit', async () => {
    const text = fromUtf8(file)
    for (const [from, to] of [
      ['"logical"', '"Logical"'],
      ['"en"', '"de"'],
      ['0001"', '0002"'],
    ] as const) {
      expect(text).toContain(from)
      await expectRefused(utf8(text.replace(from, to)), from)
    }
  })

  test('taken out, put in or cut off is refused', async () => {
    for (let at = 0; at < file.length; at += 997) {
      await expectRefused(new Uint8Array([...file.subarray(0, at), ...file.subarray(at + 1)]), `without byte ${at}`)
      await expectRefused(
        new Uint8Array([...file.subarray(0, at), 0x20, ...file.subarray(at)]),
        `with a space at ${at}`,
      )
      if (at > 0) await expectRefused(file.subarray(0, at), `cut at ${at}`)
    }
  }, 180_000)
})

describe('hostile files are refused clearly and soon', () => {
  const text = (): string => fromUtf8(file)
  test.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(0), /^This is not a Plumbline certificate\. The file is empty\.$/],
    ['bytes that are no text', () => Uint8Array.of(0xff, 0xfe, 0x00), /looks like data/],
    ['a picture', () => Uint8Array.of(0x89, ...utf8('PNG\r\n')), /looks like a picture/],
    ['an array', () => utf8('[]'), /looks like JSON/],
    ['five megabytes of brackets', () => utf8('['.repeat(5_000_000)), /looks like JSON/],
    [
      'another credential',
      () => utf8('{"@context":["https://www.w3.org/ns/credentials/v2"],"proof":{}}'),
      /looks like JSON/,
    ],
    ['a huge file', () => new Uint8Array(CERTIFICATE_BYTES_MAX + 1).fill(0x20), /at most 50331648/],
    [
      'deep nesting inside',
      () => utf8(text().replace('"stated":{', `"stated":{"a":${'['.repeat(100)}${']'.repeat(100)},`)),
      /nested deeper/,
    ],
    [
      'more values than a certificate can have',
      () => utf8(text().replace('"stated":{', `"stated":{"a":[${'[0],'.repeat(2_000_000)}0],`)),
      /more than 2500000 values/,
    ],
  ])('%s cannot be read, and is not called changed', async (_name, make, words) => {
    const unread = expect.objectContaining({
      code: expect.stringMatching(/^(?:no_certificate|unreadable)$/),
      message: expect.stringMatching(words),
    })
    await expect(check(make())).rejects.toEqual(unread)
  })

  test.each<[string, () => Uint8Array, RegExp]>([
    [
      'a duplicate key',
      () => utf8(text().replace('"issuer":', '"issuer":"did:key:z6Mk","issuer":')),
      /canonical order/,
    ],
    [
      'a duplicate key spelt with an escape',
      () => utf8(text().replace('"issuer":', String.raw`"\u0069ssuer":"x","issuer":`)),
      /canonical/,
    ],
    [
      'keys in another order',
      () => utf8(text().replace('"id":"odometer",', '').replace('"pack":{', '"pack":{"version":1,"id":"odometer",')),
      /canonical/,
    ],
    ['a space', () => utf8(text().replace('"stated":{', '"stated": {')), /expected a value/],
    [
      'a number in another spelling',
      () => utf8(text().replace('"version":2', '"version":2.0')),
      /a number that is not canonical/,
    ],
    ['a text in another spelling', () => utf8(text().replace('"logical"', String.raw`"logi\u0063al"`)), /string/],
    ['an escaped slash', () => utf8(text().replace('"logical"', String.raw`"\/"`)), /string/],
    ['__proto__', () => utf8(text().replace('"stated":{', '"stated":{"__proto__":{"polluted":true},')), /./],
    [
      '__proto__ at the top',
      () => utf8(text().replace('{"@context"', '{"__proto__":{"proof":1},"@context"')),
      /canonical/,
    ],
    [
      'a member that no certificate has',
      () => utf8(text().replace('"credentialSubject"', '"a":1,"credentialSubject"')),
      /no certificate has: a/,
    ],
    ['a number beyond a double', () => utf8(text().replace('"version":2', '"version":1e999')), /number/],
    ['a lone surrogate', () => utf8(text().replace('"logical"', String.raw`"\ud800"`)), /string/],
    ['a list where an object belongs', () => utf8(text().replace('"pack":{"pack"', '"pack":[{"pack"')), /./],
  ])('%s', async (_name, make, words) => {
    const result = await check(make())
    const stop = result.steps.find((step) => step.state === 'stops')
    expect([result.verdict, stop?.id === 'form' || stop?.id === 'issuer-signature']).toEqual(['changed', true])
    expect(stop!.detail).toMatch(words)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

test('of a channel that nobody pinned no long member is read, and of one that is pinned every one is', async () => {
  const material = materialOf(vehicle)
  const long = issue(vehicle, { ...material, stated: { ...material.stated, number: 'x'.repeat(1_100_000) } })
  const unknown = await verifyCertificate(long, { engine: vehicle.host })
  expect([unknown.verdict, unknown.claims!.stated, unknown.claims!.subject['verdict']]).toEqual([
    'cannot-tell',
    {},
    'logical',
  ])
  const pinned = await check(long)
  expect([pinned.verdict, (pinned.claims!.stated['number'] as string).length]).toEqual(['unchanged', 1_100_000])
})
