/** What a ledger has of a certificate, in words: it stands, it was revoked or replaced, or nobody here can tell. */
import { printable } from '../../src-main/wire/printable.ts'
import { m } from '../paraglide/messages.js'
import type { DocumentCheck } from './certificate.ts'
import type { CertificateStatus } from './model.ts'
import { count } from './number.ts'

export interface StatusWords {
  /** `against`: whoever issued it says that it does not stand. */
  standing: 'stands' | 'against' | 'cannot-tell'
  text: string
}

/** @param issuer actor of the member that issued it, as the file says */
export function statusWords({ gateway, words, issued, upTo }: CertificateStatus, issuer: string): StatusWords {
  // What another member says of it is nobody's verdict.
  const word = words.findLast(({ actor }) => actor === issuer)
  if (word === undefined && issued === null) return { standing: 'cannot-tell', text: m.status_not_here({ gateway }) }
  if (word === undefined)
    return {
      standing: 'stands',
      text: m.status_stands({ gateway, entry: count(issued?.entry ?? 0), upTo: count(upTo) }),
    }
  const said = { member: printable(word.member), entry: count(word.entry) }
  const text =
    word.by === null
      ? m.status_revoked({ ...said, reason: printable(word.reason ?? '') })
      : m.status_superseded({ ...said, hash: word.by.slice(0, 16).toUpperCase() })
  return { standing: 'against', text }
}

/** By what a ledger is asked about a certificate; null where the file is none that could be asked about. */
export function askedOf(check: DocumentCheck | null): { hash: string; asset: string; issuer: string } | null {
  if (check === null || check.verdict === 'changed' || check.claims === null) return null
  const { asset, issuedBy } = check.claims.subject as { asset?: { id?: unknown }; issuedBy?: { actor?: unknown } }
  if (typeof asset?.id !== 'string' || typeof issuedBy?.actor !== 'string') return null
  return { hash: check.file.hash, asset: asset.id, issuer: issuedBy.actor }
}
