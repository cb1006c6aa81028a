import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RefusalLog, shownPath } from '../../../src-main/api/refusal-log.ts'
import { Rig } from './rig.ts'

interface Line {
  code: string
  source: string
  count: number
}

function logged(): { log: RefusalLog; lines: Line[] } {
  const lines: Line[] = []
  const write = (line: unknown): void => void lines.push(line as Line)
  return { log: new RefusalLog({ warn: write, error: write } as never, 1_000), lines }
}

const refusal = (code: string, source: string) =>
  ({ level: 'warn', code, source, text: 'request refused', details: {} }) as const

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

test('writes the first refusal at once and the others with their number', () => {
  const { log, lines } = logged()
  for (let i = 0; i < 1_001; i += 1) log.note(refusal('not_signed_in', '127.0.0.1'))
  log.note(refusal('wrong_role', '127.0.0.1'))
  log.note(refusal('not_signed_in', 'Ada'))
  expect(lines.map(({ code, source, count }) => [code, source, count])).toEqual([
    ['not_signed_in', '127.0.0.1', 1],
    ['wrong_role', '127.0.0.1', 1],
    ['not_signed_in', 'Ada', 1],
  ])
  vi.advanceTimersByTime(1_000)
  expect(lines.slice(3)).toEqual([expect.objectContaining({ code: 'not_signed_in', count: 1_000 })])
  vi.advanceTimersByTime(10_000)
  expect(lines).toHaveLength(4)
  log.note(refusal('not_signed_in', '127.0.0.1'))
  expect(lines).toHaveLength(5)
})

test('counts very many sources together', () => {
  const { log, lines } = logged()
  for (let i = 0; i < 100_000; i += 1) log.note(refusal('not_signed_in', `127.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
  expect(lines).toHaveLength(257)
  vi.advanceTimersByTime(1_000)
  expect(lines).toHaveLength(258)
  expect(lines.at(-1)?.count).toBe(100_000 - 257)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(1_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('goes on counting the others together while some that were counted apart are over', () => {
  const { log, lines } = logged()
  for (let i = 0; i < 300; i += 1) log.note(refusal('not_signed_in', `source ${i}`))
  for (let i = 1; i < 256; i += 1) log.note(refusal('not_signed_in', `source ${i}`))
  vi.advanceTimersByTime(1_000)
  // The place of source 0 is free, and one newcomer has it; the next ones are others again.
  lines.splice(0)
  vi.advanceTimersByTime(500)
  for (let i = 0; i < 1_000; i += 1) log.note(refusal('not_signed_in', `late ${i}`))
  expect(lines.length).toBeLessThanOrEqual(2)
})

test('clips a path', () => {
  expect(shownPath('/tile/entries/000')).toBe('/tile/entries/000')
  expect(shownPath(`/${'A'.repeat(15_000)}`)).toBe(`/${'A'.repeat(199)}... (15001 characters)`)
})

test('a stranger who asks for long paths in a loop does not fill the log', async () => {
  vi.useRealTimers()
  const rig = await new Rig().start()
  try {
    const path = `/tile/entries/${'A'.repeat(15_000)}`
    for (let i = 0; i < 200; i += 1) expect((await rig.ask(path)).status).toBe(401)
    for (let i = 0; i < 50; i += 1)
      await rig.ask('/api/session', { method: 'POST', json: { code: 'wrong' }, headers: { host: `h${i}.example` } })
    const warned = rig.logged.filter((line) => !line.includes('"level":20'))
    expect(warned.join('').length).toBeLessThan(2_000)
    expect(rig.logged.join('').length).toBeLessThan(200_000)
    expect(warned.join('')).toContain('... (15014 characters)')
  } finally {
    await rig.stop()
  }
})
