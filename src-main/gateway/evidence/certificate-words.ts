/** What was said on the ledger against a certificate. */
import type { CertificateWord } from '../../endpoints/certificate-model.ts'
import type { CertificateHash } from '../../record/certificate-state.ts'
import { decodeBody } from '../../record/events.ts'
import { decodeEvent } from '../../record/statements.ts'
import { toHex } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { Channel } from '../channel.ts'

/** Where the ledger has that a member issued a certificate about an asset; null where it has not: what another says of the same hash is no issue. */
export function certificateIssued(
  { reader }: Pick<Channel, 'reader'>,
  { hash, asset, issuer }: { hash: string; asset: string; issuer: string },
): { entry: number; member: string; actor: string } | null {
  for (const { index: entry, actor, bytes } of reader.assetEvents.ofType(asset, 'certificate.issued')) {
    const { certificateHash } = decodeBody('certificate.issued', decodeEvent(parseEntry(bytes).payload).body)
    if (toHex(certificateHash) !== hash) continue
    // A person speaks for the member that kept it then.
    const height = reader.blocks.sealBelow(Number(entry))?.height ?? null
    const person = (height === null ? null : reader.state.personAt(height, actor)) ?? reader.state.person(actor)
    if ((person?.keeper ?? actor) !== issuer) continue
    return { entry, actor: issuer, member: reader.members().find((one) => one.actor === issuer)?.name ?? issuer }
  }
  return null
}

/** @param hash SHA-256 of the file, in hex */
export function certificateWords({ reader }: Pick<Channel, 'reader'>, hash: string): CertificateWord[] {
  const words = reader.state.certificateWords(hash as CertificateHash)
  // A register asks about each of its rows, and nothing was said against most.
  if (words.length === 0) return []
  const names = new Map(reader.members().map((member) => [member.actor, member.name]))
  return words.map(({ member, entry, by }) => {
    const stored = reader.entries.entry(entry)
    const reason =
      stored?.type === 'certificate.revoked'
        ? decodeBody('certificate.revoked', decodeEvent(parseEntry(stored.bytes).payload).body).reason
        : null
    return { member: names.get(member) ?? member, actor: member, entry, by, reason }
  })
}
