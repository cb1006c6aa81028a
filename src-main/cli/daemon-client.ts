/** Calls to a running daemon on this machine, found and authorised by its runtime.json. */
import type { Runtime } from '../gateway/runtime-file.ts'
import { GatewayError } from '../gateway/error.ts'

/** A certificate over a long time takes its while. */
const TIMEOUT_MS = 30_000

/** JSON of a GET or POST; undefined where there is nothing to say. Throws GatewayError with the daemon's own words when it refuses, or does not answer in time. */
export async function call<T>(
  runtime: Runtime,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs: number = TIMEOUT_MS,
): Promise<T> {
  const response = await fetchFrom(runtime, method, path, body, timeoutMs)
  return (response.status === 204 ? undefined : await response.json()) as T
}

export async function bytesOf(runtime: Runtime, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetchFrom(runtime, 'GET', path)).arrayBuffer())
}

async function fetchFrom(
  runtime: Runtime,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Response> {
  const url = `http://${runtime.host}:${runtime.port}${path}`
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
    throw new GatewayError(
      'not_running',
      `gateway ${runtime.name} does not answer at ${url}: ${(cause as Error).message}`,
      'Look into its log, or start it again.',
      cause,
    )
  }
  if (response.ok) return response
  const refusal = (await response.json().catch(() => ({}))) as Refusal
  throw new GatewayError(
    'not_running',
    refusal.message ?? `${url} answered ${response.status}`,
    refusal.next ?? 'Look into the gateway log.',
    refusal,
  )
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
