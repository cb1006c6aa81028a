/** Calls to a running daemon on this machine, found and authorised by its runtime.json. */
import { channelPath, scopeOf } from '../endpoints/channel-paths.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { GatewayError, type GatewayErrorCode } from '../gateway/error.ts'
import type { Reached } from './channel-option.ts'

/** A certificate over a long time takes its while. */
const TIMEOUT_MS = 30_000

/** JSON of a GET or POST; undefined where there is nothing to say. Throws GatewayError with the daemon's own words when it refuses, or does not answer in time. */
export async function call<T>(
  runtime: Reached,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs: number = TIMEOUT_MS,
): Promise<T> {
  const response = await fetchFrom(runtime, method, path, body, timeoutMs)
  return (response.status === 204 ? undefined : await response.json()) as T
}

export async function bytesOf(runtime: Reached, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetchFrom(runtime, 'GET', path)).arrayBuffer())
}

async function fetchFrom(
  runtime: Reached,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Response> {
  const url = `http://${runtime.host}:${runtime.port}${pathOf(runtime, method, path)}`
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${runtime.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (cause) {
    throw unanswered(runtime, timeoutMs, cause)
  }
  if (response.ok) return response
  const refusal = (await response.json().catch(() => ({}))) as Refusal
  throw new GatewayError(
    // What crossed the wire came from the same list.
    (refusal.code as GatewayErrorCode | undefined) ?? 'not_running',
    refusal.message ?? `${url} answered ${response.status}`,
    refusal.next ?? 'Look into the gateway log.',
    refusal,
  )
}

/** One that hangs is another thing than one that is gone. */
function unanswered({ name, host, port, log }: Reached, timeoutMs: number, cause: unknown): GatewayError {
  const where = log ?? 'its log'
  if ((cause as Error).name === 'TimeoutError')
    return new GatewayError(
      'no_answer',
      `${name} does not answer within ${timeoutMs / 1_000} s`,
      `It runs, and is very busy or hangs: look into ${where}, and stop and start it where it stays so.`,
      cause,
    )
  return new GatewayError(
    'not_running',
    `${name} does not answer at ${host}:${port}: ${(cause as Error).message}`,
    `Look into ${where}, or start it again.`,
    cause,
  )
}

/** The path as it stands in the table, for the channel that is asked about. */
function pathOf({ channel }: Reached, method: string, path: string): string {
  const isOne = channel !== undefined && scopeOf({ method: method as Endpoint['method'], path }) !== 'gateway'
  return isOne ? channelPath(path, channel) : path
}

interface Refusal {
  code?: string
  message?: string
  next?: string
}

/** The code with which the daemon refused a call, of the error that `call` threw; undefined where it did not answer. */
export function refusalOf({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? undefined : (cause as Refusal | undefined)?.code
}
