import { describe, expect, test } from 'vitest'
import { gatewayConfigSchema } from '../../../../src-main/gateway/folder/config.ts'
import { register, type SourcesOptions } from '../../../../src-main/gateway/sources/sources.ts'
import { describeStreams } from '../../../../src-main/acquisition/stream-description.ts'
import { streamId } from '../../../../src-main/record/channel.ts'
import type { StreamState } from '../../../../src-main/record/core-state.ts'
import { parseActorId, parseChannelId } from '../../../../src-main/wire/ids.ts'

const channel = parseChannelId('ab'.repeat(32))
const actor = parseActorId('cd'.repeat(16))
const stream = streamId(channel, actor, 'van', 'km')

function configOf({ lotFrom, ...tag }: { lotFrom?: object } & object = {}): SourcesOptions['config'] {
  return gatewayConfigSchema.parse({
    name: 'gw-1',
    assets: [],
    sources: [
      {
        id: 'van',
        name: 'Van',
        driver: 'modbus',
        connection: { transport: 'tcp', host: '127.0.0.1' },
        ...(lotFrom && { lotFrom }),
        tags: [
          {
            id: 'km',
            label: 'Odometer',
            unit: 'km',
            kind: 'float',
            quantity: 'odometer',
            address: { table: 'input', address: 20, type: 'float32' },
            ...tag,
          },
        ],
      },
    ],
  })
}

/** What is signed when a gateway that recorded seven readings as `before` starts with `now`. */
function signed(now: object, before: object | null): [string, object][] {
  const events: [string, object][] = []
  const described = before === null ? null : describeStreams(configOf(before).sources[0]!)[0]!
  const known =
    described === null ? null : ({ ...described, stream, actor, openedAt: 3, fromSequence: 0 } as StreamState)
  register({
    config: configOf(now),
    channel,
    actor,
    thread: {
      identity: {
        streams: new Map(known === null ? [] : [[stream, { next: 7, lastTimeUs: null }]]),
        registering: [],
      },
      record: (type: string, body: object) => void events.push([type, body]),
    } as never,
    serverCertificatesDir: '',
    known: {
      stream: () => known,
      boundTo: () => [described?.asset ?? []].flat(),
      asset: () => ({}),
    },
    onState: () => undefined,
  })
  return events
}

describe('a tag that the ledger knows', () => {
  test('is opened once', () => {
    expect(signed({}, null).map(([type]) => type)).toEqual(['stream.opened'])
    expect(signed({}, {})).toEqual([])
    expect(signed({ label: 'Odometer, left' }, {})).toEqual([])
    expect(signed({ label: { en: 'Odometer', de: 'Kilometerstand' } }, {})).toEqual([])
  })

  test('is opened with the label in each language that it is given in', () => {
    const [[, body]] = signed({ label: { en: 'Odometer', de: 'Kilometerstand' } }, null) as [[string, object]]
    expect(body).toMatchObject({ label: 'Odometer', labels: { de: 'Kilometerstand' } })
    expect(signed({}, null)[0]![1]).not.toHaveProperty('labels')
  })

  test('that is configured for another asset ends at the old one and is bound to the new one', () => {
    expect(signed({ asset: 'VAN-2' }, { asset: 'VAN-1' })).toMatchObject([
      ['stream.unbound', { stream, asset: 'VAN-1' }],
      ['stream.bound', { stream, asset: 'VAN-2' }],
    ])
    expect(signed({ asset: 'VAN-2' }, {})).toMatchObject([['stream.bound', { asset: 'VAN-2' }]])
    expect(signed({ asset: 'VAN-2' }, { asset: 'VAN-2' })).toEqual([])
    expect(signed({ asset: 'VAN-2' }, null).map(([type]) => type)).toEqual(['stream.opened', 'stream.bound'])
    expect(signed({}, { asset: 'VAN-1' })).toMatchObject([['stream.unbound', { asset: 'VAN-1' }]])
  })

  test('whose source says its lot is bound by what the source says alone', () => {
    const lotFrom = {
      lotFrom: { tag: 'km', prefix: 'urn:lot:' },
      kind: 'integer',
      address: { table: 'input', address: 20, type: 'uint32' },
    }
    expect(signed(lotFrom, null).map(([type]) => type)).toEqual(['stream.opened'])
    expect(signed(lotFrom, { ...lotFrom, lotFrom: undefined, asset: 'urn:lot:A' })).toEqual([])
    expect(
      signed({ ...lotFrom, lotFrom: undefined }, { ...lotFrom, lotFrom: undefined, asset: 'urn:lot:A' }),
    ).toMatchObject([['stream.unbound', { asset: 'urn:lot:A' }]])
  })

  test('that is read in another way from now on is said to be, with how it was read before', () => {
    const other = { address: { table: 'input', address: 20, type: 'float32', scale: 0.1, order: 'CDAB' } }
    expect(signed(other, {})).toMatchObject([
      ['stream.changed', { stream, old: { scale: null, order: null }, new: { scale: '0.1', order: 'CDAB' } }],
    ])
    expect(signed({ address: { table: 'input', address: 20, type: 'float32', scale: 1, offset: 0 } }, {})).toEqual([])
    expect(signed({ address: { table: 'holding', address: 20, type: 'float32' } }, {})).toMatchObject([
      ['stream.changed', { old: { address: { table: 'input' } }, new: { address: { table: 'holding' } } }],
    ])
  })

  test('cannot measure something else, and every such field is named', () => {
    expect(() => signed({ unit: 'm', quantity: 'distance' }, {})).toThrow(
      expect.objectContaining({
        code: 'stream_changed',
        message: expect.stringMatching(
          /van\/km: quantity is "distance", on the ledger "odometer"; van\/km: unit is "m"/,
        ) as string,
        next: expect.stringContaining('another id') as string,
      }),
    )
  })
})
