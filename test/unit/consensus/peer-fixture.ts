import { randomBytes } from 'node:crypto'
import { makeTlsCertificate } from '../../../src-main/consensus/tls-certificate.ts'
import { startPeers, type PeerAddress, type Peers, type PeersOptions } from '../../../src-main/consensus/peers.ts'
import type { HostFrameType } from '../../../src-main/consensus/frames.ts'
import { privateKeyFromSeed, privatePemOf, rawPublicKey } from '../../../src-main/keys/ed25519-pem.ts'

export interface Identity {
  id: number
  name: string
  keyPem: string
  certPem: string
  publicKey: Uint8Array
}

export interface TestGateway {
  identity: Identity
  peers: Peers
  frames: { from: number; type: HostFrameType; body: Uint8Array }[]
  events: string[]
  refused: string[]
}

export const systemClock = {
  wallUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonicUs: () => performance.now() * 1000,
}

export async function makeIdentity(id: number, dates?: { notBefore: Date; notAfter: Date }): Promise<Identity> {
  const key = privateKeyFromSeed(randomBytes(32))
  const keyPem = privatePemOf(key)
  const name = `gateway-${id}`
  return { id, name, keyPem, certPem: await makeTlsCertificate(keyPem, name, dates), publicKey: rawPublicKey(key) }
}

export function addressOf(identity: Identity, port: number): PeerAddress {
  return { id: identity.id, name: identity.name, host: '127.0.0.1', port, tlsPublicKey: identity.publicKey }
}

export async function startGateway(
  identity: Identity,
  peers: PeerAddress[],
  more: Partial<PeersOptions> & { port?: number } = {},
): Promise<TestGateway> {
  const gateway: Omit<TestGateway, 'peers'> = { identity, frames: [], events: [], refused: [] }
  const { port, ...options } = more
  const started = await startPeers({
    self: identity,
    listen: { host: '127.0.0.1', port: port ?? 0 },
    peers,
    clock: systemClock,
    random: () => 0.5,
    onFrame: (from, type, body) => gateway.frames.push({ from, type, body: body.slice() }),
    onUp: (id) => gateway.events.push(`up ${id}`),
    onDown: (id) => gateway.events.push(`down ${id}`),
    onRefused: (_address, error) => gateway.refused.push(error.code),
    ...options,
  })
  return { ...gateway, peers: started }
}

/** Waits until `condition` holds; fails with `what` after five seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`timed out waiting until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
