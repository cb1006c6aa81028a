import { createServer } from 'node:net'
import { listenFrom } from '../api/listen.ts'

/**
 * A loopback port that was free a moment ago, found as a gateway finds its own.
 *
 * @param from the first that is tried; 0: any
 * @throws {ApiError} `no_free_port`
 */
export async function freePort(from = 0): Promise<number> {
  const probe = createServer()
  const { port } = await listenFrom(probe, { host: '127.0.0.1', port: from, isFixed: false })
  await new Promise((resolve) => probe.close(resolve))
  return port
}
