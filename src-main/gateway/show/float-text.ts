/** The shortest decimal text that reads back as the same float; a value that fits 32 bits is written as an instrument's 32-bit float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (Math.fround(value) !== value || Number.isInteger(value)) return Object.is(value, -0) ? '-0' : String(value)
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return plain(text)
  }
  return String(value)
}

function plain(text: string): string {
  return text.includes('e') ? String(Number(text)) : text
}
