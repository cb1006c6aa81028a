/**
 * What a gateway says of itself before there is a channel: whoever founds one with it needs nothing else. It is signed, so that a
 * description that was bent on its way is noticed; that it is the right gateway's is for people to compare, by its fingerprint.
 *
 *     {"format": "plumbline-gateway/1", "actor", "name", "legalName", "keys": [{"use", "alg", "public"}...], "signature"}
 *
 * `signature` is by the gateway's own key for entries, over "plumbline/gateway/v1" and the canonical JSON (RFC 8785) without it.
 */
import type { Addon } from '../../../native/addon.ts'
import { grouped } from '../../certificates/fingerprint.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { KEY_USES, type MemberKey } from '../../record/member-key.ts'
import { concatBytes, fromHex, fromUtf8, sha256, toHex, utf8 } from '../../wire/bytes.ts'
import { KEY_ALGORITHM, parseActorId } from '../../wire/ids.ts'
import { canonicalJson, parseStrictJson, type JsonInput, type JsonValue } from '../../wire/json.ts'
import { MAX_NAME_BYTES } from '../../wire/limits.ts'
import { refuseHidden } from '../../wire/plain-text.ts'
import { GatewayError } from '../error.ts'
import { GATEWAY_NAME } from '../folder/config.ts'
import { publicKeysOf, type NamedMember } from '../folder/found.ts'

export const DESCRIPTION_BYTES_MAX = 16 * 1024
const FORMAT = 'plumbline-gateway/1'
const DOMAIN = utf8('plumbline/gateway/v1')
const FIELDS = ['format', 'actor', 'name', 'legalName', 'keys', 'signature']
const HEX = /^(?:[0-9a-f]{2})+$/

export interface GatewayDescription extends NamedMember {
  /** Sixteen groups of four hex digits, to compare over the telephone. */
  readonly fingerprint: string
}

/** The description of a gateway as a text for a file. */
export function describeGateway(
  keys: KeyStore,
  { name, legalName }: { name: string; legalName: string },
): { text: string; description: GatewayDescription } {
  const member = { actor: keys.actorId, name, legalName, keys: publicKeysOf(keys) }
  const signed = signedBytes(jsonOf(member))
  const json = { ...jsonOf(member), signature: toHex(keys.sign('entry', signed)) }
  return { text: `${JSON.stringify(json, null, 2)}\n`, description: { ...member, fingerprint: fingerprintOf(signed) } }
}

/**
 * Reads what `describeGateway` made, wherever it comes from.
 *
 * @param file for messages
 * @throws {GatewayError} `description_unreadable` with what does not hold
 */
export function readDescription(addon: Addon, file: string, bytes: Uint8Array): GatewayDescription {
  try {
    return checked(addon, parseStrictJson(fromUtf8(bytes), { maxLength: DESCRIPTION_BYTES_MAX }))
  } catch (cause) {
    throw new GatewayError(
      'description_unreadable',
      `${file} is no description of a gateway that could be relied on: ${(cause as Error).message}`,
      'Have the gateway make it again (plumbline channel describe), and send it unchanged.',
      cause,
    )
  }
}

function checked(addon: Addon, json: JsonValue): GatewayDescription {
  const fields = objectOf(json, FIELDS, 'it')
  if (fields['format'] !== FORMAT) throw new Error(`its "format" is not "${FORMAT}"`)
  const name = textOf(fields, 'name')
  if (!GATEWAY_NAME.test(name))
    throw new Error('"name" holds other characters than lower-case letters, digits and hyphens')
  const legalName = textOf(fields, 'legalName')
  refuseHidden(legalName, '"legalName"', 'malformed_statement')
  const member = { actor: parseActorId(textOf(fields, 'actor')), name, legalName, keys: keysOf(fields['keys']) }
  for (const { use, alg, public: key } of member.keys)
    if (!addon.checkPublicKey(alg, key)) throw new Error(`its key for "${use}" is no good public key`)
  const signed = signedBytes(jsonOf(member))
  const entryKey = member.keys[KEY_USES.indexOf('entry')] as MemberKey
  if (!addon.verify(entryKey.alg, entryKey.public, signed, hexOf(fields, 'signature')))
    throw new Error('its signature does not fit: it was changed after it was made')
  return { ...member, fingerprint: fingerprintOf(signed) }
}

/** One key for each use, in the order of `KEY_USES`. */
function keysOf(json: JsonValue | undefined): MemberKey[] {
  if (!Array.isArray(json) || json.length !== KEY_USES.length)
    throw new Error(`"keys" does not list ${KEY_USES.length} keys`)
  return KEY_USES.map((use, i) => {
    const fields = objectOf(json[i] as JsonValue, ['use', 'alg', 'public'], 'one of its keys')
    if (fields['use'] !== use || fields['alg'] !== KEY_ALGORITHM.ed25519)
      throw new Error(`key ${i + 1} is not an Ed25519 key for "${use}"`)
    return { use, alg: KEY_ALGORITHM.ed25519, public: hexOf(fields, 'public') }
  })
}

function objectOf(json: JsonValue, names: readonly string[], what: string): { [name: string]: JsonValue } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${what} is no object`)
  const others = Object.keys(json).filter((name) => !names.includes(name))
  if (others.length > 0) throw new Error(`${what} has a field ${JSON.stringify(others[0])} that is not known here`)
  return json
}

function textOf(fields: { [name: string]: JsonValue }, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string' || value === '' || utf8(value).length > MAX_NAME_BYTES)
    throw new Error(`"${name}" is no text of 1 to ${MAX_NAME_BYTES} bytes`)
  return value
}

function hexOf(fields: { [name: string]: JsonValue }, name: string): Uint8Array {
  const text = textOf(fields, name)
  if (!HEX.test(text)) throw new Error(`"${name}" is not lower-case hex`)
  return fromHex(text)
}

function jsonOf({ actor, name, legalName, keys }: NamedMember): { [name: string]: JsonInput } {
  return {
    format: FORMAT,
    actor,
    name,
    legalName,
    keys: keys.map(({ use, alg, public: key }) => ({ use, alg, public: toHex(key) })),
  }
}

function signedBytes(json: { [name: string]: JsonInput }): Uint8Array {
  return concatBytes(DOMAIN, utf8(canonicalJson(json)))
}

function fingerprintOf(signed: Uint8Array): string {
  return grouped(sha256(signed))
}
