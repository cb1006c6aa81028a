/** Passkeys of this browser and its devices. What speaks to them is fetched when it is used: few open the console from elsewhere. */
import { call, CallError, type Sent } from '../client/call.ts'
import { refusalText } from './queries.ts'
import { signedIn, signIn } from './session.svelte.ts'

export interface Passkey {
  id: string
  label: string
  addedAtUs: number
  usedAtUs: number | null
}

/** Whether this browser knows them at all; it does so only where the page came over TLS. */
export const hasPasskeys = 'PublicKeyCredential' in globalThis

export const passkeys = (signal: AbortSignal): Promise<{ available: boolean; passkeys: Passkey[] }> =>
  call('passkeys', {}, signal)

/** `broken-off`: the browser gave none. Whether one that was given signed in, `signedIn` says. */
export async function signInByPasskey(): Promise<'given' | 'broken-off'> {
  signedIn.refusal = null
  const { startAuthentication } = await import('@simplewebauthn/browser')
  let response: object
  try {
    const { options } = await call('passkeySignInOptions', {})
    response = await startAuthentication({ optionsJSON: options as never })
  } catch (error) {
    if (!(error instanceof CallError)) return 'broken-off'
    signedIn.refusal = error
    return 'given'
  }
  await signIn({ passkey: plain(response) })
  return 'given'
}

/** Null when it is kept; else why not, null as well where the browser itself made none. */
export async function addPasskey(label: string, passphrase: string): Promise<{ refused: string | null } | null> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  try {
    const { options } = await call('passkeyOptions', { body: { passphrase } })
    const response = await startRegistration({ optionsJSON: options as never })
    await call('addPasskey', { body: { label, response: plain(response) } })
    return null
  } catch (error) {
    return { refused: error instanceof CallError ? refusalText(error) : null }
  }
}

/** Null when it is removed, else why not. */
export async function removePasskey(id: string): Promise<string | null> {
  try {
    await call('removePasskey', { body: { id } })
    return null
  } catch (error) {
    return refusalText(error)
  }
}

function plain(response: object): Sent<'addPasskey'>['body']['response'] {
  return JSON.parse(JSON.stringify(response)) as Sent<'addPasskey'>['body']['response']
}
