/** The passkeys of whoever asks. */
import type { Logger } from 'pino'
import type { passkeyCalls } from '../../endpoints/passkey-calls.ts'
import type { Role } from '../../endpoints/model.ts'
import type { Output } from '../../endpoints/table.ts'
import type { Door } from '../door-state.ts'
import type { Call } from '../handlers.ts'
import type { Passkeys } from '../passkeys.ts'
import type { People } from '../people.ts'
import type { SignIn, SignInFrom } from '../sign-in.ts'

interface Asked {
  passkeys: Passkeys<Role>
  people: People<Role>
  signIn: SignIn
  log: Pick<Logger, 'info'>
  door: Door
  /** The name by which the console is open, with its port. */
  host: string
  from: SignInFrom
}

type Handle = (call: Record<string, unknown>) => unknown

export function passkeyAnswers(asked: Asked): Record<keyof typeof passkeyCalls, Handle> {
  const { passkeys, people, signIn, log, door, host, from } = asked
  const answers: { [N in keyof typeof passkeyCalls]: (call: Call<N>) => Output<N> | Promise<Output<N>> } = {
    passkeySignInOptions: async () => ({ options: plain(await passkeys.optionsToSignIn(door, host)) }),
    passkeys: ({ caller }) => passkeys.list(caller.name, door, host),
    passkeyOptions: async ({ body, caller }) => {
      await signIn.confirm(caller.name, body.passphrase, from)
      return { options: plain(await passkeys.optionsToAdd(caller.name, door, host)) }
    },
    addPasskey: async ({ body, caller }) => {
      await passkeys.add(caller.name, body, door, host)
      log.info({ user: caller.name, label: body.label }, 'passkey added')
      return undefined
    },
    removePasskey: ({ body, caller }) => {
      const removed = people.removePasskey(caller.name, body.id)
      if (removed) log.info({ user: caller.name }, 'passkey removed')
      return { removed }
    },
  }
  return answers as Record<keyof typeof passkeyCalls, Handle>
}

/** As it goes over the wire: members that are undefined are left out. */
function plain(options: object): Output<'passkeyOptions'>['options'] {
  return JSON.parse(JSON.stringify(options)) as Output<'passkeyOptions'>['options']
}
