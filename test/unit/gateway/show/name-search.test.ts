import { expect, test } from 'vitest'
import { folded, NameSearch } from '../../../../src-main/gateway/show/name-search.ts'

const search = new NameSearch<{ id: string; label: string; source: string }>(
  ({ id }) => id,
  ({ label, source }) => [label, source],
)
const point = (label: string, source = 'press') => ({ id: label, label, source })

test('case, accents and sharp s are no difference', () => {
  expect(folded('KÄLTE Größe Ångström ﬁ')).toBe('kalte grosse angstrom fi')
  const points = [point('Kälteanlage'), point('Größe'), point('Druck')]
  expect(search.find('kalte', points, 8).hits).toEqual([points[0]])
  expect(search.find('GROSSE', points, 8).hits).toEqual([points[1]])
})

test('every word must fit, in whichever name; what begins with the text stands first, and what is left out is counted', () => {
  const points = [
    point('Oil temperature'),
    point('Temperature 2'),
    point('temperature'),
    point('Flow', 'temperature hall'),
  ]
  expect(search.find('temperature', points, 8).hits.map(({ label }) => label)).toEqual([
    'temperature',
    'Temperature 2',
    'Flow',
    'Oil temperature',
  ])
  expect(search.find('hall flow', points, 8).hits.map(({ label }) => label)).toEqual(['Flow'])
  expect(search.find('temperature', points, 1).more).toBe(3)
  expect(search.find('  ', points, 8)).toEqual({ hits: [], more: 0 })
  expect(search.find('flow nothing', points, 8)).toEqual({ hits: [], more: 0 })
})

test('a name that changes is found by its new one', () => {
  expect(search.find('before', [{ id: 'x', label: 'Before', source: '' }], 8).hits.length).toBe(1)
  expect(search.find('before', [{ id: 'x', label: 'After', source: '' }], 8).hits.length).toBe(0)
})

test('ten thousand points are looked through in a blink once they are known', () => {
  const points = Array.from({ length: 10_000 }, (_, i) => point(`Füllkopf ${i} Temperatur`, `linie ${i % 40}`))
  search.find('x', points, 8)
  const from = performance.now()
  const { hits, more } = search.find('fullkopf 99 linie', points, 8)
  expect(performance.now() - from).toBeLessThan(500)
  expect([hits.length, hits.length + more]).toEqual([8, points.filter(({ label }) => label.includes('99')).length])
})
