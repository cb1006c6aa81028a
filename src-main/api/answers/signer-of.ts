/** By whose key a call is signed. */
import type { Signer } from '../../gateway/channel/say-as.ts'
import type { Channel } from '../../gateway/channel.ts'
import type { ActorId } from '../../wire/ids.ts'
import { ApiError } from '../api-error.ts'
import type { Caller } from '../handlers.ts'
import type { OpenedKey, Signers } from '../signers.ts'

export type As = { name?: string | undefined; passphrase?: string | undefined }

/** Who signs: a program of this machine names somebody with the passphrase, a session signs for its own person alone. */
export async function signerOf(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  as: As | null | undefined,
): Promise<{ name: string; signer: Signer }> {
  const { actor, reader } = channel
  const { name, key } = await openedKey(signers, caller, as ?? {})
  const known = reader.state.persons().find((one) => one.actor === key.actor)
  if (known === undefined)
    throw new ApiError(
      409,
      'person_not_enrolled',
      `the ledger knows no key of "${name}"`,
      `An admin enrols it: plumbline person sign "${name}" --as ADMIN.`,
    )
  if (known.endedAt !== null)
    throw new ApiError(
      409,
      'person_not_enrolled',
      `the ledger ended "${name}" by entry ${known.endedAt}: nothing is said in that name any more`,
      'Somebody else has to sign.',
    )
  if (known.keeper !== actor) throw elsewhere(channel, name, known)
  return { name, signer: { actor: key.actor, seed: key.seed, roles: known.roles } }
}

export function elsewhere({ reader }: Channel, name: string, { keeper }: { readonly keeper: ActorId }): ApiError {
  return new ApiError(
    409,
    'person_elsewhere',
    `"${name}" signs at another gateway, ${reader.members().find(({ actor }) => actor === keeper)?.name ?? keeper}`,
    `Sign there, or have the person come: plumbline person move "${name}" --as ADMIN.`,
  )
}

async function openedKey(signers: Signers, caller: Caller, as: As): Promise<{ name: string; key: OpenedKey }> {
  const { name, passphrase } = as
  if (caller.via === 'session' && caller.session !== undefined) {
    if (name !== undefined && name !== caller.name) throw notYours(name, caller)
    return { name: caller.name, key: await signers.ofSession(caller.session, caller.name, passphrase) }
  }
  if (name === undefined || passphrase === undefined)
    throw new ApiError(
      400,
      'signer_unnamed',
      'who signs is not named, or without a passphrase',
      'Send as: {name, passphrase}.',
    )
  return { name, key: await signers.open(name, passphrase) }
}

function notYours(name: string, caller: Caller): ApiError {
  return new ApiError(
    403,
    'not_your_key',
    `${caller.name} is signed in, and "${name}" signs in its own session`,
    'Sign in as that person, or use the command line of the gateway\u2019s own machine.',
  )
}

/**
 * The same where a gateway may say it for its people, too: null where nobody of them signs on this ledger. Whoever does signs, and is asked for
 * the passphrase where the key is shut.
 */
export async function signerIfAny(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  as: As | undefined,
): Promise<Signer | null> {
  if (caller.via === 'session') {
    const actor = signers.actorOf(caller.name)
    const known = actor === null ? null : channel.reader.state.person(actor)
    // Whom the ledger ended, or who signs elsewhere, is not spoken for by this gateway either.
    if (known === null) return null
  } else if (as === undefined) return null
  return (await signerOf(channel, signers, caller, as)).signer
}
