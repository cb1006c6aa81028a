import { setImmediate as pendingInput, setTimeout as sleep } from 'node:timers/promises'
import modbusSerial from 'modbus-serial'
import { PlumblineError } from '../../../wire/plumbline-error.ts'
import type { ModbusTable } from '../../config-drivers.ts'
import type { ByteStream } from '../byte-stream.ts'
import { StrictRtuPort, StrictTcpPort, type StrictPort } from './ports.ts'

// The package is CommonJS whose export is the class itself; its types call that a default export.
const ModbusRTU = modbusSerial as unknown as typeof modbusSerial.default

export interface ModbusRequest {
  unit: number
  table: ModbusTable
  /** From 0, as on the wire. */
  address: number
  /** Registers or bits. */
  count: number
}

/** timeout: nothing came · malformed: something came that does not fit · exception: the device refused, see `exception` · closed: the line ended. */
export type ModbusFaultCode = 'timeout' | 'malformed' | 'exception' | 'closed'

const NEXT: Record<ModbusFaultCode, string> = {
  timeout: 'Check that the device is switched on, its wiring, its unit number and the speed of the line.',
  malformed: 'Check the speed and parity of the line, and that no other master talks on it.',
  exception: 'Compare the addresses of this source with the list of registers of the device.',
  closed: 'Check that the device is switched on and the line or network to it; it is tried again by itself.',
}

export class ModbusFault extends PlumblineError<ModbusFaultCode> {
  override readonly name = 'ModbusFault'
  /** Modbus exception code; 0 for other faults. */
  readonly exception: number

  constructor(code: ModbusFaultCode, message: string, exception = 0) {
    super(code, message, NEXT[code])
    this.exception = exception
  }
}

const SILENCE_CHECK_MS = 10

/** One connection with one request under way at most; its only owner is a `ModbusLine`. */
export class ModbusLink {
  /** Replies carry the number of their request (TCP), so a late one cannot be mistaken. */
  readonly numbered: boolean
  /** A unit's reply came whole after it was given up; only on lines without request numbers. */
  onLate: (unit: number) => void = () => undefined
  #tainted = false
  readonly #port: StrictPort
  readonly #client: InstanceType<typeof ModbusRTU>
  #closedReason: string | null = null
  #fail: ((fault: ModbusFault) => void) | null = null

  constructor(stream: ByteStream, framing: 'tcp' | 'rtu') {
    this.numbered = framing === 'tcp'
    this.#port = framing === 'tcp' ? new StrictTcpPort(stream) : new StrictRtuPort(stream)
    this.#client = new ModbusRTU(this.#port)
    this.#client.on('error', () => undefined)
    this.#client.open()
    this.#port.onViolation = (reason) => {
      this.#tainted = true
      this.#fail?.(new ModbusFault('malformed', reason))
    }
    this.#port.onLate = (unit) => this.onLate(unit)
    stream.onClosed = (reason) => {
      this.#closedReason = reason
      this.#port.isOpen = false
      this.#fail?.(new ModbusFault('closed', reason))
    }
  }

  get closed(): boolean {
    return this.#closedReason !== null
  }

  get closedReason(): string {
    return this.#closedReason ?? ''
  }

  /** True when bytes came that fit no request, or that begin a reply nobody waits for any more. */
  get tainted(): boolean {
    return this.#tainted || this.#port.unfinished
  }

  /** Raw bytes of the answer, exactly as many as asked for. Rejects with ModbusFault. */
  async read(request: ModbusRequest, timeoutMs: number): Promise<Uint8Array> {
    if (this.#closedReason !== null) throw new ModbusFault('closed', this.#closedReason)
    const interrupted = new Promise<never>((_, reject) => (this.#fail = reject))
    // The unit is shared by all calls of the library: it is set in the same turn as the call.
    this.#client.setID(request.unit)
    this.#client.setTimeout(timeoutMs)
    const answered = this.#call(request)
    answered.catch(() => undefined)
    try {
      const { buffer } = await Promise.race([answered, interrupted])
      return checkLength(request, buffer)
    } catch (error) {
      throw faultOf(error, timeoutMs)
    } finally {
      this.#fail = null
      this.#port.forget()
    }
  }

  /** Resolves when what has arrived is read: after a stall of this process silence may only seem so. */
  async settled(): Promise<void> {
    await pendingInput()
  }

  /** Waits until nothing came for `quietMs`; false when that has not happened after `limitMs`. */
  async silence(quietMs: number, limitMs: number): Promise<boolean> {
    const startMs = performance.now()
    this.#port.lastByteAtMs = startMs
    while (performance.now() - this.#port.lastByteAtMs < quietMs) {
      if (performance.now() - startMs > limitMs || this.closed) return false
      await sleep(SILENCE_CHECK_MS)
      await this.settled()
    }
    this.#port.discard()
    this.#tainted = false
    return true
  }

  async destroy(): Promise<void> {
    this.#closedReason ??= 'closed by us'
    this.#fail?.(new ModbusFault('closed', this.#closedReason))
    this.#port.isOpen = false
    await this.#port.stream.destroy()
  }

  #call(request: ModbusRequest): Promise<{ buffer: Buffer }> {
    const { address, count } = request
    switch (request.table) {
      case 'holding':
        return this.#client.readHoldingRegisters(address, count)
      case 'input':
        return this.#client.readInputRegisters(address, count)
      case 'coil':
        return this.#client.readCoils(address, count)
      case 'discrete':
        return this.#client.readDiscreteInputs(address, count)
    }
  }
}

function checkLength(request: ModbusRequest, answer: Uint8Array): Uint8Array {
  const bits = request.table === 'coil' || request.table === 'discrete'
  const wanted = bits ? Math.ceil(request.count / 8) : request.count * 2
  if (answer.length === wanted) return Uint8Array.from(answer)
  throw new ModbusFault('malformed', `the reply holds ${answer.length} bytes of data instead of ${wanted}`)
}

function faultOf(error: unknown, timeoutMs: number): ModbusFault {
  if (error instanceof ModbusFault) return error
  const foreign = error as { name?: string; errno?: string; modbusCode?: number; message?: string }
  if (foreign.errno === 'ETIMEDOUT') return new ModbusFault('timeout', `no reply within ${timeoutMs} ms`)
  if (typeof foreign.modbusCode === 'number')
    return new ModbusFault('exception', exceptionText(foreign.modbusCode), foreign.modbusCode)
  return new ModbusFault('malformed', foreign.message ?? String(error))
}

const EXCEPTIONS: Record<number, string> = {
  1: 'the device does not know this function',
  2: 'the device has no such address',
  3: 'the device refuses this count',
  4: 'the device failed',
  5: 'the device needs more time',
  6: 'the device is busy',
  8: 'the device found a memory error',
  10: 'the Modbus gateway has no path to this unit',
  11: 'the unit behind the Modbus gateway does not answer',
}

function exceptionText(code: number): string {
  return `exception ${code}: ${EXCEPTIONS[code] ?? 'unknown to the Modbus specification'}`
}
