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
import { HalfOpen, Strangers } from './half-open.ts'
import { certificateKey } from './tls-certificate.ts'

const ALPN = ['plumbline-peer/1']
export const HANDSHAKE_MS_MAX = 5_000

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

/** What becomes of a connection that proved a key; of a member that rests nothing is told again. */
export type Admission = 'taken' | 'unknown' | 'resting'

export interface AcceptOptions {
  identity: TlsIdentity
  host: string
  port: number
  /** Called with a finished handshake and the key it proved, before any data is read. */
  onKey(key: Uint8Array, socket: TLSSocket): Admission
  /** Connections that showed no acceptable key, spoke no TLS 1.3 or took too long: how many since the last time. */
  onRefused(address: string, error: ConsensusError, count: number): void
  nowMs(): number
  /** Whether a member is known to be at this address. */
  isKnown(address: string): boolean
}

/** Opens the port for peers. Throws ConsensusError `listen_failed`. */
export async function acceptPeers(options: AcceptOptions): Promise<Server> {
  const { identity, onKey } = options
  const server = createServer({
    ...SHARED_OPTIONS,
    key: identity.keyPem,
    cert: identity.certPem,
    requestCert: true,
    handshakeTimeout: HANDSHAKE_MS_MAX,
  })
  const handshakes = new HalfOpen<Socket>()
  const strangers = new Strangers()
  const refused = (socket: Socket, error: (address: string) => ConsensusError): void => {
    const told = strangers.note(socket.remoteAddress ?? 'unknown', options.nowMs())
    if (told !== null) options.onRefused(told.address, error(remoteAddress(socket)), told.count)
  }
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? 'unknown'
    socket.once('close', () => handshakes.remove(socket))
    handshakes.add(socket, address, options.isKnown(address))?.destroy()
  })
  server.on('secureConnection', (socket) => {
    // Matched by the remote end: the TLS socket does not say which raw socket it wraps.
    handshakes.removeWhere((raw) => raw.remotePort === socket.remotePort && raw.remoteAddress === socket.remoteAddress)
    const key = provenKey(socket)
    const admission = key === null ? 'unknown' : onKey(key, socket)
    if (admission === 'taken') return
    socket.on('error', () => undefined)
    if (admission === 'unknown') refused(socket, (address) => unknownPeer(address, key))
    socket.destroy()
  })
  server.on('tlsClientError', (error, socket) => {
    refused(socket, (address) => {
      const message = `A connection from ${address} did not complete a TLS 1.3 handshake (${error.message}).`
      return new ConsensusError('tls_failed', message, error)
    })
    socket.destroy()
  })
  await listen(server, options.host, options.port)
  return server
}

function unknownPeer(address: string, key: Uint8Array | null): ConsensusError {
  const shown = key === null ? 'no Ed25519 certificate' : `the key ${Buffer.from(key).toString('hex')}`
  const message = `A connection from ${address} showed ${shown}, which is no member's.`
  return new ConsensusError('peer_unknown', message)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(
        new ConsensusError(
          'listen_failed',
          `Peers cannot connect: ${host}:${port} could not be opened (${error.message}).`,
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
    () => fail(new ConsensusError('peer_unreachable', `${where} did not answer within ${HANDSHAKE_MS_MAX} ms.`)),
    HANDSHAKE_MS_MAX,
  )
  socket.on('error', (error) =>
    fail(new ConsensusError('peer_unreachable', `${where} cannot be reached (${error.message}).`, error)),
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
