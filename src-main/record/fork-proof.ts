/**
 * A fork proof shows anybody that one member of a channel signed two histories: two heads of one size with different roots. It
 * needs nothing but itself, because a channel is named by its beginning: the genesis that it carries must hash to the channel
 * that both heads name, and has the keys of the members. A later key of a member counts where an entry names it that was signed by a key
 * of that member which counts itself. Whether that channel is the one that somebody means, he knows himself.
 *
 *     {"type": "plumbline/fork/v1", "genesis": "<base64>", "rotations": ["<base64>", ...], "heads": ["<signed note>", "<signed note>"]}
 */
import { fromBase64, toBase64 } from '../wire/bytes.ts'
import { channelId } from './channel.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeBody } from './events.ts'
import { keyId, type ActorId, type ChannelId, type KeyId } from '../wire/ids.ts'
import { verifySignature } from '../proof/signature.ts'
import { keyProof } from './kinds/key.ts'
import type { GenesisMember } from './member-fields.ts'
import { parseStrictJson } from '../wire/json.ts'
import { statementOf } from './statements.ts'
import { ProofError } from '../proof/errors.ts'
import { headVerifiers, openHead, type SignedHead } from '../proof/signed-head.ts'
import { originOf } from '../wire/origin.ts'

const TYPE = 'plumbline/fork/v1'
export const FORK_PROOF_BYTES_MAX = 2 * 1024 * 1024
/** As many as the file has room for. */
const ROTATIONS_MAX = 4_096

export interface OpenedFork {
  origin: string
  heads: readonly [SignedHead, SignedHead]
  /** Names of the members whose signature over each head holds. */
  signers: readonly [readonly string[], readonly string[]]
  /** Who signed both, where they are two histories. Empty: this file proves nothing. */
  both: readonly { actor: ActorId; name: string }[]
}

/** `rotations`: the entries by which the signer's keys followed one another, in the ledger's order. */
export function formatForkProof(
  genesis: Uint8Array,
  rotations: readonly Uint8Array[],
  heads: readonly [first: string, second: string],
): string {
  const form = { type: TYPE, genesis: toBase64(genesis), rotations: rotations.map(toBase64), heads }
  return `${JSON.stringify(form, null, 2)}\n`
}

/** Whether a text says that it is one, before anything of it is believed. */
export function isForkProof(text: string): boolean {
  return text.length <= FORK_PROOF_BYTES_MAX && text.trimStart().startsWith('{') && text.includes(`"${TYPE}"`)
}

/**
 * Reads a fork proof and checks every signature in it.
 *
 * @throws ProofError `malformed_proof` for what is none, WireError and ProofError for parts that cannot be read
 */
export function openForkProof(text: string): OpenedFork {
  const { genesis, rotations, first, second } = readForm(text)
  const { channel, members } = readGenesis(genesis)
  const origin = originOf(channel)
  const verifiers = headVerifiers(
    origin,
    rotations.reduce((known, rotation) => withRotation(channel, known, rotation), members),
  )
  const [a, b] = [openHead(first, verifiers), openHead(second, verifiers)]
  for (const { head } of [a, b])
    if (head.origin !== origin) refuse(`holds a head of ${head.origin}, and the genesis is that of ${origin}`)
  const differ = a.head.size === b.head.size && a.head.root !== b.head.root
  const both = differ ? a.signers.filter(({ actor }) => b.signers.some((other) => other.actor === actor)) : []
  const once = new Map(both.map(({ actor, name }) => [actor, { actor, name }]))
  return {
    origin,
    heads: [a.head, b.head],
    signers: [namesOf(a.signers), namesOf(b.signers)],
    both: [...once.values()],
  }
}

function namesOf(signers: readonly { name: string }[]): string[] {
  return [...new Set(signers.map(({ name }) => name))]
}

function readForm(text: string): { genesis: Uint8Array; rotations: Uint8Array[]; first: string; second: string } {
  const form = parseStrictJson(text, {
    maxLength: FORK_PROOF_BYTES_MAX,
    maxDepth: 4,
    maxValues: 16 + ROTATIONS_MAX,
  })
  if (typeof form !== 'object' || form === null || Array.isArray(form)) return refuse('is no JSON object')
  const { type, genesis, rotations, heads } = form
  if (type !== TYPE || typeof genesis !== 'string' || !Array.isArray(heads) || heads.length !== 2)
    return refuse(`has not the members of ${TYPE}`)
  if (!Array.isArray(rotations) || !rotations.every((one) => typeof one === 'string'))
    return refuse(`has not the members of ${TYPE}`)
  const [first, second] = heads
  if (typeof first !== 'string' || typeof second !== 'string') return refuse('has heads that are no notes')
  return { genesis: fromBase64(genesis), rotations: rotations.map(fromBase64), first, second }
}

/** The channel and its first members, out of the entry that founds it. */
function readGenesis(bytes: Uint8Array): { channel: ChannelId; members: readonly GenesisMember[] } {
  const entry = parseEntry(bytes)
  const { kind, ...event } = statementOf(entry)
  if (kind !== 'event' || !('type' in event) || event.type !== 'channel.opened')
    return refuse('has a genesis that founds nothing')
  if (channelId(event) !== entry.channel) return refuse('has a genesis that names another channel than it founds')
  return { channel: entry.channel, members: decodeBody('channel.opened', event.body).members }
}

/** The members with the key that the entry names: signed by a key of that member, about one of its keys, and by the new one itself. */
function withRotation(
  channel: ChannelId,
  members: readonly GenesisMember[],
  bytes: Uint8Array,
): readonly GenesisMember[] {
  const entry = parseEntry(bytes)
  const event = statementOf(entry)
  if (event.kind !== 'event' || event.type !== 'key.rotated') return members
  const { use, alg, public: key, replaces, proof } = decodeBody('key.rotated', event.body)
  const keys = members.find(({ actor }) => actor === entry.actor)?.keys ?? []
  const named = (id: KeyId, of: string): GenesisMember['keys'][number] | undefined =>
    keys.find((one) => one.use === of && keyId(one.alg, one.public) === id)
  const signer = named(entry.keyId, 'entry')
  const holds =
    entry.channel === channel &&
    event.actor === entry.actor &&
    signer !== undefined &&
    named(replaces, use) !== undefined &&
    verifySignature(signer.alg, signer.public, entry.sigStructure, entry.signature) &&
    verifySignature(alg, key, keyProof(channel, entry.actor, replaces), proof)
  // Like a line that does not hold it says nothing, and spoils nothing.
  if (!holds) return members
  return members.map((member) =>
    member.actor === entry.actor ? { ...member, keys: [...keys, { use, alg, public: key }] } : member,
  )
}

function refuse(what: string): never {
  throw new ProofError('malformed_proof', `the fork proof ${what}`)
}
