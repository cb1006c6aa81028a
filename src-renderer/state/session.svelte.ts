/** Who is signed in at this gateway. */
import { call, CallError, type Sent } from '../client/call.ts'
import { chooseChannel, chosenChannel } from '../client/chosen-channel.ts'
import { keepKey, keyOfAnotherTab, ownKey } from '../client/key.ts'
import { rolesOf } from '../client/roles.ts'
import type { People, Role, Session } from '../words/model.ts'
import { live } from './live.svelte.ts'
import { goTo, route } from './route.svelte.ts'
import { refusalLine } from '../words/refusal.ts'

const HANDLE_DIGITS = 16

/** What is said at the gateway's own machine before anybody has signed in. */
type PeopleHere = People & {
  [K in 'channel' | 'integrity' | 'sources' | 'queueReadings']: NonNullable<People[K]>
}

const isWhole = (people: People): people is PeopleHere =>
  people.channel !== undefined &&
  people.integrity !== undefined &&
  people.sources !== undefined &&
  people.queueReadings !== undefined

class SignedIn {
  /** `undefined` until we know. */
  session = $state.raw<Session | null | undefined>(undefined)
  people = $state.raw<PeopleHere | null>(null)
  /** Name of the gateway, where it says no more before the sign-in: it is asked from elsewhere. */
  elsewhere = $state.raw<string | null>(null)
  /** A sign-in link that was opened where somebody is signed in: they are asked first. */
  offered = $state.raw<string | null>(null)
  /** Why the last attempt did not work, for the sign-in page. */
  refusal = $state.raw<CallError | null>(null)
}

export const signedIn = new SignedIn()

const asCallError = (error: unknown): CallError => {
  if (error instanceof CallError) return error
  throw error
}

async function enter(entered: Session): Promise<void> {
  const session = await inChosenChannel(entered)
  signedIn.session = session
  signedIn.refusal = null
  live.start(leave)
  if (route.place.screen === 'sign-in') goTo('overview', {}, true)
}

/** The session as the chosen channel has it; where nothing was chosen, or what is no more, of the one that answered. */
async function inChosenChannel(session: Session): Promise<Session> {
  const [own, chosen] = [session.channel.id.slice(0, HANDLE_DIGITS), chosenChannel()]
  const isThere = session.channels?.some(({ handle }) => handle === chosen) === true
  if (isThere && chosen !== own) return await call('session', {})
  chooseChannel(session.channels === undefined ? null : own)
  return session
}

/** Shows another channel. The page begins anew: nothing on it is about the former one then. */
export function showChannel(handle: string): void {
  chooseChannel(handle)
  location.reload()
}

function leave(): void {
  live.stop()
  signedIn.session = null
}

/** At start: this tab's session, that of another tab, a one-time link (`#/sign-in?code=...`), or nobody. */
export async function findSession(): Promise<void> {
  const code = takeCode()
  if (code !== null) {
    if (!(await signIn({ code }))) signedIn.session = null
    return
  }
  if (ownKey() === null) keepKey(await keyOfAnotherTab())
  try {
    await enter(await call('session', {}))
  } catch (error) {
    const refusal = asCallError(error)
    // The channel that this tab showed is not there any more.
    if (chosenChannel() !== null && ['unknown_channel', 'channel_stopped'].includes(refusal.code)) {
      chooseChannel(null)
      return await findSession()
    }
    signedIn.session = null
    if (refusal.status === 401) keepKey(null)
    else signedIn.refusal = refusal
  }
}

/** A one-time link that is opened in a tab that shows the console already. */
export function listenToLinks(): void {
  addEventListener('hashchange', () => {
    const code = takeCode()
    if (code === null) return
    if (signedIn.session) signedIn.offered = code
    else void signIn({ code })
  })
}

/** The code works once: it leaves the address bar before it is used, so that a reload does not try it again. */
function takeCode(): string | null {
  const { screen, query } = route.place
  if (screen !== 'sign-in' || query['code'] === undefined) return null
  goTo(signedIn.session ? 'overview' : 'sign-in', {}, true)
  return query['code']
}

/** True when it worked; else `signedIn.refusal` says why not. */
export async function signIn(body: Sent<'signIn'>['body']): Promise<boolean> {
  signedIn.refusal = null
  try {
    const { key, ...session } = await call('signIn', { body })
    keepKey(key)
    await enter(session)
    return true
  } catch (error) {
    signedIn.refusal = asCallError(error)
    return false
  }
}

/** Ends every other session of this person: how many, or why not. */
export async function signOutElsewhere(): Promise<number | string> {
  try {
    return (await call('signOutElsewhere', {})).ended
  } catch (error) {
    return refusalLine(asCallError(error))
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
  keepKey(null)
  goTo('sign-in', {}, true)
}

export async function loadPeople(): Promise<void> {
  try {
    const told = await call('people', {})
    signedIn.people = isWhole(told) ? told : null
    signedIn.elsewhere = isWhole(told) ? null : told.gateway.name
    // What was said while it did not answer is over.
    if (signedIn.refusal?.status === 503 || signedIn.refusal?.code === 'unreachable') signedIn.refusal = null
    if (told.atUs !== undefined) live.setClock(told.atUs)
  } catch (error) {
    signedIn.people = null
    signedIn.elsewhere = null
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
