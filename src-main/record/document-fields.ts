/** What is said of a document when it is added, which its state value keeps. */
import { fromHex, toHex } from '../wire/bytes.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { bytes, nullable, text } from './schema.ts'
import type { Form } from './schema.ts'

/** SHA-256 of the file in lower-case hex. */
export type DocumentHash = string & { readonly _hash: 'document' }

const inBytes = bytes(HASH_BYTES)

export const documentHash: Form<DocumentHash> = {
  encode: (hash) => fromHex(hash),
  decode: (item, where) => toHex(inBytes.decode(item, where)) as DocumentHash,
  toJson: (hash) => hash,
  fromJson: (item, where) => toHex(inBytes.fromJson(item, where)) as DocumentHash,
}

export interface DocumentFields {
  /** Sort of document, such as `bill-of-lading`. */
  readonly type: string
  readonly version: string
  readonly name: string
  /** The asset that it is about. */
  readonly asset: string | null
}

export const documentFields = { type: text(), version: text(), name: text(), asset: nullable(text()) }
