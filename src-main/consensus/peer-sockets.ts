/**
 * TLS 1.3 connections in which each side has proven the key that the ledger's membership names.
 *
 * The certificate chain and its dates are not looked at: a certificate here only carries a key. In TLS 1.3 both sides prove
 * possession of theirs (RFC 8446, 4.4.3), and the key is compared to the members' before the first byte of data is read.
 */
import { constants } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { ConsensusError } from './consensus-error.ts'
import { certificateKey } from './tls-certificate.ts'

const ALPN = ['plumbline-peer/1']
export const HANDSHAKE_MS_MAX = 5_000
/** Connections that have not yet shown a key: a flood of them must not exhaust handles. */
const HANDSHAKES_MAX = 64

export interface TlsIdentity {
  keyPem: string
  certPem: string
}

const SHARED_OPTIONS = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ALPNProtocols: ALPN,
  // Trust is the key, compared below; a chain or a date never decides.
  rejectUnauthorized: false,
  // Every connection proves its key anew: a resumed session would let a removed member back in.
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const

export interface AcceptOptions {
  identity: TlsIdentity
  host: string
  port: number
  /** Called with a finished handshake and the key it proved, before any data is read; returns false to refuse. */
  onKey(key: Uint8Array, socket: TLSSocket): boolean
  /** A connection that showed no acceptable key, spoke no TLS 1.3 or took too long. */
  onRefused(address: string, error: ConsensusError): void
}

/** Opens the port for peers. Throws ConsensusError `listen_failed`. */
export async function acceptPeers(options: AcceptOptions): Promise<Server> {
  const { identity, onKey, onRefused } = options
  const server = createServer({
    ...SHARED_OPTIONS,
    key: identity.keyPem,
    cert: identity.certPem,
    requestCert: true,
    handshakeTimeout: HANDSHAKE_MS_MAX,
  })
  const handshakes = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    if (handshakes.size >= HANDSHAKES_MAX) {
      socket.destroy()
      return
    }
    handshakes.add(socket)
    socket.once('close', () => handshakes.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    forgetHandshake(handshakes, socket)
    const key = provenKey(socket)
    if (key !== null && onKey(key, socket)) return
    const address = remoteAddress(socket)
    socket.on('error', () => undefined)
    socket.destroy()
    const shown = key === null ? 'no Ed25519 certificate' : `the key ${Buffer.from(key).toString('hex')}`
    const message = `A connection from ${address} showed ${shown}, which is no member's. If it is a new gateway, add it to the channel first.`
    onRefused(address, new ConsensusError('peer_unknown', message))
  })
  server.on('tlsClientError', (error, socket) => {
    const address = remoteAddress(socket)
    socket.destroy()
    onRefused(
      address,
      new ConsensusError(
        'tls_failed',
        `A connection from ${address} did not complete a TLS 1.3 handshake (${error.message}).`,
        error,
      ),
    )
  })
  await listen(server, options.host, options.port)
  return server
}

/** Matched by the remote end: the TLS socket does not say which raw socket it wraps. */
function forgetHandshake(handshakes: Set<Socket>, socket: TLSSocket): void {
  for (const raw of handshakes)
    if (raw.remotePort === socket.remotePort && raw.remoteAddress === socket.remoteAddress) handshakes.delete(raw)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const next = 'Choose another port for peers or stop what uses it.'
      reject(
        new ConsensusError(
          'listen_failed',
          `Peers cannot connect: ${host}:${port} could not be opened (${error.message}). ${next}`,
          error,
        ),
      )
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

export function listeningPort(server: Server): number {
  return (server.address() as AddressInfo).port
}

export interface DialOptions {
  identity: TlsIdentity
  host: string
  port: number
  /** What the peer must prove. */
  key: Uint8Array
  name: string
  onConnected(socket: TLSSocket): void
  /** The connection could not be made; not called after onConnected. */
  onFailed(error: ConsensusError): void
}

/** Starts one attempt to reach a peer. The returned function gives it up. */
export function dialPeer(options: DialOptions): () => void {
  const { identity, host, port, name } = options
  const where = `Gateway "${name}" at ${host}:${port}`
  let settled = false
  const socket = connect({
    ...SHARED_OPTIONS,
    host,
    port,
    key: identity.keyPem,
    cert: identity.certPem,
    checkServerIdentity: () => undefined,
  })
  const fail = (error: ConsensusError): void => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    socket.destroy()
    options.onFailed(error)
  }
  const timer = setTimeout(
    () =>
      fail(
        new ConsensusError(
          'peer_unreachable',
          `${where} did not answer within ${HANDSHAKE_MS_MAX} ms. Is it running, and does a firewall let this port through?`,
        ),
      ),
    HANDSHAKE_MS_MAX,
  )
  socket.on('error', (error) =>
    fail(
      new ConsensusError(
        'peer_unreachable',
        `${where} cannot be reached (${error.message}). Is it running, and is its address right?`,
        error,
      ),
    ),
  )
  socket.once('close', () =>
    fail(new ConsensusError('peer_unreachable', `${where} closed the connection during the handshake.`)),
  )
  socket.once('secureConnect', () => {
    const key = provenKey(socket)
    if (key === null || !Buffer.from(key).equals(options.key)) {
      fail(
        new ConsensusError(
          'peer_mismatch',
          `${where} showed another key than the channel names for it. Somebody else answers there, or its key was rotated.`,
        ),
      )
      return
    }
    if (settled) return
    settled = true
    clearTimeout(timer)
    options.onConnected(socket)
  })
  return () => {
    settled = true
    clearTimeout(timer)
    socket.destroy()
  }
}

/** The key whose possession the other side proved in this handshake, or null. */
function provenKey(socket: TLSSocket): Uint8Array | null {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined || socket.isSessionReused() || socket.getProtocol() !== 'TLSv1.3') return null
  return certificateKey(certificate)
}

function remoteAddress(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
}
