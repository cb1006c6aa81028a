/** Rule packs of a channel as screens and commands are told of them, and what is to be proposed. */
import type { PackDifference, PackReplay, Packs } from '../../endpoints/pack-calls.ts'
import type { ReadPack, ReadPackVersion } from '../../ledger/reader.ts'
import { PackError } from '../../packs/errors.ts'
import { checkParameters } from '../../packs/manifest.ts'
import { packFiles, readPack, type Pack } from '../../packs/pack.ts'
import { partsOf } from '../../packs/recorded-pack.ts'
import { bodyToJson, decodeBody } from '../../record/events.ts'
import type { CoreEvents } from '../../record/kinds.ts'
import type { PackHash, PartHash } from '../../record/pack-state.ts'
import { concatBytes, equalBytes, fromHex, sha256, toHex } from '../../wire/bytes.ts'
import { decodeCbor } from '../../wire/cbor.ts'
import { WireError } from '../../wire/errors.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import { loadRule } from '../channel/channel-packs.ts'
import type { Channel } from '../channel.ts'
import { GatewayError } from '../error.ts'
import { shippedPacks } from '../folder/shipped-packs.ts'
import type { Certificates } from './certificates.ts'
import { packDifference } from './pack-difference.ts'
import { replayPack } from './pack-replay.ts'

export function packsOf(channel: Channel): Packs {
  const { name, reader } = channel
  const { state } = reader
  const known = state.packs()
  const proposed = state.packVersions()
  const isHere = (hash: Uint8Array): boolean =>
    known.some((one) => one.retired === null && equalBytes(one.hash, hash)) ||
    proposed.some((one) => one.hash === toHex(hash))
  return {
    gateway: name,
    engineHash: toHex(channel.packs.engineHash),
    packs: known.map((pack) => shown(channel, pack)),
    proposed: proposed.map((version) => shownVersion(channel, version, known)),
    shipped: shippedPacks().flatMap(({ hash, manifest: { id, version } }) =>
      isHere(hash) ? [] : [{ hash: toHex(hash), id, version }],
    ),
  }
}

function shown(channel: Channel, pack: ReadPack): Packs['packs'][number] {
  const { id, version, hash, ruleHash, from, retired, before, parameters } = pack
  const now = { version, hash, ruleHash, from, to: retired?.entry ?? null }
  return {
    id,
    versions: [...before, now].toReversed().map((one) => ({
      ...one,
      hash: toHex(one.hash),
      ruleHash: toHex(one.ruleHash),
      fromUs: channel.reader.entries.entry(one.from)?.timeUs ?? null,
    })),
    retired,
    parameters,
    assets: channel.assets().filter(({ packs: bound }) => bound.includes(id)).length,
  }
}

function shownVersion(
  channel: Channel,
  version: ReadPackVersion,
  known: readonly ReadPack[],
): Packs['proposed'][number] {
  const { reader, packs: own } = channel
  const { hash, id, version: number, reason, proposer, proposedAt, ruleHash, loads } = version
  const members = reader.members()
  const memberName = (actor: ActorId): string => members.find((one) => one.actor === actor)?.name ?? actor
  const here = loads.filter(({ engineHash }) => equalBytes(engineHash, own.engineHash))
  const missing = members.filter((one) => one.voter && !here.some(({ gateway }) => gateway === one.actor))
  return {
    hash,
    id,
    version: number,
    reason,
    proposer: reader.state.names().get(proposer) ?? proposer,
    proposedAt,
    proposedAtUs: reader.entries.entry(proposedAt)?.timeUs ?? null,
    ruleHash: toHex(ruleHash),
    loads: here.map(({ gateway, entry }) => ({ gateway: memberName(gateway), entry })),
    missing: missing.map((one) => one.name),
    whyNot: own.whyNot(hash),
    inForce: known.some((one) => one.id === id && one.retired === null && toHex(one.hash) === hash),
    act: activating(channel, hash),
  }
}

/** The open act that would have a version decide. */
function activating({ reader }: Channel, hash: PackHash): PackHash | null {
  const type = 'pack.activated'
  const open = reader.state.openActs().find((act) => {
    if (act.type !== type) return false
    const body = decodeCbor(act.body, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH })
    const { hash: wanted } = bodyToJson(type, decodeBody(type, body)) as { hash: string }
    return wanted === hash
  })
  return open?.act ?? null
}

/** Throws GatewayError `unknown_pack`, `pack_malformed`. */
export function differenceOf(channel: Channel, hash: string): PackDifference {
  const is = packNamed(channel, hash)
  const now = channel.reader.state.packs().find(({ id, retired }) => id === is.manifest.id && retired === null)
  const was = now === undefined ? null : (channel.packs.packOf(now.hash) ?? null)
  const { id, version } = is.manifest
  return {
    hash: toHex(is.hash),
    id,
    version,
    ruleHash: toHex(is.ruleHash),
    against: now === undefined ? null : { hash: toHex(now.hash), version: now.version, ruleHash: toHex(now.ruleHash) },
    ...packDifference(was, is, now?.parameters ?? {}),
  }
}

/** Throws GatewayError `unknown_pack`, `pack_malformed`. */
function packNamed({ packs: known }: Channel, hash: string): Pack {
  const pack = readable(() => known.packOf(fromHex(hash)))
  if (pack !== undefined) return pack
  throw new GatewayError(
    'unknown_pack',
    `neither this release nor the ledger has a pack ${hash.slice(0, 16)}`,
    'GET /api/packs lists those that there are.',
  )
}

function readable<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof PackError || cause instanceof WireError)) throw cause
    throw new GatewayError('pack_malformed', cause.message, 'plumbline pack check DIR says what is wrong.', cause)
  }
}

/** A pack as one file: its SHA-256 is the hash. Throws GatewayError `unknown_pack`, `pack_malformed`. */
export function packFileOf(channel: Channel, hash: string): Uint8Array {
  return concatBytes(...partsOf(packNamed(channel, hash)))
}

/** Throws (rejects) GatewayError `unknown_pack`, `pack_malformed`, `not_comparable`. */
export async function replayOf(
  channel: Channel,
  certificates: Certificates,
  { hash, ...span }: { hash: string; fromUs: number; toUs: number },
): Promise<PackReplay> {
  const is = packNamed(channel, hash)
  const now = channel.reader.state.packs().find(({ id, retired }) => id === is.manifest.id && retired === null)
  const was = now === undefined ? undefined : channel.packs.packOf(now.hash)
  if (now === undefined || was === undefined)
    throw new GatewayError(
      'not_comparable',
      `no version of ${is.manifest.id} is in force that it could be compared with`,
      'It decides nothing about what was before it is activated.',
    )
  return await replayPack({ channel, certificates, was, parameters: now.parameters, is, ...span })
}

export interface PreparedProposal {
  proposed: Omit<CoreEvents['pack.proposed'], 'reason'>
  parts: Uint8Array[]
}

/** What this gateway itself could not load is not proposed. Throws (rejects) GatewayError `unknown_pack`, `pack_malformed`. */
export async function preparedProposal(
  channel: Channel,
  wanted: { shipped: string } | { rule: string; pack: JsonValue; words: JsonValue },
): Promise<PreparedProposal> {
  const pack =
    'shipped' in wanted
      ? packNamed(channel, wanted.shipped)
      : readable(() => readPack(packFiles(wanted as JsonValue, 'the pack'), 'the pack'))
  await loadRule(pack).catch((cause: unknown) => readable(() => raise(cause)))
  const { id, version } = pack.manifest
  const parts = readable(() => partsOf(pack))
  const hashes = parts.map((bytes) => toHex(sha256(bytes)) as PartHash)
  return { proposed: { hash: toHex(pack.hash) as PackHash, id, version, parts: hashes }, parts }
}

/**
 * Parameters that the version does not take are not proposed to anybody: a rule that compares with a text finds nothing. Throws GatewayError
 * `event_malformed`, `unknown_pack`, `pack_malformed`.
 */
export function requireParameters(
  channel: Channel,
  { hash, parameters }: Pick<CoreEvents['pack.activated'], 'hash' | 'parameters'>,
): void {
  const { manifest } = packNamed(channel, hash)
  try {
    checkParameters(manifest, parameters)
  } catch (cause) {
    if (!(cause instanceof PackError)) throw cause
    throw new GatewayError(
      'event_malformed',
      cause.message,
      `plumbline pack diff ${hash.slice(0, 12)} shows them.`,
      cause,
    )
  }
}

function raise(cause: unknown): never {
  throw cause
}
