import { describe, expect, it } from 'vitest'
import { fromHex, sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborMap, CborValue } from '../../../src-main/wire/cbor.ts'
import { decodeCoreValue, encodeCoreValue } from '../../../src-main/record/core-state.ts'
import type { ChannelState } from '../../../src-main/record/core-state.ts'
import { decodeBody, encodeBody } from '../../../src-main/record/events.ts'
import { parseChannelId } from '../../../src-main/wire/ids.ts'
import { channelOfOrigin, originOf } from '../../../src-main/wire/origin.ts'
import { genesisBody, nonce, seed } from '../wire/fixtures.ts'

const LIMITS = { maxBytes: 100_000, maxDepth: 16 }
const old = parseChannelId(toHex(sha256(utf8('the channel before'))))
const continues = { origin: originOf(old), size: 1_000, root: seed('root before') }
const state = { name: 'Hall', site: 'S', simulated: false, nonce, quorum: 2 }

const mapOf = (value: Parameters<typeof encodeCbor>[0]): CborMap => decodeCbor(encodeCbor(value), LIMITS) as CborMap
const valueOf = (value: ChannelState): [number, CborMap] =>
  decodeCbor(encodeCbor(encodeCoreValue('channel', value)), LIMITS) as [number, CborMap]

describe('the ledger that a channel continues', () => {
  it('stands in its genesis and in its state, as it was written', () => {
    const body = mapOf(encodeBody('channel.opened', { ...genesisBody, continues }))
    expect(decodeBody('channel.opened', body)).toEqual({ ...genesisBody, continues })
    const value = decodeCbor(encodeCbor(encodeCoreValue('channel', { ...state, continues })), LIMITS)
    expect(decodeCoreValue('channel', value)).toEqual({ ...state, continues })
  })

  it('is encoded as a map of three beside the other fields', () => {
    const [, value] = valueOf({ ...state, continues })
    expect(toHex(encodeCbor(value.get('continues') as CborMap))).toBe(
      `a364726f6f745820${toHex(continues.root)}6473697a651903e8666f726967696e7850${toHex(utf8(continues.origin))}`,
    )
  })

  it('changes nothing where there is none: no key, and the bytes that there always were', () => {
    expect(mapOf(encodeBody('channel.opened', genesisBody)).has('continues')).toBe(false)
    expect(toHex(encodeCbor(encodeCoreValue('channel', { ...state, nonce: fromHex('00'.repeat(16)) })))).toBe(
      `8201a5646e616d656448616c6c64736974656153656e6f6e636550${'00'.repeat(16)}6671756f72756d026973696d756c61746564f4`,
    )
  })

  it.each<[string, (of: CborMap) => void]>([
    ['an origin of somebody else’s log', (of) => of.set('origin', `example.org/${old}`)],
    ['an origin without its channel', (of) => of.set('origin', 'plumbline.local/')],
    ['an origin of a gateway', (of) => of.set('origin', `${originOf(old)}/gw-1`)],
    ['an origin in capitals', (of) => of.set('origin', `plumbline.local/${old.toUpperCase()}`)],
    ['a bare channel', (of) => of.set('origin', old)],
    ['a size of none', (of) => of.set('size', 0)],
    ['a size beyond 2^53', (of) => of.set('size', 2n ** 60n)],
    ['a root of 31 bytes', (of) => of.set('root', new Uint8Array(31))],
    ['no root', (of) => of.delete('root')],
    ['an unknown key', (of) => of.set('note', 'x')],
  ])('is refused with %s', (_, change) => {
    const body = mapOf(encodeBody('channel.opened', { ...genesisBody, continues }))
    change(body.get('continues') as CborMap)
    expect(() => decodeBody('channel.opened', body)).toThrow(expect.objectContaining({ code: 'malformed_event' }))
    const value = valueOf({ ...state, continues })
    change(value[1].get('continues') as CborMap)
    expect(() => decodeCoreValue('channel', value)).toThrow(expect.objectContaining({ code: 'malformed_state' }))
  })

  it('is refused where it is no map', () => {
    const body = mapOf(encodeBody('channel.opened', genesisBody))
    for (const not of [null, 'plumbline.local', [1]] as CborValue[]) {
      body.set('continues', not)
      expect(() => decodeBody('channel.opened', body)).toThrow(/"continues" is not a map/)
    }
  })
})

describe('the name of a log', () => {
  it('leads back to its channel, and no other text does', () => {
    expect(channelOfOrigin(originOf(old))).toBe(old)
    for (const text of ['', 'plumbline.local', `plumbline.local/${old} `, `plumbline.local/plumbline.local/${old}`])
      expect(() => channelOfOrigin(text)).toThrow(expect.objectContaining({ code: 'malformed_id' }))
  })
})
