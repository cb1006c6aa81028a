/** What a person has signed by its own key, at the gateway that keeps its chain. */
import type { PackEvent, PackManifest } from '../../packs/manifest.ts'
import { decodeCbor, encodeCbor } from '../../wire/cbor.ts'
import type { ActorId } from '../../wire/ids.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import { bodyFromJson, encodeBody, isCoreEvent, sayable } from '../../record/events.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import { WireError } from '../../wire/errors.ts'
import type { JsonValue } from '../../wire/json.ts'
import { nearest } from '../../wire/near-match.ts'
import { printable } from '../../wire/printable.ts'
import { shippedPacks } from '../folder/shipped-packs.ts'
import { GatewayError } from '../error.ts'
import type { PackEventSaid } from '../signing/statement-chain.ts'
import type { EventOutcome, LedgerThread } from './ledger-thread.ts'
import { DECIDED_WITHIN_MS, type SignedEvent } from './sign-event.ts'

const CBOR_LIMITS = { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH }

export interface SaidByPerson extends SignedEvent {
  cameTo: string | null
  /** Where it is an act that waits. */
  act: string | null
}

/** Who signs: the seed opens with the person's passphrase, for this once. */
export interface Signer {
  actor: ActorId
  roles: readonly PersonRole[]
  seed: Uint8Array
}

/** Throws GatewayError `event_malformed` for what no replica would take, `not_recorded`; nothing is signed then. */
export async function sayAs(
  thread: Pick<LedgerThread, 'say'>,
  signer: Signer,
  type: string,
  body: JsonValue,
  {
    assets = [],
    packs = manifests(),
  }: { assets?: readonly string[] | undefined; packs?: readonly PackManifest[] } = {},
): Promise<SaidByPerson> {
  if (!isCoreEvent(type) && packEventIn(packs, type) !== null)
    return await sayOfPack(thread, signer, packEventSaid(type, assets, body, packs))
  if (assets.length > 0 && isCoreEvent(type))
    throw new GatewayError('event_malformed', `the assets of ${type} follow from its body`, 'Name none beside it.')
  const roles = isCoreEvent(type) ? sayable.get(type) : undefined
  if (!isCoreEvent(type) || roles === undefined)
    throw new GatewayError(
      'event_malformed',
      isCoreEvent(type)
        ? `${type} is for gateways to say, about what they did; no person signs it`
        : `there is no event type "${printable(type)}".${nearest(type, [...sayable.keys(), ...packs.flatMap(({ events }) => Object.keys(events))])}`,
      `Types: ${[...sayable.keys()].join(', ')}.`,
    )
  try {
    const read = bodyFromJson(type, body)
    encodeBody(type, read)
    return await said(thread, signer, type, read, roles)
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause
    const next = `plumbline event sign --type ${type} --example prints one that is well-formed.`
    throw new GatewayError('event_malformed', cause.message, next, cause)
  }
}

async function sayOfPack(
  thread: Pick<LedgerThread, 'say'>,
  { actor, roles, seed }: Signer,
  said: PackEventSaid,
): Promise<SaidByPerson> {
  const [role] = roles
  if (role === undefined) throw new GatewayError('not_recorded', 'the person has no role', 'See plumbline person list.')
  return saidOf(await thread.say({ person: actor, role, seed, ...said }, DECIDED_WITHIN_MS))
}

/**
 * A pack's own event as somebody writes it, ready to be signed: its body is what its `pack.json` says, and it names the assets that it is about.
 *
 * @param packs in force where it is to be said
 * @throws {GatewayError} `event_malformed` for a type that none of them has, and for a body that its schema does not take
 */
export function packEventSaid(
  type: string,
  assets: readonly string[],
  body: JsonValue,
  packs: readonly PackManifest[] = manifests(),
): PackEventSaid {
  const malformed = (why: string, cause?: unknown): GatewayError =>
    new GatewayError(
      'event_malformed',
      why,
      `docs/FORMATS.md, Packs, and the pack.json of ${printable(type)} say what it holds.`,
      cause,
    )
  const own = packEventIn(packs, type)
  if (own === null) throw malformed(`no pack that is in force has an event type "${printable(type)}"`)
  if (assets.length === 0) throw malformed(`${type} names no asset that it is about`)
  try {
    const read = decodeCbor(encodeCbor(own.body.encode(own.body.fromJson(body, type))), CBOR_LIMITS)
    if (!(read instanceof Map)) throw malformed(`the body of ${type} is no record`)
    return { type, assets: [...new Set(assets)].sort(), body: read }
  } catch (cause) {
    throw cause instanceof WireError ? malformed(cause.message, cause) : cause
  }
}

function manifests(): PackManifest[] {
  return shippedPacks().map(({ manifest }) => manifest)
}

function packEventIn(packs: readonly PackManifest[], type: string): PackEvent | null {
  return packs.findLast(({ events }) => Object.hasOwn(events, type))?.events[type] ?? null
}

/** In the role that the type asks for, where the person has it; else in the first, and the ledger says what is wrong with that. */
export async function said<T extends CoreEventType>(
  thread: Pick<LedgerThread, 'say'>,
  { actor, roles, seed }: Signer,
  type: T,
  body: CoreEvents[T],
  wanted: readonly PersonRole[] = [],
): Promise<SaidByPerson> {
  const role = roles.find((one) => wanted.includes(one)) ?? roles[0]
  if (role === undefined) throw new GatewayError('not_recorded', 'the person has no role', 'See plumbline person list.')
  return saidOf(await thread.say({ person: actor, role, seed, type, body }, DECIDED_WITHIN_MS))
}

/** Throws GatewayError `not_recorded` where nothing was signed. */
export function saidOf({ outcome, index, cameTo, hash, refused, reason }: EventOutcome): SaidByPerson {
  if (outcome === 'not-signed') throw new GatewayError('not_recorded', reason ?? outcome, 'See plumbline status.')
  return { outcome, entry: index, cameTo, act: cameTo === 'pending' ? hash : null, refused, reason }
}
