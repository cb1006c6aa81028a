/** What was said on the ledger against a certificate. */
import type { CertificateWord } from '../../endpoints/certificate-model.ts'
import type { CertificateHash } from '../../record/certificate-state.ts'
import { decodeBody } from '../../record/events.ts'
import { decodeEvent } from '../../record/statements.ts'
import { toHex } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { Channel } from '../channel.ts'

/** Where the ledger has that a certificate about an asset was issued, and by which member; null where it has not. */
export function certificateIssued(
  { reader }: Pick<Channel, 'reader'>,
  { hash, asset }: { hash: string; asset: string },
): { entry: number; member: string; actor: string } | null {
  for (const { index: entry, actor, bytes } of reader.assetEvents.ofType(asset, 'certificate.issued')) {
    const { certificateHash } = decodeBody('certificate.issued', decodeEvent(parseEntry(bytes).payload).body)
    if (toHex(certificateHash) !== hash) continue
    // A person speaks for the member that keeps it.
    const by = reader.state.person(actor)?.keeper ?? actor
    return { entry, actor: by, member: reader.members().find((member) => member.actor === by)?.name ?? by }
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
