/** A pack as it is active on the ledger. */
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { bytes, json, record, refuse, text } from './schema.ts'
import type { Form } from './schema.ts'
import { CORE_OWNER } from './state-keys.ts'

/** It becomes the owner of state values and begins types of events. */
export const PACK_ID = /^[a-z][a-z0-9-]{0,31}$/

/** What a pack writes is under its id, and its events begin with it: it must not be the core's. Throws WireError. */
export function checkPackId(id: string, where: string): void {
  if (!PACK_ID.test(id) || CORE_NAMES.includes(id)) refuse(where, 'has an id that no pack can have')
}

/** Owner of the core's values, and what the types of its events begin with, some that are yet to come among them. */
export const CORE_NAMES: readonly string[] = [
  CORE_OWNER,
  'act',
  'alarm',
  'asset',
  'certificate',
  'channel',
  'claim',
  'custody',
  'device',
  'document',
  'figures',
  'gateway',
  'import',
  'key',
  'member',
  'milestone',
  'oracle',
  'pack',
  'person',
  'record',
  'retention',
  'sensor',
  'source',
  'stream',
  'transfer',
]

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
