import { expect, test } from 'vitest'
import { sourcesSchema } from '../../../../src-main/acquisition/config.ts'
import { lotSources, lotWords } from '../../../../src-main/gateway/channel/lot-words.ts'
import { streamId } from '../../../../src-main/record/channel.ts'
import { parseActorId, parseChannelId } from '../../../../src-main/wire/ids.ts'

const channel = parseChannelId('ab'.repeat(32))
const actor = parseActorId('cd'.repeat(16))

function sources(lotFrom: object) {
  const tag = (id: string, kind: string, more = {}) => ({
    id,
    label: id,
    unit: '1',
    kind,
    address: { node: `ns=1;s=${id}` },
    ...more,
  })
  const tags = [
    tag('weight', 'float'),
    tag('lot', 'text'),
    tag('tank', 'float', { asset: 'TANK' }),
    tag('torque', 'float'),
  ]
  const filler = {
    id: 'filler',
    name: { en: 'Filler', de: 'Füller' },
    driver: 'opcua',
    endpoint: 'opc.tcp://h:4840',
    simulated: true,
    tags,
  }
  return sourcesSchema.parse([
    { ...filler, lotFrom },
    { ...filler, id: 'other' },
  ])
}

test('a source that says its lot has all of its tags in it that have no asset of their own, under the name of a lot', () => {
  const of = (tag: string) => streamId(channel, actor, 'filler', tag)
  expect(lotSources(lotWords(sources({ tag: 'lot', prefix: 'urn:lot:' })), channel, actor)).toEqual([
    {
      source: 'filler',
      name: 'Filler',
      carrier: of('lot'),
      streams: [of('weight'), of('lot'), of('torque')],
      asset: {
        asset: 'urn:lot:',
        scheme: 'own',
        type: 'lot',
        name: 'Lot',
        names: { de: 'Los' },
        attributes: {},
        packs: [],
        simulated: true,
      },
    },
  ])
})

test('of tags that are named only those, and the one that carries the lot, are in it', () => {
  const [words] = lotWords(
    sources({ tag: 'lot', tags: ['torque'], prefix: 'urn:x:', name: 'Lemon', packs: ['p'], attributes: { a: 'b' } }),
  )
  expect(words).toMatchObject({
    tags: ['lot', 'torque'],
    asset: { asset: 'urn:x:', name: 'Lemon', packs: ['p'], attributes: { a: 'b' } },
  })
  expect(words?.asset).not.toHaveProperty('names')
})
