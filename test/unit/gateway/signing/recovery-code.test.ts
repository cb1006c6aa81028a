import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newRecoveryCode, seedOfCode } from '../../../../src-main/gateway/signing/recovery-code.ts'

test('is eight groups of four, and gives one seed however it is copied', () => {
  const code = newRecoveryCode(() => new Uint8Array(17).fill(0x42))
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/)
  const seed = createHash('sha256').update('plumbline/recovery-seed/v1').update(Buffer.alloc(17, 0x42)).digest()
  for (const copied of [code, code.toLowerCase(), code.replaceAll('-', ' '), ` ${code.replaceAll('-', '')} `])
    expect(Buffer.from(seedOfCode(copied, 1))).toEqual(seed)
})

test('O, I and L are read as the digits that they look like', () => {
  // Zeros and ones are in every second code: one is looked for.
  const code = Array.from({ length: 50 }, () => newRecoveryCode(randomBytes)).find(
    (one) => /0/.test(one) && /1/.test(one),
  )
  if (code === undefined) throw new Error('no code has a 0 and a 1')
  expect(seedOfCode(code.replaceAll('0', 'o').replaceAll('1', 'l'), 1)).toEqual(seedOfCode(code, 1))
})

test('one wrong character is told, with the number of the code', () => {
  const code = newRecoveryCode(randomBytes)
  const other = code.startsWith('A') ? 'B' : 'A'
  for (const wrong of [other + code.slice(1), code.slice(1), `${code}A`, '', 'U'.repeat(32)])
    expect(() => seedOfCode(wrong, 2)).toThrow(/recovery code 2 is not as it was printed/)
})
