/**
 * A fork proof shows anybody that one member of a channel signed two histories: two heads of one size with different roots. It
 * needs nothing but itself, because a channel is named by its beginning: the genesis that it carries must hash to the channel
 * that both heads name, and has the keys of the members. Whether that channel is the one that somebody means, he knows himself.
 *
 *     {"type": "plumbline/fork/v1", "genesis": "<base64>", "heads": ["<signed note>", "<signed note>"]}
 */
import { fromBase64, toBase64 } from '../wire/bytes.ts'
import { channelId } from './channel.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeBody } from './events.ts'
import type { ActorId } from '../wire/ids.ts'
import { parseStrictJson } from '../wire/json.ts'
import { statementOf } from './statements.ts'
import { ProofError } from '../proof/errors.ts'
import { headVerifiers, openHead, type HeadMember, type SignedHead } from '../proof/signed-head.ts'
import { originOf } from '../wire/origin.ts'

const TYPE = 'plumbline/fork/v1'
export const FORK_PROOF_BYTES_MAX = 2 * 1024 * 1024

export interface OpenedFork {
  origin: string
  heads: readonly [SignedHead, SignedHead]
  /** Names of the members whose signature over each head holds. */
  signers: readonly [readonly string[], readonly string[]]
  /** Who signed both, where they are two histories. Empty: this file proves nothing. */
  both: readonly { actor: ActorId; name: string }[]
}

export function formatForkProof(genesis: Uint8Array, first: string, second: string): string {
  return `${JSON.stringify({ type: TYPE, genesis: toBase64(genesis), heads: [first, second] }, null, 2)}\n`
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
  const { genesis, first, second } = readForm(text)
  const { origin, members } = readGenesis(genesis)
  const verifiers = headVerifiers(origin, members)
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

function readForm(text: string): { genesis: Uint8Array; first: string; second: string } {
  const form = parseStrictJson(text, { maxLength: FORK_PROOF_BYTES_MAX, maxDepth: 4, maxValues: 16 })
  if (typeof form !== 'object' || form === null || Array.isArray(form)) return refuse('is no JSON object')
  const { type, genesis, heads } = form
  if (type !== TYPE || typeof genesis !== 'string' || !Array.isArray(heads) || heads.length !== 2)
    return refuse(`has not the members of ${TYPE}`)
  const [first, second] = heads
  if (typeof first !== 'string' || typeof second !== 'string') return refuse('has heads that are no notes')
  return { genesis: fromBase64(genesis), first, second }
}

/** The channel and its first members, out of the entry that founds it. */
function readGenesis(bytes: Uint8Array): { origin: string; members: readonly HeadMember[] } {
  const entry = parseEntry(bytes)
  const { kind, ...event } = statementOf(entry)
  if (kind !== 'event' || !('type' in event) || event.type !== 'channel.opened')
    return refuse('has a genesis that founds nothing')
  if (channelId(event) !== entry.channel) return refuse('has a genesis that names another channel than it founds')
  return { origin: originOf(entry.channel), members: decodeBody('channel.opened', event.body).members }
}

function refuse(what: string): never {
  throw new ProofError('malformed_proof', `the fork proof ${what}`)
}
