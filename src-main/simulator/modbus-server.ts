/** A Modbus TCP server for reading registers (Modbus application protocol V1.1b3, Modbus messaging on TCP/IP V1.0b). */
import { createServer, type Socket } from 'node:net'
import { listen } from './relay.ts'

export interface ModbusServer {
  port: number
  close(): Promise<void>
}

/** The registers of a table now; reads beyond their end are refused. */
export type RegisterSource = (table: 'holding' | 'input') => Uint16Array

const MBAP_BYTES = 7
const COUNT_MAX = 125
const READ_HOLDING = 3
const READ_INPUT = 4
const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const

/** Serves unit `unit` on a free loopback port; other units are silent, as on a line. */
export async function startModbusServer(unit: number, registers: RegisterSource): Promise<ModbusServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay()
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      while (received.length >= MBAP_BYTES) {
        const end = 6 + received.readUInt16BE(4)
        if (received.length < end) return
        const request = received.subarray(0, end)
        received = received.subarray(end)
        if (request[6] === unit && end > MBAP_BYTES) socket.write(answerTo(request, registers))
      }
    })
  })
  await listen(server, 0)
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answerTo(request: Buffer, registers: RegisterSource): Buffer {
  const functionCode = request[7] ?? 0
  if (functionCode !== READ_HOLDING && functionCode !== READ_INPUT) return exception(request, EXCEPTION.illegalFunction)
  if (request.length < 12) return exception(request, EXCEPTION.illegalValue)
  const address = request.readUInt16BE(8)
  const count = request.readUInt16BE(10)
  if (count < 1 || count > COUNT_MAX) return exception(request, EXCEPTION.illegalValue)
  const table = registers(functionCode === READ_HOLDING ? 'holding' : 'input')
  if (address + count > table.length) return exception(request, EXCEPTION.illegalAddress)
  const body = Buffer.alloc(1 + count * 2)
  body[0] = count * 2
  table.subarray(address, address + count).forEach((value, index) => body.writeUInt16BE(value, 1 + index * 2))
  return framed(request, functionCode, body)
}

function exception(request: Buffer, code: number): Buffer {
  return framed(request, (request[7] ?? 0) | 0x80, Buffer.of(code))
}

function framed(request: Buffer, functionCode: number, body: Buffer): Buffer {
  const head = Buffer.alloc(MBAP_BYTES + 1)
  request.copy(head, 0, 0, MBAP_BYTES)
  head.writeUInt16BE(2 + body.length, 4)
  head[7] = functionCode
  return Buffer.concat([head, body])
}
