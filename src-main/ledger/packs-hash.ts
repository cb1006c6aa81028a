import { compareBytes, sha256, utf8 } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { packForm } from '../record/pack-fields.ts'
import type { ActivePack } from '../record/pack-fields.ts'

/** SHA-256 over the CBOR list of the active packs (id, version, hash, ruleHash, engineHash, parameters), ascending by the id's bytes. */
export function packsHash(packs: readonly ActivePack[]): Uint8Array {
  const ascending = packs.toSorted((a, b) => compareBytes(utf8(a.id), utf8(b.id)))
  return sha256(encodeCbor(ascending.map((pack) => packForm.encode(pack))))
}
