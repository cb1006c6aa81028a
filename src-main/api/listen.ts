import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError } from './api-error.ts'

const PORTS_TRIED = 50

/**
 * Binds the server to the port, or to the next free one.
 *
 * @param onTaken called with each port that another program holds
 * @returns the port it listens on
 * @throws {ApiError} `no_free_port`
 */
export async function listenOnFreePort(
  server: Server,
  host: string,
  port: number,
  onTaken: (port: number) => void,
): Promise<number> {
  for (let candidate = port; candidate < port + PORTS_TRIED && candidate < 65_536; candidate += 1) {
    if (await listens(server, host, candidate)) return (server.address() as AddressInfo).port
    onTaken(candidate)
  }
  throw new ApiError(
    500,
    'no_free_port',
    `no port from ${port} to ${Math.min(port + PORTS_TRIED, 65_536) - 1} is free on ${host}`,
    'Name another with --port, or stop what holds them.',
  )
}

function listens(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NodeJS.ErrnoException): void => {
      server.off('error', settle)
      server.off('listening', settle)
      if (error === undefined) resolve(true)
      else if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    }
    server.once('error', settle)
    server.once('listening', settle)
    server.listen({ host, port, exclusive: true })
  })
}
