import { expect, onTestFinished, test, vi } from 'vitest'
import { nowUs } from '../../../src-main/gateway/wall-clock.ts'

test('a correction of the system’s clock is followed at once, forward and back', () => {
  const clock = vi.spyOn(Date, 'now')
  onTestFinished(() => clock.mockRestore())
  for (const atMs of [1_774_915_200_000, 1_774_918_800_000, 1_774_911_600_000]) {
    clock.mockReturnValue(atMs)
    expect(nowUs()).toBe(atMs * 1000)
  }
})
