import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A TCP line between a client and a simulated device, on which faults are made: the device itself stays as it is. */
export interface Relay {
  port: number
  /** Connections stay open and nothing passes in either direction. */
  freeze(frozen: boolean): void
  /** Answers pass this much later; 0 for at once. */
  delayAnswers(delayMs: number): void
  /** Resets every connection. */
  drop(): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** Opens a relay to `targetPort` on loopback. Rejects with the system's reason, for example when `port` is in use. */
export async function openRelay(port: number, targetPort: number): Promise<Relay> {
  const pairs = new Set<[client: Socket, device: Socket]>()
  const state = { frozen: false, delayMs: 0 }
  const server = createServer((client) => {
    const device = connect({ host: HOST, port: targetPort, noDelay: true })
    client.setNoDelay()
    const pair: [Socket, Socket] = [client, device]
    pairs.add(pair)
    client.on('data', (bytes) => device.write(bytes))
    device.on('data', (bytes) => void passLater(client, bytes, state.delayMs))
    for (const [one, other] of [pair, [device, client] as const]) {
      one.on('error', () => undefined)
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
      if (state.frozen) one.pause()
    }
  })
  await listen(server, port)
  return {
    port: (server.address() as { port: number }).port,
    freeze: (frozen) => {
      state.frozen = frozen
      for (const socket of [...pairs].flat()) {
        if (frozen) socket.pause()
        else socket.resume()
      }
    },
    delayAnswers: (delayMs) => (state.delayMs = delayMs),
    drop: () => {
      for (const [client, device] of pairs) {
        client.resetAndDestroy()
        device.destroy()
      }
    },
    close: async () => {
      for (const socket of [...pairs].flat()) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Listens on loopback only; `port` 0 takes a free one. */
export async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function passLater(client: Socket, bytes: Buffer, delayMs: number): Promise<void> {
  if (delayMs > 0) await sleep(delayMs)
  if (!client.destroyed) client.write(bytes)
}
