import { assert, bigInt, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { integerScaler, scaleFloat } from '../../../src-main/acquisition/scaling.ts'

test('an integer scaled by a decimal gives the double nearest to the exact result', () => {
  expect(integerScaler({ scale: 0.1 })(1234n)).toBe(123.4)
  expect(3 * 0.1).not.toBe(0.3)
  expect(integerScaler({ scale: 0.1 })(3n)).toBe(0.3)
  expect(integerScaler({ scale: 0.01, offset: -40 })(6543n)).toBe(25.43)
  expect(integerScaler({ scale: 1e-7 })(1n)).toBe(1e-7)
  expect(integerScaler({ scale: 1000 })(-7n)).toBe(-7000)
  expect(integerScaler({ offset: 0.5 })(2n)).toBe(2.5)
})

test('agrees with the shortest decimal for every 64-bit integer and decimal scale', () => {
  assert(
    property(bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), integer({ min: 0, max: 9 }), (raw, digits) => {
      expect(integerScaler({ scale: Number(`1e-${digits}`) })(raw)).toBe(Number(`${raw}e-${digits}`))
    }),
  )
})

test('a float is scaled in floating point', () => {
  expect(scaleFloat(1.5, { scale: 2, offset: 1 })).toBe(4)
  expect(scaleFloat(-0, {})).toBe(-0)
})
