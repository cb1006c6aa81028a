import type { Endpoints, EndpointName, Input, Output } from '../endpoints/table.ts'
import type { passkeyCalls } from '../endpoints/passkey-calls.ts'
import type { Role } from '../endpoints/model.ts'
import type { EventData, EventName } from '../endpoints/events.ts'

/**
 * Who calls. `session`: a person by cookie. `token`: a program of the same user on this machine, by the token of
 * runtime.json; it may do what any role may. `nobody`: not signed in, on an endpoint that allows it.
 */
export interface Caller {
  readonly name: string
  readonly role: Role
  readonly via: 'session' | 'token' | 'nobody'
  /** Of a session: fires when it ends. What is opened for it alone is kept by this. */
  readonly session?: AbortSignal
}

/** A parsed call: `params`, `query` and `body` as the table describes them, and who makes it. */
export type Call<N extends EndpointName> = Input<N> & {
  readonly caller: Caller
  /** Fires when the caller hangs up or the server stops; long work should end then. */
  readonly signal: AbortSignal
}

/** Bytes or text, whole or as they are made, with what the answer's head should say. */
export interface FileReply<Content> {
  readonly content: Content
  /** Media type; the table's when absent. */
  readonly mime?: string
  /** Makes the browser save the answer under this name instead of showing it. */
  readonly fileName?: string
  /** The content of this address never changes (a full tile): browsers may keep it. */
  readonly isFinal?: boolean
}

type Reply<N extends EndpointName> = Endpoints[N]['response'] extends { bytes: string }
  ? Uint8Array | FileReply<Uint8Array>
  : Endpoints[N]['response'] extends { text: string }
    ? string | FileReply<string>
    : Endpoints[N]['response'] extends { stream: string }
      ? FileReply<ReadableStream<Uint8Array>>
      : Output<N>

/** One pushed event; `id` (a ledger position) only on events that can be resumed after. */
export type ServerEvent = {
  [N in EventName]: { readonly event: N; readonly data: EventData<N>; readonly id?: number }
}[EventName]

export interface Subscription {
  readonly caller: Caller
  /** The ledger position after which the client wants every block; null for a client that begins now. */
  readonly lastEventId: number | null
  readonly signal: AbortSignal
}

/** What the API answers out of itself: sign-in and its own description. */
export type OwnEndpoint =
  | 'signIn'
  | 'signOut'
  | 'signOutElsewhere'
  | 'changePassphrase'
  | 'signInLink'
  | 'consoleDoor'
  | keyof typeof passkeyCalls
  | 'openapi'
  | 'metrics'

/**
 * One handler an endpoint of the table: forgetting one does not compile.
 *
 * A handler refuses by throwing an error that carries `code`, `message` and `next` (and `status`, when 409 is wrong).
 */
export type Handlers = {
  readonly [N in Exclude<EndpointName, OwnEndpoint | 'events'>]: (call: Call<N>) => Reply<N> | Promise<Reply<N>>
} & {
  /** Taken one at a time, and only when the client has room: a slow client slows its own stream and nothing else. */
  readonly events: (subscription: Subscription) => AsyncIterable<ServerEvent>
}

/** The rest: what answers about one channel. */
export type ChannelAnswers = Omit<
  Handlers,
  'people' | 'channels' | 'enrolledPeople' | 'enrolPerson' | 'resetPerson' | 'endPerson'
>
