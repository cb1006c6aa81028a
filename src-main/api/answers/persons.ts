/** People as the ledger knows them, and what they sign. */
import { said, saidOf, sayAs, type SaidByPerson } from '../../gateway/channel/say-as.ts'
import { DECIDED_WITHIN_MS } from '../../gateway/channel/sign-event.ts'
import type { Channel } from '../../gateway/channel.ts'
import { requireParameters } from '../../gateway/evidence/pack-desk.ts'
import { PERSON_ALGORITHM, signBy } from '../../gateway/signing/person-seed.ts'
import { bodyFromJson } from '../../record/events.ts'
import { ADMINS } from '../../record/person-fields.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { replacementProof } from '../../record/kinds/key-trust.ts'
import { personProof } from '../../record/kinds/person.ts'
import { toHex } from '../../wire/bytes.ts'
import { parseActorId, parseChannelId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerOf, type As } from './signer-of.ts'

type Answers = Pick<Handlers, 'persons' | 'enrolOnLedger' | 'say'>

export function personAnswers(channel: Channel, signers: Signers): Answers {
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
      const told = await enrol(channel, signers, caller, body)
      const { outcome, entry } = told
      log.warn(
        { person: body.person.name, by: body.by?.name ?? caller.name, via: caller.via, outcome, entry },
        'a person was enrolled on the ledger',
      )
      return told
    },
  }
}

async function enrol(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  { person, by }: { person: { name: string; passphrase: string }; by?: As | null | undefined },
): Promise<SaidByPerson> {
  const { thread, reader } = channel
  const { role } = signers.identity(person.name)
  // Before anything is made: an admin whose own key is shut is asked for its passphrase first.
  const admin = isByGateway(channel, caller, by) ? null : (await signerOf(channel, signers, caller, by)).signer
  await signers.make(person.name, person.passphrase, caller.session)
  const { actor, publicKey, seed } = await signers.open(person.name, person.passphrase, caller.session)
  const says = async <T extends CoreEventType>(type: T, body: CoreEvents[T]): Promise<SaidByPerson> =>
    admin === null
      ? saidOf(await thread.event(type, body, DECIDED_WITHIN_MS))
      : await said(thread, admin, type, body, ADMINS)
  const { channel: of, actor: own } = thread.identity
  const key = { alg: PERSON_ALGORITHM, public: publicKey }
  // Who has another passphrase than when the ledger heard of the key has another key since.
  if (reader.state.persons().some((known) => known.actor === actor)) {
    const proof = signBy(seed, replacementProof(parseChannelId(of), actor))
    return await says('key.replaced', { actor, use: 'entry', ...key, proof })
  }
  const proof = signBy(seed, personProof(parseChannelId(of), parseActorId(own), actor))
  return await says('person.enrolled', { person: actor, name: person.name, roles: [role], ...key, proof })
}

/** The first admin of a member nobody can enrol but its gateway; at the console, an admin who sits there enrols itself so. */
function isByGateway({ reader, actor }: Channel, caller: Caller, by: As | null | undefined): boolean {
  if (caller.via === 'token') return by === null || by === undefined
  return !reader.state
    .persons()
    .some(({ keeper, endedAt, roles }) => keeper === actor && endedAt === null && roles.includes('member-admin'))
}

function persons({ name, reader }: Channel, signers: Signers, caller: Caller): ReturnType<Answers['persons']> {
  const own = signers.actorOf(caller.name)
  const members = new Map(reader.members().map((member) => [member.actor, member.name]))
  return {
    gateway: name,
    policy: reader.state.policy(),
    own: own !== null && reader.state.person(own) !== null ? own : null,
    persons: reader.state.persons().map(({ actor, name: called, roles, keeper, enrolledAt, suspendedUs, endedAt }) => ({
      id: actor,
      name: called,
      roles: [...roles],
      member: members.get(keeper) ?? keeper,
      enrolledAt,
      suspendedUntilUs: suspendedUs ?? null,
      endedAt,
      keys: reader.state
        .keysOf(actor)
        .map(({ keyId: id, public: key, from, to }) => ({ id, public: toHex(key), from, to })),
      here: signers.has(actor),
    })),
  }
}
