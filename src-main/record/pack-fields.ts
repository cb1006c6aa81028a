/** A pack as it is active on the ledger. */
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { Fields } from '../wire/fields.ts'
import { cborOfJson, jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES } from '../wire/limits.ts'

const CODE = 'malformed_event'

export interface ActivePack {
  readonly id: string
  readonly version: string
  /** SHA-256 of the pack's source text. */
  readonly hash: Uint8Array
  /** SHA-256 of the engine that runs it. */
  readonly engineHash: Uint8Array
  readonly parameters: JsonValue
}

export function encodePack(pack: ActivePack): { [key: string]: CborInput } {
  return { ...pack, parameters: cborOfJson(pack.parameters) }
}

export function readPack(item: CborValue, where: string): ActivePack {
  const fields = new Fields(item, where, CODE)
  const pack = { id: fields.text('id'), ...readPackFields(fields, where) }
  fields.end()
  return pack
}

export function readPackFields(fields: Fields, where: string): Omit<ActivePack, 'id'> {
  return {
    version: fields.text('version'),
    hash: fields.bytes('hash', HASH_BYTES),
    engineHash: fields.bytes('engineHash', HASH_BYTES),
    parameters: jsonOfCbor(fields.any('parameters'), `${where} parameters`),
  }
}
