import { expect, test } from 'vitest'
import { changeBytes } from '../flips/certificate-bytes.ts'
import { isLong } from '../support/long.ts'

/** Odd, so that every bit of a byte and every place of a word comes up. All bytes: `npm run flips`. */
const EVERY = isLong ? 3 : 11

test('a certificate with any one byte changed is refused, at one named step', async () => {
  const { bytes, steps, wrong } = await changeBytes(EVERY)
  console.info(`${bytes} bytes, each changed once: ${[...steps].map((pair) => pair.join(' ')).join(', ')}`)
  expect(wrong).toEqual([])
  expect([...steps.values()].reduce((sum, count) => sum + count, 0)).toBe(bytes)
})
