import { connect } from 'node:net'
import { SerialPort } from 'serialport'
import { within } from './backoff.ts'

/** A line of bytes to a device, whatever carries it. Tests bring their own. */
export interface ByteStream {
  write(bytes: Uint8Array): void
  onData: ((bytes: Uint8Array) => void) | null
  /** Called once, with the reason, when the line ends for any cause but `destroy`. */
  onClosed: ((reason: string) => void) | null
  /** Ends the line now; never throws, takes at most a second. */
  destroy(): Promise<void>
}

/** Settings of a serial line, named as people know them. */
export interface SerialLineSettings {
  path: string
  baudRate: number
  dataBits: 5 | 6 | 7 | 8
  stopBits: 1 | 1.5 | 2
  parity: 'none' | 'even' | 'odd'
}

const CLOSE_LIMIT_MS = 1000

/** Opens a TCP connection. Rejects with a reason when it is refused or takes longer than `timeoutMs`. */
export async function openTcp(host: string, port: number, timeoutMs: number): Promise<ByteStream> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 })
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  try {
    await within(opened, timeoutMs, `${host}:${port} did not answer within ${timeoutMs} ms`)
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  }
  let reason = `${host}:${port} closed the connection`
  const stream: ByteStream = {
    write: (bytes) => void socket.write(bytes),
    onData: null,
    onClosed: null,
    destroy: async () => {
      stream.onClosed = null
      stream.onData = null
      socket.destroy()
    },
  }
  socket.on('data', (bytes) => stream.onData?.(bytes))
  // A reset is an error event here and nothing at all in the Modbus library, so life is read off the socket itself.
  socket.on('error', (error) => (reason = `${host}:${port}: ${error.message}`))
  socket.on('end', () => socket.destroy())
  socket.on('close', () => stream.onClosed?.(reason))
  return stream
}

/** Opens a serial port. Rejects with the system's reason, for example "No such file or directory" while the device is unplugged. */
export async function openSerial(settings: SerialLineSettings, timeoutMs: number): Promise<ByteStream> {
  const port = new SerialPort({ ...settings, autoOpen: false })
  // Without a listener an error event ends the process.
  port.on('error', () => undefined)
  const opened = new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()))
  })
  try {
    await within(opened, timeoutMs, `${settings.path} did not open within ${timeoutMs} ms`)
  } catch (error) {
    // If it opens after all, nobody would close it.
    void opened.then(
      () => closePort(port),
      () => undefined,
    )
    throw error
  }
  const stream: ByteStream = {
    write: (bytes) => void port.write(Buffer.from(bytes)),
    onData: null,
    onClosed: null,
    destroy: async () => {
      stream.onClosed = null
      stream.onData = null
      await closePort(port)
    },
  }
  port.on('data', (bytes: Buffer) => stream.onData?.(bytes))
  port.on('error', (error: Error) => endPort(stream, port, `${settings.path}: ${error.message}`))
  port.on('close', (error: Error | null) =>
    stream.onClosed?.(`${settings.path}: ${error?.message ?? 'the port was closed'}`),
  )
  return stream
}

function endPort(stream: ByteStream, port: SerialPort, reason: string): void {
  const { onClosed } = stream
  stream.onClosed = null
  onClosed?.(reason)
  void closePort(port)
}

/** Closing a serial port may hang on some systems, so it is bounded. */
async function closePort(port: SerialPort): Promise<void> {
  if (!port.isOpen) return
  const closed = new Promise<void>((resolve) => port.close(() => resolve()))
  await within(closed, CLOSE_LIMIT_MS, 'close took too long').catch(() => undefined)
}
