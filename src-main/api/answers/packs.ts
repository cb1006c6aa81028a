/** Rule packs: those that decide, what was proposed, and what another version would mean. */
import type { PackDifference, Packs } from '../../endpoints/pack-calls.ts'
import { said, saidOf, type SaidByPerson } from '../../gateway/channel/say-as.ts'
import { DECIDED_WITHIN_MS } from '../../gateway/channel/sign-event.ts'
import { loadRule } from '../../gateway/channel/channel-packs.ts'
import type { Channel } from '../../gateway/channel.ts'
import { GatewayError } from '../../gateway/error.ts'
import type { Certificates } from '../../gateway/evidence/certificates.ts'
import { packDifference } from '../../gateway/evidence/pack-difference.ts'
import { replayPack } from '../../gateway/evidence/pack-replay.ts'
import { shippedPacks } from '../../gateway/folder/shipped-packs.ts'
import { loadEngine } from '../../documents/engine.ts'
import type { ReadPack, ReadPackVersion } from '../../ledger/reader.ts'
import { PackError } from '../../packs/errors.ts'
import { packFiles, readPack, type Pack } from '../../packs/pack.ts'
import { partsOf } from '../../packs/recorded-pack.ts'
import type { PackHash } from '../../record/pack-state.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { ADMINS } from '../../record/person-fields.ts'
import { bodyToJson, decodeBody } from '../../record/events.ts'
import { concatBytes, equalBytes, fromHex, toHex } from '../../wire/bytes.ts'
import { decodeCbor } from '../../wire/cbor.ts'
import { WireError } from '../../wire/errors.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerIfAny, type As } from './signer-of.ts'

type Answers = Pick<Handlers, 'packs' | 'packFile' | 'packDifference' | 'replayPack' | 'proposePack'>

export function packAnswers(channel: Channel, signers: Signers, certificates: Certificates): Answers {
  return {
    packs: () => packs(channel),
    packFile: ({ params }) => {
      const content = concatBytes(...partsOf(packNamed(channel, params.hash)))
      return { content, mime: 'application/json', fileName: `pack-${params.hash.slice(0, 16)}.json` }
    },
    packDifference: ({ params }) => difference(channel, packNamed(channel, params.hash)),
    replayPack: async ({ params, body }) => {
      const is = packNamed(channel, params.hash)
      const now = channel.reader.state.packs().find(({ id, retired }) => id === is.manifest.id && retired === null)
      const was = now === undefined ? undefined : channel.packs.packOf(now.hash)
      if (now === undefined || was === undefined)
        throw new GatewayError(
          'not_comparable',
          `no version of ${is.manifest.id} is in force that it could be compared with`,
          'It decides nothing about what was before it is activated.',
        )
      return await replayPack({ channel, certificates, was, parameters: now.parameters, is, ...body })
    },
    proposePack: async ({ body, caller }) => await propose(channel, signers, caller, body),
  }
}

function packs(channel: Channel): Packs {
  const { name, reader } = channel
  const { state } = reader
  const known = state.packs()
  const proposed = state.packVersions()
  const isHere = (hash: Uint8Array): boolean =>
    known.some((one) => one.retired === null && equalBytes(one.hash, hash)) ||
    proposed.some((one) => one.hash === toHex(hash) && one.ruleHash !== null)
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
  const { hash, id, version: number, reason, proposer, proposedAt, parts, received, ruleHash, loads } = version
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
    parts,
    received,
    ruleHash: ruleHash === null ? null : toHex(ruleHash),
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

function difference(channel: Channel, is: Pack): PackDifference {
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

/** Throws ApiError `unknown_pack`, GatewayError `pack_malformed`. */
function packNamed({ packs: known }: Channel, hash: string): Pack {
  const pack = readable(() => known.packOf(fromHex(hash)))
  if (pack !== undefined) return pack
  throw new ApiError(
    404,
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

interface Proposal {
  as?: As | undefined
  reason: string
  pack: { shipped: string } | { rule: string; pack: JsonValue; words: JsonValue }
}

/** What this gateway itself could not load is not proposed. */
async function propose(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  { as, reason, pack: wanted }: Proposal,
): Promise<SaidByPerson & { hash: string; id: string; version: string }> {
  const pack =
    'shipped' in wanted
      ? packNamed(channel, wanted.shipped)
      : readable(() => readPack(packFiles(wanted as JsonValue, 'the pack'), 'the pack'))
  await loadRule(loadEngine(), pack).catch((cause: unknown) => readable(() => raise(cause)))
  const signer = await signerIfAny(channel, signers, caller, as)
  const { thread, log } = channel
  const says = async <T extends CoreEventType>(type: T, body: CoreEvents[T]): Promise<SaidByPerson> =>
    signer === null
      ? saidOf(await thread.event(type, body, DECIDED_WITHIN_MS))
      : await said(thread, signer, type, body, ADMINS)
  const { id, version } = pack.manifest
  const hash = toHex(pack.hash) as PackHash
  const parts = readable(() => partsOf(pack))
  let told = await says('pack.proposed', { hash, id, version, parts: parts.length, reason })
  for (const [part, bytes] of parts.entries()) {
    // Where no majority is there all of it is proposed anew, once there is one.
    if (told.outcome !== 'accepted' && told.outcome !== 'duplicate') break
    told = await says('pack.part', { hash, part, bytes })
  }
  log.info({ pack: id, version, hash, by: as?.name ?? caller.name, outcome: told.outcome }, 'a pack was proposed')
  return { ...told, hash, id, version }
}

function raise(cause: unknown): never {
  throw cause
}
