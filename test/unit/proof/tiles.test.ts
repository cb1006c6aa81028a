import { Sign1 } from '@auth0/cose'
import * as fc from 'fast-check'
import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ProofError } from '../../../src-main/proof/errors.ts'
import { leafHash, nodeHash, rootOf } from '../../../src-main/proof/merkle.ts'
import {
  attachReceipts,
  buildReceipt,
  parseReceipt,
  stripReceipts,
  verifyReceipt,
} from '../../../src-main/proof/receipt.ts'
import {
  decodeEntryBundle,
  encodeEntryBundle,
  hashTile,
  parseTilePath,
  tilePath,
  tileWidthAt,
} from '../../../src-main/proof/tiles.ts'
import { concatBytes, toBase64Url, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { keyId } from '../../../src-main/wire/ids.ts'
import { signedEntry } from '../wire/fixtures.ts'
import { entries, logKey, pathOf, source } from './signed.ts'

describe('tile paths', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1234067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 2, index: 5, width: 17 }, 'tile/2/005.p/17'],
    [{ level: 'entries', index: 1000, width: 1 }, 'tile/entries/x001/000.p/1'],
  ] as const)('of %o are %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path)
    expect(parseTilePath(path)).toEqual(tile)
  })

  it.each([
    'tile/0/0',
    'tile/00/000',
    'tile/7/000',
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/000.p/07',
    'tile/0/x000/001',
    'tile/0/001/x002',
    '/tile/0/000',
    'tile/data/000',
    'tile/0/../000',
  ])('refuse %s', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'malformed_tile' }))
  })

  it('come back for every tile', () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.maxSafeInteger().map((n) => Math.abs(n) % 1e15),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width })
        },
      ),
    )
  })
})

describe('tiles', () => {
  it('hold the hashes of complete subtrees and are as wide as the tree allows', () => {
    expect(tileWidthAt(0, 0, 20)).toBe(20)
    expect(tileWidthAt(1, 0, 256 * 3 + 5)).toBe(3)
    expect(tileWidthAt('entries', 1, 300)).toBe(44)
    expect(tileWidthAt(0, 2, 300)).toBe(0)
    const tile = hashTile({ level: 0, index: 0, width: 20 }, source)
    expect(toHex(tile.subarray(32, 64))).toBe(toHex(leafHash(entries[1]!)))
    expect(toHex(nodeHash(tile.subarray(0, 32), tile.subarray(32, 64)))).toBe(toHex(rootOf(2, source)))
  })

  it('bundle entries with their lengths', () => {
    const bundle = encodeEntryBundle(entries)
    expect(decodeEntryBundle(bundle).map(toHex)).toEqual(entries.map(toHex))
    expect(toHex(bundle.subarray(0, 9))).toBe(`0007${toHex(utf8('entry 0'))}`)
    expect(() => decodeEntryBundle(bundle.slice(0, -1))).toThrow(ProofError)
    expect(() => decodeEntryBundle(concatBytes(bundle, new Uint8Array(1)))).toThrow(ProofError)
    expect(() => encodeEntryBundle(Array.from({ length: 257 }, () => utf8('x')))).toThrow(ProofError)
  })
})

describe('receipts', () => {
  const root = rootOf(11, source)
  const input = {
    alg: 1 as const,
    keyId: keyId(1, logKey.publicKey),
    size: 11,
    index: 5,
    path: pathOf(5, 11),
    root,
    sign: logKey.sign,
  }
  const receipt = buildReceipt(input)
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(logKey.publicKey) },
    format: 'jwk',
  })

  it('show that a key signed a root over the leaf', () => {
    const parsed = parseReceipt(receipt)
    expect(parsed).toMatchObject({ alg: 1, size: 11, index: 5, keyId: input.keyId })
    expect(toHex(verifyReceipt(parsed, leafHash(entries[5]!), logKey.publicKey).root)).toBe(toHex(root))
    expect(() => verifyReceipt(parsed, leafHash(entries[6]!), logKey.publicKey)).toThrow(
      expect.objectContaining({ code: 'bad_signature' }),
    )
    expect(() =>
      verifyReceipt({ ...parsed, path: parsed.path.slice(1) }, leafHash(entries[5]!), logKey.publicKey),
    ).toThrow(ProofError)
  })

  it('are COSE_Sign1 with a detached payload, the root, which @auth0/cose verifies', async () => {
    await expect(Sign1.decode(receipt).verify(publicKey, { detachedPayload: root })).resolves.not.toThrow()
    await expect(Sign1.decode(receipt).verify(publicKey, { detachedPayload: rootOf(10, source) })).rejects.toThrow()
  })

  it('travel with an entry under label 394 and come off without a trace', () => {
    const entry = signedEntry('event', utf8('payload'))
    const carried = attachReceipts(entry, [receipt])
    expect(carried.length).toBeGreaterThan(entry.length)
    const stripped = stripReceipts(carried)
    expect(toHex(stripped.entry)).toBe(toHex(entry))
    expect(stripped.receipts.map(toHex)).toEqual([toHex(receipt)])
    expect(stripReceipts(entry).receipts).toEqual([])
  })

  it('throw nothing but our errors on damaged bytes', () => {
    fc.assert(
      fc.property(fc.nat(receipt.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = receipt.slice()
        damaged[at]! ^= change
        try {
          // What still verifies can differ in size or index only: the signature covers the root, and that is the same.
          const { root: shown } = verifyReceipt(parseReceipt(damaged), leafHash(entries[5]!), logKey.publicKey)
          expect(toHex(shown)).toBe(toHex(root))
          expect(toHex(parseReceipt(damaged).signature)).toBe(toHex(parseReceipt(receipt).signature))
        } catch (error) {
          expect(error instanceof ProofError || error instanceof WireError).toBe(true)
        }
      }),
    )
  })
})
