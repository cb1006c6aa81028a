/**
 * Ports in the shape modbus-serial expects, stricter than its own: one request at a time, and a reply counts only if
 * it fits that request in every field. Whatever does not fit is reported as a violation instead of being waited on
 * or searched through, because a reply taken for another's is a wrong value without an error.
 */
import { EventEmitter } from 'node:events'
import { crc16Modbus } from '../checksums.ts'
import type { ByteStream } from '../byte-stream.ts'

/** Longest unit + PDU on TCP, and longest frame on a serial line (Modbus over serial line V1.02, 2.3). */
const TCP_UNIT_BYTES_MAX = 254
const RTU_FRAME_BYTES_MAX = 256
const MBAP_BYTES = 6
const CRC_BYTES = 2
const EXCEPTION_FRAME_BYTES = 5

type Callback = (error?: Error | null) => void

/** What both ports share; `open` and `close` are what the library calls. */
export abstract class StrictPort extends EventEmitter {
  readonly stream: ByteStream
  onViolation: (reason: string) => void = () => undefined
  /** A unit's reply came whole after it was given up. */
  onLate: (unit: number) => void = () => undefined
  /** When the last byte arrived, on the monotonic clock in ms. */
  lastByteAtMs = performance.now()
  isOpen = true
  protected received: Uint8Array = new Uint8Array(0)

  constructor(stream: ByteStream) {
    super()
    this.stream = stream
    stream.onData = (bytes) => {
      this.lastByteAtMs = performance.now()
      this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes])
      this.consume()
    }
  }

  open(callback: Callback): void {
    callback(null)
  }

  close(callback?: Callback): void {
    this.isOpen = false
    callback?.(null)
  }

  destroy(callback?: Callback): void {
    this.close(callback)
  }

  /** True when bytes are here that nobody waits for. */
  get unfinished(): boolean {
    return this.received.length > 0
  }

  /** Throws away what has come so far. */
  discard(): void {
    this.received = new Uint8Array(0)
  }

  /** The request under way is given up: what still arrives belongs to nobody. */
  abstract forget(): void
  abstract write(frame: Uint8Array): void
  protected abstract consume(): void

  protected violate(reason: string): void {
    this.discard()
    this.forget()
    this.onViolation(reason)
  }
}

/** Modbus TCP: transaction ids over all 16 bits, each used for one request only. */
export class StrictTcpPort extends StrictPort {
  #transaction = 0
  #awaited: number | null = null

  override forget(): void {
    this.#awaited = null
  }

  override write(frame: Uint8Array): void {
    this.#transaction = (this.#transaction + 1) & 0xffff
    this.#awaited = this.#transaction
    const unitAndPdu = frame.subarray(0, frame.length - CRC_BYTES)
    const message = new Uint8Array(MBAP_BYTES + unitAndPdu.length)
    const view = new DataView(message.buffer)
    view.setUint16(0, this.#transaction)
    view.setUint16(4, unitAndPdu.length)
    message.set(unitAndPdu, MBAP_BYTES)
    this.stream.write(message)
  }

  protected override consume(): void {
    while (this.received.length >= MBAP_BYTES) {
      const view = new DataView(this.received.buffer, this.received.byteOffset, this.received.length)
      const length = view.getUint16(4)
      if (view.getUint16(2) !== 0) return this.violate('the reply names another protocol than Modbus')
      if (length < 3 || length > TCP_UNIT_BYTES_MAX) return this.violate(`the reply claims a length of ${length} bytes`)
      if (this.received.length < MBAP_BYTES + length) return
      const transaction = view.getUint16(0)
      if (transaction !== this.#awaited)
        return this.violate(`a reply to request ${transaction} came, which nobody waits for`)
      const unitAndPdu = this.received.subarray(MBAP_BYTES, MBAP_BYTES + length)
      this.received = this.received.slice(MBAP_BYTES + length)
      this.#awaited = null
      this.emit('data', withCrc(unitAndPdu))
    }
  }
}

interface AwaitedReply {
  unit: number
  functionCode: number
  dataBytes: number
}

/** RTU over any line of bytes: replies carry no number, so unit, function and byte count must fit, and nothing may follow. */
export class StrictRtuPort extends StrictPort {
  #awaited: AwaitedReply | null = null
  /** Replies that were given up, by unit: while other units are asked, they may still come. */
  readonly #givenUp = new Map<number, AwaitedReply>()

  override forget(): void {
    if (this.#awaited !== null) this.#givenUp.set(this.#awaited.unit, this.#awaited)
    this.#awaited = null
  }

  override write(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
    const functionCode = view.getUint8(1)
    const count = view.getUint16(4)
    const dataBytes = functionCode <= 2 ? Math.ceil(count / 8) : count * 2
    this.discard()
    this.#awaited = { unit: view.getUint8(0), functionCode, dataBytes }
    this.#givenUp.delete(this.#awaited.unit)
    this.stream.write(frame)
  }

  protected override consume(): void {
    while (this.received.length > 0) {
      const late = this.#givenUp.get(this.received[0] ?? 0)
      if (late === undefined) return this.#consumeAwaited()
      const length = replyLength(this.received, late)
      if (length === null) return
      if (typeof length === 'string') return this.violate(`unit ${late.unit} sent what it was not asked for`)
      if (this.received.length < length) return
      // The checksum over a frame with its own checksum is 0.
      if (crc16Modbus(this.received.subarray(0, length)) !== 0)
        return this.violate(`a late reply of unit ${late.unit} was damaged`)
      this.received = this.received.slice(length)
      this.#givenUp.delete(late.unit)
      this.onLate(late.unit)
    }
  }

  #consumeAwaited(): void {
    const awaited = this.#awaited
    if (awaited === null) return this.violate('bytes came that nobody asked for')
    const [unit] = this.received
    if (unit !== awaited.unit) return this.violate(`unit ${unit} answered instead of unit ${awaited.unit}`)
    const length = replyLength(this.received, awaited)
    if (length === null) return
    if (typeof length === 'string') return this.violate(length)
    if (length > RTU_FRAME_BYTES_MAX || this.received.length > length)
      return this.violate('the reply is longer than its frame')
    if (this.received.length < length) return
    const frame = Buffer.from(this.received)
    this.discard()
    this.#awaited = null
    this.emit('data', frame)
  }
}

/** How long the frame is when it is the reply to this; null while too little has come, or why it is none. */
function replyLength(received: Uint8Array, awaited: AwaitedReply): number | string | null {
  const [, functionCode, third] = received
  if (functionCode === undefined || third === undefined) return null
  if (functionCode === (awaited.functionCode | 0x80)) return EXCEPTION_FRAME_BYTES
  if (functionCode !== awaited.functionCode)
    return `function ${functionCode} answered instead of ${awaited.functionCode}`
  if (third !== awaited.dataBytes) return `the reply holds ${third} bytes of data instead of ${awaited.dataBytes}`
  return 3 + awaited.dataBytes + CRC_BYTES
}

function withCrc(unitAndPdu: Uint8Array): Buffer {
  const frame = Buffer.alloc(unitAndPdu.length + CRC_BYTES)
  frame.set(unitAndPdu)
  frame.writeUInt16LE(crc16Modbus(unitAndPdu), unitAndPdu.length)
  return frame
}
