/**
 * The console for others than this machine: TLS 1.3 with a certificate that people compare, at a port that never moves. What keeps it
 * shut - a port that is taken, a certificate that ended - is said as a standing condition and looked at again; it never keeps a gateway
 * from recording.
 */
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { ApiError } from './api-error.ts'
import type { Connections } from './connections.ts'
import { ConnectionsBySource } from './connections-by-source.ts'
import { type DoorCertificate, ownCertificate, RENEWED_BEFORE_MS, siteCertificate } from './door-certificate.ts'
import type { DoorState } from './door-state.ts'
import { closeServer, httpLimits, limitServer } from './http-limits.ts'
import { listenOn } from './listen.ts'
import type { RefusalLog } from './refusal-log.ts'
import { ShutError } from './shut-error.ts'

/** How often it looks whether it could open, and whether certificate files have changed or ended. */
const LOOKED_AT_EVERY_MS = 10_000
const HANDSHAKE_MS = 5_000
const CONNECTIONS_PER_SOURCE_MAX = 64
const TLS = 'TLSv1.3'
const HTTPS_PORT = 443

export interface NetworkDoorOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly names: readonly string[]
  /** The site's own files; null: this gateway makes its certificate. */
  readonly files: { readonly certificate: string; readonly key: string } | null
  /** Where its own is kept. */
  readonly folder: string
  /** Whether a port that is taken ends the start. */
  readonly isFixed: boolean
  readonly connections: Connections
  readonly refusals: RefusalLog
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Microseconds since the epoch. */
  readonly nowUs: () => number
  /** Whenever it opens or shuts, shows another certificate, or its certificate comes near its end. */
  readonly onState: (state: DoorState) => void
  readonly answer: RequestListener
}

export class NetworkDoor {
  readonly #o: NetworkDoorOptions
  #server: Server | null = null
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void> = Promise.resolve()
  #certificate: DoorCertificate | null = null
  #shut: ShutError | null = null
  #endsSoon = false

  constructor(options: NetworkDoorOptions) {
    this.#o = options
  }

  get state(): DoorState {
    const { names } = this.#o
    const endsSoon = this.#endsSoon
    return { url: doorUrl(this.#o), names, certificate: this.#certificate, shut: this.#shut, endsSoon }
  }

  /**
   * Opens it, or keeps looking whether it can.
   *
   * @throws {ApiError} `port_taken` where the port is fixed
   */
  async open(): Promise<void> {
    await this.#look()
    if (this.#o.isFixed && this.#shut?.code === 'port-taken')
      throw new ApiError(
        500,
        'port_taken',
        `the console cannot be served to others at port ${this.#o.listen.port}: ${this.#shut.message}`,
        'Stop that program and start again, or configure another console.listen.port. Until then nothing is recorded here.',
      )
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look())
    }, LOOKED_AT_EVERY_MS)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#looking
    const server = this.#server
    this.#server = null
    if (server !== null) await closeServer(server)
  }

  async #look(): Promise<void> {
    const before = this.#certificate
    const shutBefore = this.#shut?.message
    const soonBefore = this.#endsSoon
    try {
      const { files, names, folder, log, nowUs } = this.#o
      const nowMs = nowUs() / 1_000
      const found =
        files === null ? await ownCertificate(folder, names, nowMs, log) : siteCertificate(files, names, nowMs)
      this.#certificate = found
      if (this.#server === null) await this.#listen(found)
      else if (found.certificatePem !== before?.certificatePem || found.keyPem !== before.keyPem)
        this.#server.setSecureContext({ cert: found.certificatePem, key: found.keyPem, minVersion: TLS })
      this.#shut = null
    } catch (error) {
      this.#shut = shutOf(error, this.#o.listen)
      // Who comes with an ended or foreign certificate teaches people to click warnings away.
      this.#server?.close()
      this.#server?.closeAllConnections()
      this.#server = null
    }
    this.#endsSoon = this.#shut === null && this.#siteEndsWithin(RENEWED_BEFORE_MS)
    const isSame = this.#certificate?.fingerprint === before?.fingerprint && this.#shut?.message === shutBefore
    if (isSame && this.#endsSoon === soonBefore) return
    this.#tell()
  }

  #siteEndsWithin(ms: number): boolean {
    const certificate = this.#certificate
    return certificate?.isOwn === false && certificate.notAfterMs - this.#o.nowUs() / 1_000 <= ms
  }

  async #listen({ certificatePem: cert, keyPem: key }: DoorCertificate): Promise<void> {
    const { listen, connections, answer } = this.#o
    const server = createServer(
      { ...httpLimits, cert, key, minVersion: TLS, handshakeTimeout: HANDSHAKE_MS },
      (request, response) => {
        connections.touch(request.socket)
        answer(request, response)
      },
    )
    limitServer(server)
    const bySource = new ConnectionsBySource(CONNECTIONS_PER_SOURCE_MAX)
    server.on('connection', (socket: Socket) => {
      if (!bySource.add(socket)) this.#refused('too_many_connections', socket.remoteAddress, 'one source has too many')
    })
    server.on('secureConnection', (socket) => connections.add(socket))
    server.on('tlsClientError', (error, socket) =>
      this.#refused((error as NodeJS.ErrnoException).code ?? 'tls', socket.remoteAddress, error.message),
    )
    const taken = await listenOn(server, listen)
    if (taken !== null) throw new ShutError('port-taken', taken.holder ?? '?')
    this.#server = server
  }

  #refused(code: string, address: string | undefined, message: string): void {
    const source = address ?? 'unknown'
    this.#o.refusals.note({ level: 'warn', code, source, text: 'connection refused', details: { message } })
  }

  #tell(): void {
    const { log, names, onState } = this.#o
    if (this.#shut !== null)
      log.warn({ code: this.#shut.code, names, err: this.#shut }, `console for others: ${this.#shut.message}`)
    else if (this.#certificate !== null) {
      const { fingerprint, keyFingerprint, isOwn, notAfterMs } = this.#certificate
      const until = new Date(notAfterMs).toISOString()
      log.info({ url: doorUrl(this.#o), names, fingerprint, keyFingerprint, isOwn, until }, 'console for others: open')
    }
    onState(this.state)
  }
}

/** What keeps it shut; a certificate that TLS refuses, because its key is too short for instance, cannot be read either. */
function shutOf(error: unknown, { host, port }: { host: string; port: number }): ShutError {
  if (error instanceof ShutError) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return new ShutError('address-missing', host)
  if (code === 'EACCES') return new ShutError('port-not-allowed', String(port))
  return new ShutError('certificate-unreadable', message)
}

type Place = Pick<NetworkDoorOptions, 'listen' | 'names'>

/** Its address, with the first of its names. */
export function doorUrl({ listen, names }: Place): string {
  return `https://${bracketed(names[0] ?? '')}${listen.port === HTTPS_PORT ? '' : `:${listen.port}`}`
}

/** The values of Host that are its own; browsers leave out the port that is usual (RFC 9110, 4.2.2). */
export function hostsOf({ listen, names }: Place): ReadonlySet<string> {
  const bare = listen.port === HTTPS_PORT ? names.map(bracketed) : []
  return new Set([...names.map((name) => `${bracketed(name)}:${listen.port}`), ...bare])
}

/** As an address in a URL, and Host, have it. */
function bracketed(name: string): string {
  return name.includes(':') ? `[${name}]` : name
}
