import { GatewayError } from '../gateway/error.ts'
import type { Told } from '../wire/plumbline-error.ts'
import { printed } from '../wire/printable.ts'
import type { Reached } from './channel-option.ts'
import type { Invocation } from './command.ts'
import { refusalOf } from './daemon-client.ts'
import { EXIT } from './exit-status.ts'

/** Says that the gateway refused, as text or as `{"refused": CODE, ...}`, and gives the exit status of it. */
export function sayRefused(
  { print }: Pick<Invocation, 'print'>,
  { name }: Reached,
  { code, message, next }: Told,
): number {
  print({ refused: code, gateway: name, message, next }, printed`${name}: refused (${code}): ${message}\n${next}`)
  return EXIT.changed
}

/** The same of what a call threw; throws on what is no refusal of the gateway. */
export function refusedBy(invocation: Pick<Invocation, 'print'>, runtime: Reached, error: unknown): number {
  const code = error instanceof GatewayError ? refusalOf(error) : undefined
  if (code === undefined) throw error
  const { message, next } = error as GatewayError
  return sayRefused(invocation, runtime, { code, message, next })
}
