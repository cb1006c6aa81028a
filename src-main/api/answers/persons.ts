/** People as the ledger knows them, what they sign, and the acts that wait for others. */
import { said, saidOf, sayAs, type SaidByPerson, type Signer } from '../../gateway/channel/say-as.ts'
import { DECIDED_WITHIN_MS } from '../../gateway/channel/sign-event.ts'
import type { Channel } from '../../gateway/channel.ts'
import { PERSON_ALGORITHM, signBy } from '../../gateway/signing/person-seed.ts'
import { bodyToJson, decodeBody, isCoreEvent } from '../../record/events.ts'
import type { ActState } from '../../record/act-state.ts'
import { ADMINS } from '../../record/person-fields.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { replacementProof } from '../../record/kinds/key-trust.ts'
import { personProof } from '../../record/kinds/person.ts'
import { toHex } from '../../wire/bytes.ts'
import { decodeCbor } from '../../wire/cbor.ts'
import { parseActorId, parseChannelId, type ActorId } from '../../wire/ids.ts'
import type { JsonValue } from '../../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'

type Answers = Pick<Handlers, 'persons' | 'enrolOnLedger' | 'say' | 'acts'>

export function personAnswers(channel: Channel, signers: Signers): Answers {
  const { log, name, thread } = channel
  return {
    persons: () => persons(channel, signers),
    acts: () => acts(channel),
    say: async ({ body, caller }) => {
      requireMachine(caller)
      const { as, type } = body
      const told = await sayAs(thread, await signerOf(channel, signers, as), type, body.body as JsonValue)
      log.info({ type, by: as.name, outcome: told.outcome, entry: told.entry }, 'a person signed')
      return told
    },
    enrolOnLedger: async ({ body, caller }) => {
      requireMachine(caller)
      const told = await enrol(channel, signers, body)
      const { outcome, entry } = told
      log.warn(
        { person: body.person.name, by: body.by?.name ?? name, outcome, entry },
        'a person was enrolled on the ledger',
      )
      return told
    },
  }
}

/** A passphrase that opens a key is not taken over the network: the console will ask for it where the person signs in. */
function requireMachine({ via }: Caller): void {
  if (via === 'token') return
  throw new ApiError(
    403,
    'only_at_this_machine',
    'people sign by the command line of the gateway\u2019s own machine',
    'There: plumbline event sign --as NAME, plumbline approve, plumbline decline.',
  )
}

type As = { name: string; passphrase: string }

/** Whose key is here, opened, with the roles that the ledger knows. */
async function signerOf({ reader }: Channel, signers: Signers, { name, passphrase }: As): Promise<Signer> {
  const { actor, seed } = await signers.open(name, passphrase)
  const known = reader.state.persons().find((one) => one.actor === actor)
  if (known === undefined)
    throw new ApiError(
      409,
      'person_not_enrolled',
      `the ledger knows no key of "${name}"`,
      `An admin enrols it: plumbline person sign "${name}" --as ADMIN.`,
    )
  return { actor, seed, roles: known.roles }
}

async function enrol(
  channel: Channel,
  signers: Signers,
  { person, by }: { person: As; by: As | null },
): Promise<SaidByPerson> {
  const { thread, reader } = channel
  const { role } = signers.identity(person.name)
  await signers.make(person.name, person.passphrase)
  const { actor, publicKey, seed } = await signers.open(person.name, person.passphrase)
  const says = async <T extends CoreEventType>(type: T, body: CoreEvents[T]): Promise<SaidByPerson> =>
    by === null
      ? saidOf(await thread.event(type, body, DECIDED_WITHIN_MS))
      : await said(thread, await signerOf(channel, signers, by), type, body, ADMINS)
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

function persons({ name, reader }: Channel, signers: Signers): ReturnType<Answers['persons']> {
  const members = new Map(reader.members().map((member) => [member.actor, member.name]))
  return {
    gateway: name,
    policy: reader.state.policy(),
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

function acts({ name, reader }: Channel): ReturnType<Answers['acts']> {
  const known = reader.state.names()
  const nameOf = (actor: ActorId): string => known.get(actor) ?? actor
  const { timeUs } = reader.blocks.newestSeal()
  return {
    gateway: name,
    acts: reader.state.openActs().map((act) => ({
      act: act.act,
      type: act.type,
      proposer: nameOf(act.proposer),
      role: act.role,
      proposedAt: act.proposedAt,
      deadlineUs: act.deadlineUs,
      isOver: timeUs >= act.deadlineUs,
      assets: [...act.assets],
      body: bodyOf(act),
      approvals: act.approvals.map(({ person, entry }) => ({ name: nameOf(person), entry })),
      declines: act.declines.map(({ person, entry }) => ({ name: nameOf(person), entry })),
    })),
  }
}

/** A type of another release has no words for its body. */
function bodyOf({ type, body }: ActState): JsonValue {
  if (!isCoreEvent(type)) return null
  return bodyToJson(type, decodeBody(type, decodeCbor(body, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH })))
}
