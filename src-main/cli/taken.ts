import { printed } from '../wire/printable.ts'

/** Says on standard error which of several gateways answers for whoever named none. */
export function sayTaken(taken: string, names: readonly string[], wanted: string | undefined): void {
  if (wanted !== undefined || names.length < 2) return
  const others = names.filter((name) => name !== taken).join(', ')
  process.stderr.write(printed`Of ${names.length} gateways this is ${taken}; --gateway NAME takes another: ${others}\n`)
}
