import { printed } from '../wire/printable.ts'

/** Says on standard error which of several gateways answers for whoever named none, and what each of them has for itself (`own`). */
export function sayTaken(taken: string, names: readonly string[], wanted: string | undefined, own = ''): void {
  if (wanted !== undefined || names.length < 2) return
  const others = names.filter((name) => name !== taken).join(', ')
  const each = own === '' ? '' : `, and each has ${own} of its own`
  process.stderr.write(
    printed`Of ${names.length} gateways this is ${taken}${each}; --gateway NAME takes another: ${others}\n`,
  )
}
