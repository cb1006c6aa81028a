/** Who is signed in at this gateway. */
import { call, CallError } from '../client/call.ts'
import { rolesOf } from '../client/roles.ts'
import type { People, Role, Session } from '../words/model.ts'
import { live } from './live.svelte.ts'
import { goTo, route } from './route.svelte.ts'

class SignedIn {
  /** `undefined` until we know. */
  session = $state.raw<Session | null | undefined>(undefined)
  people = $state.raw<People | null>(null)
  /** Why the last attempt did not work, for the sign-in page. */
  refusal = $state.raw<CallError | null>(null)
}

export const signedIn = new SignedIn()

const asCallError = (error: unknown): CallError => {
  if (error instanceof CallError) return error
  throw error
}

function enter(session: Session): void {
  signedIn.session = session
  signedIn.refusal = null
  live.start(leave)
  if (route.place.screen === 'sign-in') goTo('overview', {}, true)
}

function leave(): void {
  live.stop()
  signedIn.session = null
}

/** At start: an existing cookie, a one-time link (`#/sign-in?code=...`), or nobody. */
export async function findSession(): Promise<void> {
  const { code } = route.place.query
  if (route.place.screen === 'sign-in' && code !== undefined) {
    // The code works once: it leaves the address bar before it is used, so that a reload does not try it again.
    goTo('sign-in', {}, true)
    if (await signIn({ code })) return
    signedIn.session = null
    return
  }
  try {
    enter(await call('session', {}))
  } catch (error) {
    const refusal = asCallError(error)
    signedIn.session = null
    if (refusal.status !== 401) signedIn.refusal = refusal
  }
}

/** True when it worked; else `signedIn.refusal` says why not. */
export async function signIn(body: { code: string } | { name: string; passphrase: string }): Promise<boolean> {
  signedIn.refusal = null
  try {
    enter(await call('signIn', { body }))
    return true
  } catch (error) {
    signedIn.refusal = asCallError(error)
    return false
  }
}

export async function signOut(): Promise<void> {
  try {
    await call('signOut', {})
  } catch (error) {
    // Without an answer the cookie stays valid; staying signed in is the honest picture.
    signedIn.refusal = asCallError(error)
    return
  }
  leave()
  goTo('sign-in', {}, true)
}

export async function loadPeople(): Promise<void> {
  try {
    signedIn.people = await call('people', {})
    if (signedIn.people.atUs !== undefined) live.setClock(signedIn.people.atUs)
  } catch (error) {
    signedIn.people = null
    signedIn.refusal = asCallError(error)
  }
}

/** Whether the signed-in person has one of these roles. */
export function hasRole(...allowed: Role[]): boolean {
  const role = signedIn.session?.user.role
  return role !== undefined && allowed.includes(role)
}

/** Roles that may make a call which not everybody may; a screen says so before anybody tries. */
export function rolesFor(name: Parameters<typeof rolesOf>[0]): readonly Role[] {
  return rolesOf(name)
}
