/** People as the ledger knows them, and what they sign. */
import { said, saidOf, sayAs, type SaidByPerson } from '../../gateway/channel/say-as.ts'
import { DECIDED_WITHIN_MS } from '../../gateway/channel/sign-event.ts'
import type { Channel } from '../../gateway/channel.ts'
import { requireParameters } from '../../gateway/evidence/pack-desk.ts'
import { GatewayError } from '../../gateway/error.ts'
import { PERSON_ALGORITHM, publicKeyOf, signBy } from '../../gateway/signing/person-seed.ts'
import { seedOfCode } from '../../gateway/signing/recovery-code.ts'
import { bodyFromJson } from '../../record/events.ts'
import { ADMINS } from '../../record/person-fields.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { replacementProof } from '../../record/kinds/key-trust.ts'
import { recoveryProof } from '../../record/kinds/recovery.ts'
import { personProof } from '../../record/kinds/person.ts'
import { equalBytes, toHex } from '../../wire/bytes.ts'
import { parseActorId, parseChannelId, type ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { elsewhere, signerOf, type As } from './signer-of.ts'

type Answers = Pick<Handlers, 'persons' | 'enrolOnLedger' | 'recoverPerson' | 'say'>

/** @param isKnown whether a ledger of this gateway, whichever, may know an actor */
export function personAnswers(channel: Channel, signers: Signers, isKnown: (actor: ActorId) => boolean): Answers {
  const { log, thread } = channel
  return {
    persons: ({ caller }) => persons(channel, signers, caller),
    say: async ({ body, caller }) => {
      const { type } = body
      const { name: by, signer } = await signerOf(channel, signers, caller, body.as)
      if (type === 'pack.activated') requireParameters(channel, bodyFromJson(type, body.body as JsonValue))
      const told = await sayAs(thread, signer, type, body.body as JsonValue, {
        assets: body.assets,
        packs: channel.packs.inForce(),
      })
      log.info({ type, by, via: caller.via, outcome: told.outcome, entry: told.entry }, 'a person signed')
      return told
    },
    enrolOnLedger: async ({ body, caller }) => {
      if (body.from !== undefined)
        requireMovable(channel, signers, { name: body.person.name, from: parseActorId(body.from), isKnown })
      const told = await enrol(channel, signers, caller, body)
      const { outcome, entry } = told
      log.warn(
        { person: body.person.name, by: body.by?.name ?? caller.name, via: caller.via, outcome, entry },
        'a person was enrolled on the ledger',
      )
      return told
    },
    recoverPerson: async ({ body, caller }) => {
      const told = await recover(channel, signers, caller, body)
      const { outcome, entry } = told
      log.warn(
        { person: body.person.name, by: caller.name, via: caller.via, outcome, entry },
        'an admin came by recovery codes',
      )
      return told
    },
  }
}

type Opened = { name: string; passphrase: string }

/** Throws GatewayError `recovery_code_wrong`, and as `Signers.open` does. */
async function recover(
  { thread, reader }: Channel,
  signers: Signers,
  caller: Caller,
  { person, codes }: { person: Opened; codes: readonly string[] },
): Promise<SaidByPerson> {
  signers.identity(person.name)
  const { channel, actor: member } = thread.identity
  const places = (reader.state.recovery(parseActorId(member))?.keys ?? []).map(toHex)
  const seeds = codes.map((code, i) => {
    const seed = seedOfCode(code, i + 1)
    const place = places.indexOf(toHex(publicKeyOf(seed)))
    if (place < 0)
      throw new GatewayError(
        'recovery_code_wrong',
        `recovery code ${i + 1} is none of those that hold at this gateway now`,
        'Codes hold for one gateway each, and until others are set: plumbline person signers says since when.',
      )
    return [place, seed] as const
  })
  await signers.make(person.name, person.passphrase, caller.session)
  const { actor, publicKey, seed } = await signers.open(person.name, person.passphrase, caller.session)
  const [of, by] = [parseChannelId(channel), parseActorId(member)]
  const signed = recoveryProof(of, by, actor, publicKey)
  return saidOf(
    await thread.event(
      'person.recovered',
      {
        person: actor,
        name: person.name,
        alg: PERSON_ALGORITHM,
        public: publicKey,
        proof: signBy(seed, personProof(of, by, actor)),
        codes: [...new Map(seeds)]
          .toSorted(([a], [b]) => a - b)
          .map(([code, secret]) => ({ code, signature: signBy(secret, signed) })),
      },
      DECIDED_WITHIN_MS,
    ),
  )
}

async function enrol(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  { person, by, from }: { person: Opened; by?: As | null | undefined; from?: string | undefined },
): Promise<SaidByPerson> {
  const { thread, reader } = channel
  // Who comes back has the key of before, which holds no more.
  const moves =
    from !== undefined && !hasFreshKey(channel, signers, person.name, parseActorId(from))
      ? parseActorId(from)
      : undefined
  const { role } = signers.identity(person.name)
  // Before anything is made: an admin whose own key is shut is asked for its passphrase first.
  const admin = isByGateway(channel, caller, by) ? null : (await signerOf(channel, signers, caller, by)).signer
  await signers.make(person.name, person.passphrase, caller.session, moves)
  const { actor, publicKey, seed } = await signers.open(person.name, person.passphrase, caller.session)
  const says = async <T extends CoreEventType>(type: T, body: CoreEvents[T]): Promise<SaidByPerson> =>
    admin === null
      ? saidOf(await thread.event(type, body, DECIDED_WITHIN_MS))
      : await said(thread, admin, type, body, ADMINS)
  const { channel: of, actor: own } = thread.identity
  const key = { alg: PERSON_ALGORITHM, public: publicKey }
  const known = reader.state.person(actor)
  // Who has another passphrase than when the ledger heard of the key has another key since.
  if (known?.keeper === own) {
    const proof = signBy(seed, replacementProof(parseChannelId(of), actor))
    return await says('key.replaced', { actor, use: 'entry', ...key, proof })
  }
  const proof = signBy(seed, personProof(parseChannelId(of), parseActorId(own), actor))
  if (known !== null && from === undefined) throw elsewhere(channel, person.name, known)
  if (known !== null) return await says('person.moved', { person: actor, ...key, proof })
  return await says('person.enrolled', { person: actor, name: person.name, roles: [role], ...key, proof })
}

/** Whether the key that lies here is that actor's, and one that no ledger has heard of: as where a move waits for others. */
function hasFreshKey({ reader }: Channel, signers: Signers, name: string, actor: ActorId): boolean {
  const kept = signers.publicKeyOf(name)
  if (kept === null || signers.actorOf(name) !== actor) return false
  return !reader.state.keysOf(actor).some(({ public: key }) => equalBytes(key, kept))
}

/** Before a key is made under an actor: what the ledger would refuse for good. */
function requireMovable(
  { reader, actor: own }: Channel,
  signers: Signers,
  { name, from, isKnown }: { name: string; from: ActorId; isKnown: (actor: ActorId) => boolean },
): void {
  const refuse = (why: string, next: string): never => {
    throw new ApiError(409, 'not_movable', why, next)
  }
  const known = reader.state.person(from)
  if (known === null || known.endedAt !== null)
    return refuse(`nobody signs on this ledger as ${from}`, 'plumbline person signers lists who does.')
  if (known.keeper === own) return refuse(`"${known.name}" signs at this gateway already`, 'Nothing is to be done.')
  const ownerOf = (member: string): string | undefined =>
    reader.members().find(({ actor }) => actor === member)?.legalName
  if (ownerOf(known.keeper) !== ownerOf(own))
    return refuse(
      `"${known.name}" answers to ${ownerOf(known.keeper) ?? 'another owner'}, and moves between gateways of that owner alone`,
      'Enrol the person here as somebody new.',
    )
  const here = signers.actorOf(name)
  if (here !== null && here !== from && isKnown(here))
    refuse(
      `"${name}" has a key here by which somebody signs on a ledger of this gateway, or on one that does not run now`,
      'Two people of one name cannot sign at one gateway: end the one here first (plumbline person end NAME --as ADMIN), or start the channel that does not run.',
    )
}

/** The first admin of a member nobody can enrol but its gateway; at the console, an admin who sits there enrols itself so. */
function isByGateway({ reader, actor }: Channel, caller: Caller, by: As | null | undefined): boolean {
  if (caller.via === 'token') return by === null || by === undefined
  return !reader.state
    .persons()
    .some(({ keeper, endedAt, roles }) => keeper === actor && endedAt === null && roles.includes('member-admin'))
}

function persons({ name, actor, reader }: Channel, signers: Signers, caller: Caller): ReturnType<Answers['persons']> {
  const own = signers.actorOf(caller.name)
  const set = reader.state.recovery(parseActorId(actor))
  const members = new Map(reader.members().map((member) => [member.actor, member.name]))
  return {
    gateway: name,
    policy: reader.state.policy(),
    recovery: set === null ? null : { need: set.need, of: set.keys.length, setAt: set.setAt },
    own: own !== null && reader.state.person(own) !== null ? own : null,
    persons: reader.state
      .persons()
      .map(({ actor: id, name: called, roles, keeper, enrolledAt, suspendedUs, endedAt }) => ({
        id,
        name: called,
        roles: [...roles],
        member: members.get(keeper) ?? keeper,
        enrolledAt,
        suspendedUntilUs: suspendedUs ?? null,
        endedAt,
        keys: reader.state
          .keysOf(id)
          .map(({ keyId: key, public: raw, from, to }) => ({ id: key, public: toHex(raw), from, to })),
        here: keeper === actor && signers.has(id),
      })),
  }
}
