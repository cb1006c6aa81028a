import { describe, expect, it, vi } from 'vitest'

vi.mock('../../../src-renderer/words/language.svelte.ts', () => ({ language: { current: 'en', intl: 'en-GB' } }))
vi.stubEnv('TZ', 'Europe/Berlin')
const { axisTicks } = await import('../../../src-renderer/views/certificates/axis-ticks.ts')

const us = (text: string) => Date.parse(text) * 1000

describe('times under a line', () => {
  it('are five clock times over a day', () => {
    const ticks = axisTicks(us('2026-03-10T06:00+01:00'), us('2026-03-11T06:00+01:00'), 336)
    expect(ticks.map((tick) => tick.text)).toEqual(['06:00', '12:00', '18:00', '00:00', '06:00'])
  })

  it('leave out what would run into an end', () => {
    const ticks = axisTicks(us('2026-05-24T20:50+02:00'), us('2026-11-24T06:30+01:00'), 336)
    expect(ticks.map((tick) => tick.text)).toEqual(['24 May', '25 July', '24 November'])
  })

  it('are none for a period that ends before it begins', () => {
    expect(axisTicks(2, 1, 336)).toEqual([])
  })
})
