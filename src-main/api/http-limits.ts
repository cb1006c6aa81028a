import type { Server } from 'node:http'

/** How often the two time-outs are looked at; Node's own 30 s would be added to both. */
const TIMEOUTS_CHECKED_EVERY_MS = 1_000
/** A client that takes nothing for this long is gone; heartbeats keep an event stream inside it. */
const STALLED_MS = 60_000
export const CONNECTIONS_MAX = 512
/** Sockets that are being ended still count as connections of the server. */
const CONNECTIONS_ENDING_MAX = 64

/** What a client may take of time and room, at this machine and elsewhere alike. */
export const httpLimits = {
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: TIMEOUTS_CHECKED_EVERY_MS,
  /** Between two requests of one connection. */
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
} as const

export function limitServer(server: Pick<Server, 'maxConnections' | 'setTimeout'>): void {
  server.maxConnections = CONNECTIONS_MAX + CONNECTIONS_ENDING_MAX
  server.setTimeout(STALLED_MS)
}

/** Ends a server. A request that is being answered may finish; one that hangs may not keep the gateway from stopping. */
export async function closeServer(
  server: Pick<Server, 'close' | 'closeIdleConnections' | 'closeAllConnections'>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), 1_000)
  await closed
  clearTimeout(timer)
}
