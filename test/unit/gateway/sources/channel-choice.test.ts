import { describe, expect, test } from 'vitest'
import { checkConfig, type GatewayConfig } from '../../../../src-main/gateway/folder/config.ts'
import { chosenOf, spread } from '../../../../src-main/gateway/sources/channel-choice.ts'

const HALL = { handle: 'a1'.repeat(8), name: 'Hall' }
const RECIPES = { handle: 'c2'.repeat(8), name: 'Recipes' }

function configOf(...sources: [id: string, channel: string | null, asset: string | null][]): GatewayConfig {
  const listed = sources.map(
    ([id, channel, asset], i) =>
      `  - { id: ${id}, name: ${id}, driver: modbus, ${channel === null ? '' : `channel: '${channel}', `}connection: { transport: tcp, host: 10.0.0.${i + 1} }, tags: [{ id: t, label: T, unit: '1', kind: float, ${asset === null ? '' : `asset: ${asset}, `}address: { table: input, address: 0, type: uint16 } }] }`,
  )
  const assets = ['a', 'b', 'c'].map((id) => `  - { id: ${id}, scheme: own, type: press, name: ${id} }`)
  const { config, problems } = checkConfig(
    `name: gw-1\nassets:\n${assets.join('\n')}\nsources:\n${listed.join('\n')}\n`,
  )
  expect(problems).toEqual([])
  return config as GatewayConfig
}

const shares = (config: GatewayConfig): [string[], string[]][] =>
  spread(config, [HALL, RECIPES]).map(({ sources, assets }) => [
    sources.map(({ id }) => id),
    assets.map(({ id }) => id),
  ])

describe('what is configured', () => {
  test('goes into the channel that its source names, by name or by the beginning of its id, else into the first', () => {
    const config = configOf(
      ['s1', null, null],
      ['s2', 'Recipes', null],
      ['s3', RECIPES.handle, null],
      ['s4', `${HALL.handle}ff`, null],
    )
    expect(shares(config).map(([sources]) => sources)).toEqual([
      ['s1', 's4'],
      ['s2', 's3'],
    ])
  })

  test('an asset goes where something is bound to it, into both where both have; one to which nothing is, into the first', () => {
    const config = configOf(['s1', null, 'a'], ['s2', 'Recipes', 'a'], ['s3', 'Recipes', 'b'])
    expect(shares(config).map(([, assets]) => assets)).toEqual([
      ['a', 'c'],
      ['a', 'b'],
    ])
  })

  test('is refused with words where no channel, or more than one, has the name', () => {
    expect(() => spread(configOf(['s1', 'Recipe', null]), [HALL, RECIPES])).toThrow(
      'source "s1" goes into the channel "Recipe", and this gateway has none of that name',
    )
    expect(() => spread(configOf(['s1', 'Hall', null]), [HALL, { ...RECIPES, name: 'Hall' }])).toThrow(
      'source "s1" goes into the channel "Hall", and 2 channels of this gateway have that name',
    )
    expect(chosenOf(HALL.handle.slice(0, 15), [HALL, RECIPES])).toEqual([])
  })
})
