import { Sign1 } from '@auth0/cose'
import * as fc from 'fast-check'
import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { equalBytes, sha256, toBase64Url, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { CborTag, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborInput } from '../../../src-main/wire/cbor.ts'
import { parseEntry, statementHash } from '../../../src-main/wire/entry.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import { statementOf, encodeBatchHeader, encodeEvent, encodeSeal } from '../../../src-main/record/statements.ts'
import { actor, batch, channel, genesis, nonce, publicKey, seed, signedEntry } from './fixtures.ts'

const batchEntry = signedEntry('batch', encodeBatchHeader(batch))
const nodeKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) }, format: 'jwk' })

describe('parseEntry', () => {
  it('reads the header, the payload and what was signed', () => {
    const entry = parseEntry(batchEntry)
    expect(entry.contentType).toBe('batch')
    expect(entry.alg).toBe(1)
    expect(entry.keyId).toBe(keyId(1, publicKey))
    expect(entry.actor).toBe(actor)
    expect(entry.channel).toBe(channel)
    expect(entry.issuer).toBe(`urn:plumbline:actor:${actor}`)
    expect(entry.subject).toBe(`urn:plumbline:channel:${channel}`)
    expect(entry.iatSeconds).toBe(1_774_915_201)
    expect(toHex(statementHash(entry))).toBe(toHex(sha256(entry.sigStructure)))
  })

  it('is a COSE_Sign1 that @auth0/cose verifies', async () => {
    const cose = Sign1.decode(batchEntry)
    await expect(cose.verify(nodeKey)).resolves.not.toThrow()
    expect(equalBytes(cose.payload, encodeBatchHeader(batch))).toBe(true)
  })

  it('of which @auth0/cose refuses every copy with one changed byte of header, payload or signature', async () => {
    const { protectedBytes, payload, signature } = parseEntry(batchEntry)
    const places = [
      20,
      protectedBytes.length - 2,
      protectedBytes.length + 20,
      batchEntry.length - payload.length / 2,
      batchEntry.length - signature.length,
      batchEntry.length - 1,
    ]
    for (const place of places) {
      const tampered = batchEntry.slice()
      tampered[Math.floor(place)]! ^= 1
      await expect(async () => Sign1.decode(tampered).verify(nodeKey)).rejects.toThrow()
    }
  })

  it('takes an entry of exactly one form: parsing what differs by one byte fails or gives another statement', () => {
    const original = toHex(statementHash(parseEntry(batchEntry)))
    fc.assert(
      fc.property(fc.nat(batchEntry.length - 65), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const tampered = batchEntry.slice()
        tampered[at]! ^= change
        try {
          expect(toHex(statementHash(parseEntry(tampered)))).not.toBe(original)
        } catch (error) {
          if (!(error instanceof WireError)) throw error
        }
      }),
    )
  })

  it.each<[string, () => Uint8Array]>([
    ['another tag', () => rebuilt({ tag: 98 })],
    ['no tag', () => encodeCbor(parts())],
    ['an unprotected header', () => rebuilt({ 1: new Map([[4, 1]]) })],
    ['a receipt that is still attached', () => rebuilt({ 1: new Map([[394, [new Uint8Array(1)]]]) })],
    ['a detached payload', () => rebuilt({ 2: null })],
    ['a signature of 63 bytes', () => rebuilt({ 3: new Uint8Array(63) })],
    ['an unknown algorithm', () => withHeader([[1, -35]])],
    ['an unknown content type', () => withHeader([[3, 'application/cbor']])],
    ['a key id of 15 bytes', () => withHeader([[4, new Uint8Array(15)]])],
    ['another header label', () => withHeader([[5, 1]])],
    ['an issuer that is no actor', () => withHeader([[15, claims([[1, 'urn:plumbline:actor:x']])]])],
    ['an issuer in capitals', () => withHeader([[15, claims([[1, `urn:plumbline:actor:${actor.toUpperCase()}`]])]])],
    ['a subject that is no channel', () => withHeader([[15, claims([[2, 'urn:plumbline:channel:']])]])],
    ['an issue time with a fraction', () => withHeader([[15, claims([[6, -1]])]])],
    ['another claim', () => withHeader([[15, claims([[3, 'aud']])]])],
  ])('refuses %s', (_, make) => {
    const bytes = make()
    expect(() => parseEntry(bytes)).toThrow(WireError)
  })

  it('refuses more than 65,535 bytes, which no tile bundle could carry', () => {
    expect(() => signedEntry('event', new Uint8Array(65_400))).toThrow(expect.objectContaining({ code: 'too_large' }))
    const large = encodeCbor(
      new CborTag(18, [new Uint8Array(0), new Map(), new Uint8Array(65_600), new Uint8Array(64)]),
    )
    expect(() => parseEntry(large)).toThrow(expect.objectContaining({ code: 'too_large' }))
  })

  it('throws nothing but WireError on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseEntry(bytes)).toThrow(WireError)
      }),
    )
  })
})

describe('the statement of an entry', () => {
  it('gives back what was signed, by content type', () => {
    const seal = {
      v: 1,
      channel,
      nonce,
      height: 1,
      timeUs: 5,
      size: 1,
      stateRoot: seed('state'),
      packsHash: seed('packs'),
    } as const
    expect(statementOf(parseEntry(batchEntry))).toEqual({ kind: 'batch', ...batch })
    expect(statementOf(parseEntry(signedEntry('event', encodeEvent(genesis))))).toMatchObject({
      kind: 'event',
      channel,
    })
    expect(statementOf(parseEntry(signedEntry('seal', encodeSeal(seal))))).toEqual({ kind: 'seal', ...seal })
  })

  it('refuses a statement of another actor or channel than its header', () => {
    const foreignActor = { ...batch, actor: 'f'.repeat(32) as typeof batch.actor }
    const foreignChannel = { ...batch, channel: 'f'.repeat(64) as typeof batch.channel }
    for (const header of [foreignActor, foreignChannel]) {
      const entry = parseEntry(signedEntry('batch', encodeBatchHeader(header)))
      expect(() => statementOf(entry)).toThrow(/names another (actor|channel)/)
    }
  })

  it('refuses an event under the content type of a batch', () => {
    expect(() => statementOf(parseEntry(signedEntry('batch', encodeEvent(genesis))))).toThrow(WireError)
  })
})

function parts(): CborInput[] {
  const { protectedBytes, payload, signature } = parseEntry(batchEntry)
  return [protectedBytes, new Map(), payload, signature]
}

function rebuilt(change: { tag?: number; [part: number]: CborInput }): Uint8Array {
  const changed = parts().map((part, i) => (i in change ? change[i]! : part))
  return encodeCbor(new CborTag(change.tag ?? 18, changed as never))
}

function claims(changes: [number, CborInput][]): Map<CborInput, CborInput> {
  return new Map<CborInput, CborInput>([
    [1, `urn:plumbline:actor:${actor}`],
    [2, `urn:plumbline:channel:${channel}`],
    [6, 1],
    ...changes,
  ])
}

function withHeader(changes: [number, CborInput][]): Uint8Array {
  const header = new Map<CborInput, CborInput>([
    [1, -8],
    [3, 'application/vnd.plumbline.batch+cbor'],
    [4, utf8('0123456789abcdef')],
    [15, claims([])],
    ...changes,
  ])
  return rebuilt({ 0: encodeCbor(header) })
}
