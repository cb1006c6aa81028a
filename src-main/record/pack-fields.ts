/** A pack as it is active on the ledger. */
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { bytes, json, record, text } from './schema.ts'
import type { Form } from './schema.ts'

export interface ActivePack {
  readonly id: string
  readonly version: string
  /** Of everything that it is made of, its words, too. */
  readonly hash: Uint8Array
  /** Of what it decides by alone. */
  readonly ruleHash: Uint8Array
  /** SHA-256 of the engine that runs it. */
  readonly engineHash: Uint8Array
  readonly parameters: JsonValue
}

/** What genesis and the pack's state value share. */
export const packFields = {
  version: text(),
  hash: bytes(HASH_BYTES),
  ruleHash: bytes(HASH_BYTES),
  engineHash: bytes(HASH_BYTES),
  parameters: json((value) => value),
}

export const packForm: Form<ActivePack> = record({ id: text(), ...packFields })
