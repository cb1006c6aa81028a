import { plainMeaning } from '../../../src-main/record/stream-fields.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborInput, CborMap } from '../../../src-main/wire/cbor.ts'
import { decodeCoreValue, encodeCoreValue } from '../../../src-main/record/core-state.ts'
import { decodeBody, encodeBody } from '../../../src-main/record/events.ts'
import type { AssetRegistered } from '../../../src-main/record/asset-fields.ts'
import type { StreamOpened } from '../../../src-main/record/stream-fields.ts'
import { labelOf, textIn } from '../../../src-main/wire/languages.ts'
import { MAX_NAME_BYTES } from '../../../src-main/wire/limits.ts'
import { hiddenCharacter } from '../../../src-main/wire/plain-text.ts'
import { actor, streams } from './fixtures.ts'

/** Both bodies below, as they were written before there were translations. */
const OPENED_HEX =
  'ad6374616764666c6f77646b696e6465666c6f617464756e69746343656c656c6162656c70466c6f772074656d70657261747572656572616e6765f66574727573746f756e61757468656e7469636174656466736f7572636566626f696c65726673747265616d50ddb8565186b9165f94f53affa12ac671676d65616e696e67a9647369676ef66474797065f6656f72646572f6657363616c65f6666f6666736574f66761646472657373a06870726f746f636f6c6a4d6f6462757320544350696465766963654b6579f66c6e6f74417661696c61626c6580687175616e746974796b74656d706572617475726569636164656e63654d73f66973696d756c61746564f46c66726f6d53657175656e636500'
const ASSET_HEX =
  'a7646e616d656c546573742076656869636c6564747970656776656869636c656561737365746556494e3a58657061636b738066736368656d656356494e6973696d756c61746564f46a61747472696275746573a0'
const LIMITS = { maxBytes: 100_000, maxDepth: 16 }
const opened: StreamOpened = {
  stream: streams[0]!,
  source: 'boiler',
  tag: 'flow',
  label: 'Flow temperature',
  unit: 'Cel',
  kind: 'float',
  quantity: 'temperature',
  meaning: plainMeaning('Modbus TCP'),
  trust: 'unauthenticated',
  simulated: false,
  range: null,
  cadenceMs: null,
  fromSequence: 0,
}
const asset: AssetRegistered = {
  asset: 'VIN:X',
  scheme: 'VIN',
  type: 'vehicle',
  name: 'Test vehicle',
  attributes: {},
  packs: [],
  simulated: false,
}

/** The body as `encodeBody` would make it, with one field put in unseen. */
function withField(
  name: 'labels' | 'names',
  value: CborInput,
): { type: 'stream.opened' | 'asset.registered'; body: CborMap } {
  const type = name === 'labels' ? 'stream.opened' : 'asset.registered'
  const plain = name === 'labels' ? encodeBody('stream.opened', opened) : encodeBody('asset.registered', asset)
  return {
    type,
    body: decodeCbor(encodeCbor(new Map<CborInput, CborInput>([...plain, [name, value]])), LIMITS) as CborMap,
  }
}

describe('translations of a name', () => {
  it('leave the bytes of a stream and of an asset without them as they were', () => {
    expect(toHex(encodeCbor(encodeBody('stream.opened', opened)))).toBe(OPENED_HEX)
    expect(
      toHex(
        encodeCbor(encodeBody('stream.opened', { ...opened, ...labelOf({ label: opened.label, labels: undefined }) })),
      ),
    ).toBe(OPENED_HEX)
    expect(toHex(encodeCbor(encodeBody('asset.registered', asset)))).toBe(ASSET_HEX)
  })

  it('come back from statement and state as they were written, whatever name they are', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => hiddenCharacter(text) === null && new TextEncoder().encode(text).length <= MAX_NAME_BYTES)
    fc.assert(
      fc.property(name, name, (label, de) => {
        fc.pre(label !== de)
        const stream = { ...opened, label, labels: { de } }
        const vehicle = { ...asset, name: label, names: { de } }
        const read = <T extends CborInput>(body: T): CborMap => decodeCbor(encodeCbor(body), LIMITS) as CborMap
        expect(decodeBody('stream.opened', read(encodeBody('stream.opened', stream)))).toEqual(stream)
        expect(decodeBody('asset.registered', read(encodeBody('asset.registered', vehicle)))).toEqual(vehicle)
        const state = { ...stream, actor, openedAt: 4 }
        expect(decodeCoreValue('stream', read(encodeCoreValue('stream', state)))).toEqual(state)
        const { asset: _, ...registered } = vehicle
        const held = { ...registered }
        expect(decodeCoreValue('asset', read(encodeCoreValue('asset', held)))).toEqual(held)
      }),
    )
  })

  it.each<[string, CborInput]>([
    ['that is no map', 'Vorlauftemperatur'],
    ['of nothing', {}],
    ['in a thousand languages', Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`l${i}`, 'x']))],
    ['in an unknown language beside a known one', { de: 'Vorlauf', fr: 'Départ' }],
    ['in the language of the main text', { en: 'Supply temperature' }],
    ['that is no text', { de: 7 }],
    ['that is empty', { de: '' }],
    ['that is the main text again', { de: 'Flow temperature' }],
    ['with a hidden character', { de: 'Vorlauf\u202Etemperatur' }],
    ['with a control character', { de: 'Vorlauf\u001B[2J' }],
    ['longer than a name', { de: 'ä'.repeat(MAX_NAME_BYTES / 2 + 1) }],
    ['with a key that is no text', new Map<CborInput, CborInput>([[1, 'Vorlauf']])],
  ])('are refused by the rule of names: one %s', (_, value) => {
    for (const name of ['labels', 'names'] as const) {
      const same = JSON.stringify(value) === '{"de":"Flow temperature"}' && name === 'names'
      const { type, body } = withField(name, same ? { de: asset.name } : value)
      expect(() => decodeBody(type, body), name).toThrow(expect.objectContaining({ code: 'malformed_event' }))
    }
  })

  it('take what is as long as a name may be', () => {
    const { type, body } = withField('labels', { de: 'ä'.repeat(MAX_NAME_BYTES / 2) })
    expect(decodeBody(type, body)).toMatchObject({ labels: { de: 'ä'.repeat(MAX_NAME_BYTES / 2) } })
  })

  it('give way to the main text where nobody gave the name in that language', () => {
    expect(textIn('de', 'Flow', { de: 'Vorlauf' })).toBe('Vorlauf')
    expect(textIn('en', 'Flow', { de: 'Vorlauf' })).toBe('Flow')
    expect(textIn('de', 'Flow', undefined)).toBe('Flow')
  })
})
