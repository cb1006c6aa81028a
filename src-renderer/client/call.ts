/**
 * The typed client: one function for every call in the table of endpoints.
 *
 * Answers are parsed once, here; what leaves this file has the shape the table says.
 */
import './no-code-generation.ts'
import { channelPath, scopeOf } from '../../src-main/endpoints/channel-paths.ts'
import { ErrorBody } from '../../src-main/endpoints/model.ts'
import { PlumblineError } from '../../src-main/wire/plumbline-error.ts'
import { type EndpointName, endpoints, type Output, type Sent } from '../../src-main/endpoints/table.ts'
import { type Endpoint, isJson } from '../../src-main/endpoints/endpoint.ts'

import { chosenChannel } from './chosen-channel.ts'
import { keyHeader } from './key.ts'

export type { Sent }

export type CallErrorCode = 'unreachable' | 'malformed_answer' | 'refused'

/**
 * A call that gave no answer we can use. `code` is `unreachable` (no gateway at this address), `malformed_answer` (it does not
 * fit the table: console and gateway differ in version) or the gateway's own code; `next` says what to do.
 */
export class CallError extends PlumblineError {
  override readonly name = 'CallError'
  readonly status: number
  readonly waitSeconds: number | undefined

  constructor(body: ErrorBody, status: number, cause?: unknown) {
    super(body.code, body.message, body.next, cause)
    this.status = status
    this.waitSeconds = body.waitSeconds
  }
}

/** The address of a call, in the channel that was chosen: `{name}` and `{+name}` filled in, the query appended. Used for links to files too. */
export function addressOf<N extends EndpointName>(name: N, sent: Sent<N>): string {
  const endpoint: Endpoint = endpoints[name]
  const { params = {}, query = {} } = sent as { params?: Record<string, unknown>; query?: Record<string, unknown> }
  const chosen = scopeOf(endpoint) === 'gateway' ? null : chosenChannel()
  const place = chosen === null ? endpoint.path : channelPath(endpoint.path, chosen)
  const path = place.replaceAll(/\{(\+?)(\w+)\}/g, (_, rest: string, key: string) =>
    rest === '+' ? String(params[key]) : encodeURIComponent(String(params[key])),
  )
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

async function refusalOf(response: Response): Promise<CallError> {
  const body = ErrorBody.safeParse(await response.json().catch(() => null))
  if (body.success) return new CallError(body.data, response.status)
  const message = `The gateway answered ${response.status} ${response.statusText}`.trim()
  return new CallError(
    { code: 'refused', message, next: 'Try again; if it stays, look into the log of the gateway.' },
    response.status,
  )
}

/**
 * Makes one call. Throws CallError.
 *
 * @param name a name of the table
 * @param sent `{params?, query?, body?}` as that endpoint wants them
 */
export async function call<N extends EndpointName>(name: N, sent: Sent<N>, signal?: AbortSignal): Promise<Output<N>> {
  const endpoint: Endpoint = endpoints[name]
  const { body } = sent as { body?: unknown }
  const address = addressOf(name, sent)
  let response: Response
  try {
    response = await fetch(address, {
      method: endpoint.method,
      credentials: 'same-origin',
      headers: { ...keyHeader(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    const next = 'Look whether the gateway runs and the network cable is in.'
    throw new CallError(
      { code: 'unreachable', message: `No answer from this gateway (${endpoint.method} ${address})`, next },
      0,
      cause,
    )
  }
  if (!response.ok) throw await refusalOf(response)
  return (await answerOf(endpoint, response, address)) as Output<N>
}

async function answerOf(endpoint: Endpoint, response: Response, address: string): Promise<unknown> {
  if (isJson(endpoint.response)) {
    const answer = endpoint.response.safeParse(await response.json())
    if (answer.success) return answer.data
    const issue = answer.error.issues[0]
    const message = `The answer of ${address} does not fit: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`
    throw new CallError(
      { code: 'malformed_answer', message, next: 'Load this page again: console and gateway may differ in version.' },
      response.status,
    )
  }
  if ('bytes' in endpoint.response) return new Uint8Array(await response.arrayBuffer())
  if ('text' in endpoint.response) return await response.text()
  if ('stream' in endpoint.response) return piecesOf(response.body)
  return undefined
}

/** A body piece by piece, for browsers that cannot iterate over one. Throws (rejects) TypeError where it breaks off. */
async function* piecesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  for (;;) {
    const piece = await reader?.read()
    if (piece === undefined || piece.done) return
    yield piece.value
  }
}
