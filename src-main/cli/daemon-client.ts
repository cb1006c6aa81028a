/** Calls to a running daemon on this machine, found and authorised by its runtime.json. */
import type { Runtime } from '../gateway/runtime-file.ts'
import { GatewayError } from '../gateway/error.ts'

const TIMEOUT_MS = 30_000

/** JSON of a GET or POST. Throws GatewayError with the daemon's own words when it refuses. */
export async function call<T>(runtime: Runtime, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const response = await fetchFrom(runtime, method, path, body)
  return (await response.json()) as T
}

export async function bytesOf(runtime: Runtime, path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetchFrom(runtime, 'GET', path)).arrayBuffer())
}

async function fetchFrom(runtime: Runtime, method: string, path: string, body?: unknown): Promise<Response> {
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
      signal: AbortSignal.timeout(TIMEOUT_MS),
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
  const refusal = (await response.json().catch(() => ({}))) as { message?: string; next?: string }
  throw new GatewayError(
    'not_running',
    refusal.message ?? `${url} answered ${response.status}`,
    refusal.next ?? 'Look into the gateway log.',
  )
}
