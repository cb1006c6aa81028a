/** Acts that one must not do alone: those that wait, for whom, and how the last ones ended. */
import type { EndedAct, OpenAct } from '../../endpoints/act-calls.ts'
import type { Channel } from '../../gateway/channel.ts'
import type { ActHash, ActState } from '../../record/act-state.ts'
import { bodyToJson, decodeBody, isCoreEvent } from '../../record/events.ts'
import type { AboutAct } from '../../record/kinds/act.ts'
import { decodeEvent } from '../../record/statements.ts'
import { decodeCbor, encodeCbor } from '../../wire/cbor.ts'
import { parseEntry } from '../../wire/entry.ts'
import { parseActorId, parseKeyId, type ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'

/** Ended ones that are shown; the ledger has all. */
const ENDED_SHOWN = 50
/** Events about acts that are looked through for them. */
const ENDED_LOOKED_AT = 500

type Answers = Pick<Handlers, 'acts'>

export function actAnswers(channel: Channel, signers: Signers): Answers {
  return { acts: ({ caller }) => acts(channel, signers, caller) }
}

function acts({ name, reader }: Channel, signers: Signers, caller: Caller): ReturnType<Answers['acts']> {
  const known = reader.state.names()
  const nameOf = (actor: ActorId): string => known.get(actor) ?? actor
  const own = caller.via === 'session' ? signers.actorOf(caller.name) : null
  const { timeUs } = reader.blocks.newestSeal()
  const open = reader.state.openActs().map((act): OpenAct => {
    const standing = reader.state.standingOf(act, reader.channel)
    const voices = [...act.approvals, ...act.declines]
    const may =
      own !== null && standing !== null && standing.isEntitled(own) && !voices.some(({ person }) => person === own)
    const { count, roles, otherOwner, party } = standing?.requirement ?? { count: 1, roles: [] }
    return {
      ...briefOf(reader, act, nameOf),
      deadlineUs: act.deadlineUs,
      isOver: timeUs >= act.deadlineUs,
      proposedAtUs: reader.entries.entry(act.proposedAt)?.timeUs ?? null,
      body: bodyOf(act),
      approvals: act.approvals.map(({ person, entry }) => ({ name: nameOf(person), entry })),
      declines: act.declines.map(({ person, entry }) => ({ name: nameOf(person), entry })),
      needs: {
        count,
        roles: [...roles],
        otherOwner: otherOwner === true,
        party: party === undefined ? null : nameOf(party),
      },
      isYours: may,
      isByYou: act.proposer === own,
      wouldEndAs: standing?.wouldEndAs ?? null,
    }
  })
  return { gateway: name, own: own === null ? null : nameOf(own), acts: open, ended: endedActs(reader, nameOf) }
}

function endedActs(reader: Channel['reader'], nameOf: (actor: ActorId) => string): EndedAct[] {
  return reader.entries
    .actEvents(ENDED_LOOKED_AT)
    .filter(({ cameTo }) => cameTo !== null && cameTo !== 'pending')
    .slice(0, ENDED_SHOWN)
    .flatMap(({ index, bytes, timeUs, type, actor }) => {
      const act = actOf(reader, type, bytes)
      if (act === null || act.end?.entry !== index) return []
      // The state keeps no body of an act that is over; its proposal does.
      const proposal = reader.entries.entry(act.proposedAt)
      const body = proposal === null ? null : decodeEvent(parseEntry(proposal.bytes).payload).body
      const brief = briefOf(reader, { ...act, body: body === null ? act.body : encodeCbor(body) }, nameOf)
      const how = { outcome: act.end.outcome, by: nameOf(actor), how: type ?? '', entry: index, atUs: timeUs }
      return [{ ...brief, ...how }]
    })
}

/** The act that an event is about. */
function actOf(
  reader: Channel['reader'],
  type: string | null,
  bytes: Uint8Array,
): ReturnType<Channel['reader']['state']['act']> {
  if (type === null || !isCoreEvent(type)) return null
  const { act } = decodeBody(type, decodeEvent(parseEntry(bytes).payload).body) as Partial<AboutAct>
  return act === undefined ? null : reader.state.act(act)
}

function briefOf(
  reader: Channel['reader'],
  { act, type, proposer, role, proposedAt, assets, body }: ActState & { act: ActHash },
  nameOf: (actor: ActorId) => string,
): Pick<OpenAct, 'act' | 'type' | 'proposer' | 'role' | 'proposedAt' | 'assets' | 'about'> {
  const about = aboutOf(reader, bodyOf({ type, body }), nameOf)
  return { act, type, proposer: nameOf(proposer), role, proposedAt, assets: [...assets], about }
}

function aboutOf(reader: Channel['reader'], body: JsonValue, nameOf: (actor: ActorId) => string): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const { name, person, actor, key, document } = body as Record<string, JsonValue>
  if (typeof name === 'string') return name
  const owner = isId(key) ? reader.state.key(parseKeyId(key))?.actor : undefined
  for (const about of [person, actor, owner]) if (isId(about)) return nameOf(parseActorId(about))
  return typeof document === 'string' ? document : null
}

/** Of a person, a gateway or a key: 16 bytes in hex. Whatever else has that name in another sort of body is none. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
}

/** A type of another release has no words for its body. */
function bodyOf({ type, body }: Pick<ActState, 'type' | 'body'>): JsonValue {
  if (!isCoreEvent(type)) return null
  return bodyToJson(type, decodeBody(type, decodeCbor(body, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH })))
}
