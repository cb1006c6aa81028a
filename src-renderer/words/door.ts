/** Why the console is shut for others, in the reader's language. */
import type { ShutCode } from './model.ts'
import { m } from '../paraglide/messages.js'

const words: Record<ShutCode, (inputs: { detail: string }) => string> = {
  'port-taken': m.shut_port_taken,
  'address-missing': m.shut_address_missing,
  'port-not-allowed': m.shut_port_not_allowed,
  'certificate-unmade': m.shut_certificate_unmade,
  'certificate-unreadable': m.shut_certificate_unreadable,
  'key-unreadable': m.shut_key_unreadable,
  'key-open': m.shut_key_open,
  'key-differs': m.shut_key_differs,
  'certificate-expired': m.shut_certificate_expired,
  'certificate-early': m.shut_certificate_early,
  'name-missing': m.shut_name_missing,
}

/** Null for a code that this console does not know: a newer gateway has more. */
export function shutText(code: string, detail: string): string | null {
  return Object.hasOwn(words, code) ? words[code as ShutCode]({ detail }) : null
}
