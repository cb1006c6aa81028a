import { EventEmitter } from 'node:events'
import type { SerialPort as RawPort } from 'serialport'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** In place of serialport's own: its system calls answer as the test wants, or never. */
class TestPort extends EventEmitter {
  static last: TestPort
  static opens: 'at once' | 'never' = 'at once'
  static closes: 'at once' | 'never' = 'at once'
  isOpen = false
  closeCalls = 0
  finishOpen: () => void = () => undefined

  constructor() {
    super()
    TestPort.last = this
  }

  open(callback: (error: Error | null) => void): void {
    this.finishOpen = () => {
      this.isOpen = true
      callback(null)
    }
    if (TestPort.opens === 'at once') this.finishOpen()
  }

  close(callback: () => void): void {
    this.closeCalls++
    if (TestPort.closes === 'at once') callback()
  }
}

vi.mock('serialport', () => ({ SerialPort: TestPort }))
// Not at the top: there the class that stands in would not exist yet.
const { openSerial } = await import('../../../src-main/acquisition/drivers/byte-stream.ts')

const SETTINGS = { path: '/dev/test', baudRate: 9600, dataBits: 8, stopBits: 1, parity: 'none' } as const

beforeEach(() => {
  TestPort.opens = 'at once'
  TestPort.closes = 'at once'
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('an error of a serial port', () => {
  test('ends the process with the raw library when nobody listens', async () => {
    const { SerialPort } = await vi.importActual<{ SerialPort: typeof RawPort }>('serialport')
    const raw = new SerialPort({ path: '/dev/test', baudRate: 9600, autoOpen: false })
    expect(() => raw.emit('error', new Error('Input/output error'))).toThrow('Input/output error')
  })

  test('is the reason why the line closed here, told once', async () => {
    const stream = await openSerial(SETTINGS, 3000)
    const reasons: string[] = []
    stream.onClosed = (reason) => reasons.push(reason)
    TestPort.last.emit('error', new Error('Input/output error'))
    TestPort.last.emit('close', new Error('disconnected'))
    expect(reasons).toEqual(['/dev/test: Input/output error'])
    expect(TestPort.last.closeCalls).toBe(1)
  })

  test('before the port is open, and after it was given up, stops nobody', async () => {
    TestPort.opens = 'never'
    const opening = openSerial(SETTINGS, 3000)
    const refused = expect(opening).rejects.toThrow('/dev/test did not open within 3000 ms')
    expect(TestPort.last.emit('error', new Error('busy'))).toBe(true)
    await vi.advanceTimersByTimeAsync(3000)
    await refused
    expect(TestPort.last.emit('error', new Error('busy'))).toBe(true)
  })
})

describe('closing a serial port', () => {
  test('that opens after it was given up is done, since nobody else would', async () => {
    TestPort.opens = 'never'
    const refused = expect(openSerial(SETTINGS, 3000)).rejects.toThrow('did not open')
    await vi.advanceTimersByTimeAsync(3000)
    await refused
    TestPort.last.finishOpen()
    await vi.advanceTimersByTimeAsync(0)
    expect(TestPort.last.closeCalls).toBe(1)
  })

  test('takes a second at most, although the system never answers', async () => {
    TestPort.closes = 'never'
    const stream = await openSerial(SETTINGS, 3000)
    let done = false
    const destroyed = stream.destroy().then(() => (done = true))
    await vi.advanceTimersByTimeAsync(999)
    expect(done).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await destroyed
    expect(done).toBe(true)
  })
})
