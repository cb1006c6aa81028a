import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import type { Point, Source, Status } from '../../../src-renderer/words/model.ts'

const language = vi.hoisted(() => ({ current: 'en' as 'en' | 'de', intl: 'en-GB' }))
vi.mock('../../../src-renderer/words/language.svelte.ts', () => ({ language }))

const { inLanguage } = await import('../../../src-renderer/words/in-language.ts')
const { overwriteGetLocale } = await import('../../../src-renderer/paraglide/runtime.js')
const { conditionWords } = await import('../../../src-renderer/words/condition.ts')
const { filterGroups, groupPoints } = await import('../../../src-renderer/views/sources/source-list.ts')

function speak(current: 'en' | 'de'): void {
  Object.assign(language, { current, intl: current === 'de' ? 'de-DE' : 'en-GB' })
}
beforeEach(() => speak('en'))

const source = {
  id: 'filler-1',
  gateway: 'gw-1',
  name: 'Filler 1',
  names: { de: 'Füller 1' },
  address: '10.20.4.7',
  protocol: 'OPC UA',
  state: 'live',
  trust: 'unauthenticated',
} as Source
const point = (tag: string, label: string, labels?: { de: string }): Point =>
  ({ stream: tag, source: 'filler-1', gateway: 'gw-1', tag, label, labels, text: null, atUs: null }) as Point
const points = [
  point('a', 'Air pressure', { de: 'Druckluft' }),
  point('b', 'Bowl pressure', { de: 'Kesseldruck' }),
  point('c', 'Caps'),
  point('d', 'Drive current', { de: 'Antriebsstrom' }),
]
const listed = (find = ''): string[] =>
  filterGroups(groupPoints([source], points, 0, false, language.intl), 'all', find).flatMap(({ rows }) =>
    rows.map((row) => inLanguage(row.point.label, row.point.labels)),
  )

test('a name is shown in the language of the console, and as it is where it was given once', () => {
  expect(inLanguage(source.name, source.names)).toBe('Filler 1')
  speak('de')
  expect(inLanguage(source.name, source.names)).toBe('Füller 1')
  expect(inLanguage('Caps', undefined)).toBe('Caps')
})

test('a page in another language than the console has the names of its own', () => {
  expect(inLanguage('Odometer', { de: 'Kilometerstand' }, 'de')).toBe('Kilometerstand')
  speak('de')
  expect(inLanguage('Odometer', { de: 'Kilometerstand' }, 'en')).toBe('Odometer')
})

test('points stand in the order of the names that are shown', () => {
  expect(listed()).toEqual(['Air pressure', 'Bowl pressure', 'Caps', 'Drive current'])
  speak('de')
  expect(listed()).toEqual(['Antriebsstrom', 'Caps', 'Druckluft', 'Kesseldruck'])
})

test('a search finds names that are shown', () => {
  speak('de')
  expect(listed('füller druck')).toEqual(['Druckluft', 'Kesseldruck'])
  expect(listed('pressure')).toEqual([])
  speak('en')
  expect(listed('druck')).toEqual([])
})

test('a condition about a source names it in the language of the console', () => {
  const alarm = (place: string) =>
    ({ code: 'source-stale', place, facts: { source: 'Filler 1' } }) as unknown as Status['alarms'][number]
  const status = { sources: [source], integrity: { healing: {} } } as unknown as Status
  const said = (place: string): string => Object.values(conditionWords(alarm(place), status)).join(' ')
  expect(said('gw-1/filler-1')).toContain('Filler 1')
  speak('de')
  expect(said('gw-1/filler-1')).toContain('Füller 1')
  // A source of the same id at another gateway is another one.
  expect(said('gw-2/filler-1')).toContain('Filler 1')
})

test('a refused event says why in the language of the console, and a reason of a pack as the pack says it', () => {
  const said = (refused: string): string => {
    const facts = { sequence: 97, reason: 'in English', refused }
    const alarm = { code: 'event-refused', place: 'gw-fill-1', facts } as unknown as Status['alarms'][number]
    return conditionWords(alarm, { sources: [], integrity: { healing: {} } } as unknown as Status).text
  }
  expect(said('asset-unknown')).toBe('An event of gw-fill-1 was refused: the asset is not registered')
  overwriteGetLocale(() => 'de')
  expect(said('asset-unknown')).toBe('Ein Ereignis von gw-fill-1 wurde abgelehnt: der Gegenstand ist nicht registriert')
  expect(said('some-pack/too-early')).toContain(': in English')
})
afterAll(() => overwriteGetLocale(() => 'en'))
