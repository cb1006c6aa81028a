/** Modbus devices for tests: every register holds its own address and unit, so that a value that belongs to another one shows. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { crc16Modbus } from '../../../src-main/acquisition/drivers/checksums.ts'
import type { ModbusLine, ReadOutcome } from '../../../src-main/acquisition/drivers/modbus/line.ts'
import type { ModbusRequest } from '../../../src-main/acquisition/drivers/modbus/link.ts'

/** How a device treats the request with this number, from 0. */
export type Behaviour = (request: { number: number; unit: number; address: number; count: number }) =>
  | { delayMs: number }
  | 'silent'
  | 'reset'
  | 'bad-length'
  | { exception: number }
  /** Kept, and sent when the given later request arrives, before its own answer. */
  | { withRequest: number }

export interface TestDevice {
  port: number
  connections: number
  requests: number
  close(): Promise<void>
}

/** What the register at an address holds; unit 1 holds the bare address. */
export const registerOf = (unit: number, address: number): number => (address + (unit - 1) * 10_000) & 0xffff

/** PDU of a read of registers, see `registerOf`. */
function pduOf(unit: number, functionCode: number, address: number, count: number): Buffer {
  const pdu = Buffer.alloc(2 + count * 2)
  pdu[0] = functionCode
  pdu[1] = count * 2
  for (let index = 0; index < count; index++) pdu.writeUInt16BE(registerOf(unit, address + index), 2 + index * 2)
  return pdu
}

export function rtuFrame(unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.concat([Buffer.of(unit), pdu, Buffer.alloc(2)])
  frame.writeUInt16LE(crc16Modbus(frame.subarray(0, -2)), frame.length - 2)
  return frame
}

function tcpFrame(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt16BE(transaction, 0)
  head.writeUInt16BE(pdu.length + 1, 4)
  head[6] = unit
  return Buffer.concat([head, pdu])
}

/** A device on TCP, with Modbus TCP framing or plain RTU frames. */
export async function startDevice(framing: 'tcp' | 'rtu', behaviour: Behaviour): Promise<TestDevice> {
  const sockets = new Set<Socket>()
  const held = new Map<number, Buffer[]>()
  const device = { port: 0, connections: 0, requests: 0, close: async () => undefined as void }
  const server: Server = createServer((socket) => {
    device.connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const size = framing === 'tcp' ? 12 : 8
      while (received.length >= size) {
        const request = received.subarray(0, size)
        received = received.subarray(size)
        answer(socket, request)
      }
    })
  })
  const answer = (socket: Socket, request: Buffer): void => {
    const start = framing === 'tcp' ? 6 : 0
    const [unit = 0, functionCode = 0] = request.subarray(start)
    const address = request.readUInt16BE(start + 2)
    const count = request.readUInt16BE(start + 4)
    const number = device.requests++
    const framed = (pdu: Buffer) =>
      framing === 'tcp' ? tcpFrame(request.readUInt16BE(0), unit, pdu) : rtuFrame(unit, pdu)
    const send = (frame: Buffer) => void (socket.destroyed ? null : socket.write(frame))
    for (const late of held.get(number) ?? []) send(late)
    const what = behaviour({ number, unit, address, count })
    if (what === 'silent') return
    if (what === 'reset') return void socket.resetAndDestroy()
    const frame = framed(pduOf(unit, functionCode, address, count))
    if (what === 'bad-length') {
      frame.writeUInt16BE(60_000, 4)
      send(frame)
    } else if ('exception' in what) send(framed(Buffer.of(functionCode | 0x80, what.exception)))
    else if ('withRequest' in what) held.set(what.withRequest, [...(held.get(what.withRequest) ?? []), frame])
    else if (what.delayMs === 0) send(frame)
    else setTimeout(() => send(frame), what.delayMs)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  device.port = (server.address() as AddressInfo).port
  device.close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return device
}

/** A request as it arrives on a line in memory, with the reply that belongs to it. */
export interface LineRequest extends Omit<ModbusRequest, 'table'> {
  number: number
  functionCode: number
  reply: Buffer
  exception: (code: number) => Buffer
}

/** RTU devices at the other end of a line in memory. `answer` says what arrives for a request; it may say more later with `say`. */
export function memoryRtuLine(
  answer: (request: LineRequest, say: (bytes: Uint8Array) => void) => Uint8Array | null,
): ByteStream {
  let number = 0
  const stream: ByteStream = {
    onData: null,
    onClosed: null,
    write: (bytes) => {
      const request = Buffer.from(bytes)
      const [unit = 0, functionCode = 0] = request
      const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)]
      const reply = rtuFrame(unit, pduOf(unit, functionCode, address, count))
      const exception = (code: number) => rtuFrame(unit, Buffer.of(functionCode | 0x80, code))
      const say = (more: Uint8Array) => stream.onData?.(more)
      const answered = answer({ number: number++, unit, functionCode, address, count, reply, exception }, say)
      if (answered !== null) setImmediate(() => say(answered))
    },
    destroy: async () => {
      stream.onData = null
    },
  }
  return stream
}

/** Asks again as long as the line says that it has to wait. */
export async function ask(line: ModbusLine, request: ModbusRequest): Promise<ReadOutcome> {
  for (;;) {
    const outcome = await line.read(request)
    if (outcome.kind !== 'wait') return outcome
    await sleep(Math.max(1, outcome.untilMs - performance.now()))
  }
}
