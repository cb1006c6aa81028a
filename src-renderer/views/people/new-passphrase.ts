import { m } from '../../paraglide/messages.js'

/** As the gateway asks for; it has the last word. */
export const charactersMin = 10
export const charactersMax = 256

/** What keeps two entries from being a new passphrase; null where nothing does. */
export function passphraseComplaint(first: string, second: string): string | null {
  if (first.length < charactersMin || first.length > charactersMax)
    return m.people_pass_rule({ min: String(charactersMin), max: String(charactersMax) })
  return first === second ? null : m.people_pass_differs()
}
