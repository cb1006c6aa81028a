/** Modbus devices for tests: every register holds its own address, so that a value that belongs to another register shows. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { crc16Modbus } from '../../../src-main/acquisition/drivers/checksums.ts'

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

/** PDU of a read of holding registers that each hold their address. */
function pduOf(functionCode: number, address: number, count: number): Buffer {
  const pdu = Buffer.alloc(2 + count * 2)
  pdu[0] = functionCode
  pdu[1] = count * 2
  for (let index = 0; index < count; index++) pdu.writeUInt16BE((address + index) & 0xffff, 2 + index * 2)
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
    const frame = framed(pduOf(functionCode, address, count))
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

/** An RTU device at the other end of a line in memory; each answer comes after the delay that `delayMs` gives. */
export function memoryRtuLine(delayMs: (number: number) => number): ByteStream {
  let number = 0
  const stream: ByteStream = {
    onData: null,
    onClosed: null,
    write: (bytes) => {
      const request = Buffer.from(bytes)
      const frame = rtuFrame(request[0] ?? 0, pduOf(request[1] ?? 0, request.readUInt16BE(2), request.readUInt16BE(4)))
      setTimeout(() => stream.onData?.(frame), delayMs(number++))
    },
    destroy: async () => {
      stream.onData = null
    },
  }
  return stream
}
