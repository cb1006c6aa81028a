import type { AddressInfo, Server } from 'node:net'
import { ApiError } from './api-error.ts'
import { holderOf } from './port-holder.ts'

const PORTS_TRIED = 50

/** Where a server listens, and whether that is where it was wanted. */
export interface Listening {
  readonly port: number
  /** The wanted port, where another program holds it. */
  readonly taken: { readonly port: number; readonly holder: string | null } | null
}

/**
 * Binds the server to the port. Where another program holds it: to the next free one, or, where the port is fixed, to none.
 *
 * @param options isFixed: no other port will do
 * @throws {ApiError} `port_taken`, `no_free_port`
 */
export async function listenFrom(
  server: Server,
  { host, port, isFixed }: { host: string; port: number; isFixed: boolean },
): Promise<Listening> {
  const taken = await listenOn(server, { host, port })
  if (taken === null) return { port: boundPort(server), taken }
  if (isFixed) throw portTaken(host, taken)
  for (let candidate = port + 1; candidate < port + PORTS_TRIED && candidate < 65_536; candidate += 1)
    if (await listens(server, host, candidate)) return { port: boundPort(server), taken }
  throw new ApiError(
    500,
    'no_free_port',
    `no port from ${port} to ${Math.min(port + PORTS_TRIED, 65_536) - 1} is free on ${host}`,
    'Configure another console.port, or stop what holds them.',
  )
}

/** Binds the server to exactly this port; gives who holds it where it is taken, else null. Throws what the system says otherwise. */
export async function listenOn(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<Listening['taken']> {
  return (await listens(server, host, port)) ? null : { port, holder: holderOf(port) }
}

function boundPort(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Who holds it, in words. */
export function holderWords(holder: string | null): string {
  return holder === null ? 'another program' : `another program (${holder})`
}

function portTaken(host: string, { port, holder }: NonNullable<Listening['taken']>): ApiError {
  return new ApiError(
    500,
    'port_taken',
    `port ${port} on ${host} is held by ${holderWords(holder)}, and console.fixedPort lets the console go to no other`,
    'Stop that program and start again, or configure another console.port. Until then nothing is recorded here.',
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
