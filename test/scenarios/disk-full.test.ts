/**
 * A disk that is full while a real daemon records: what is recorded stays, what is read meanwhile is recorded when there is room
 * again, the API answers all the while, and nobody has to start anything.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../src-main/cli/daemon-client.ts'
import type { Status } from '../../src-main/endpoints/model.ts'
import { gatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { DiskReserve } from '../../src-main/gateway/folder/disk-reserve.ts'
import { readRuntime, type Runtime } from '../../src-main/gateway/folder/runtime-file.ts'
import { decodeBody } from '../../src-main/record/events.ts'
import { decodeEvent } from '../../src-main/record/statements.ts'
import { parseEntry } from '../../src-main/wire/entry.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { parseStreamId } from '../../src-main/wire/ids.ts'
import { startModbusServer, type ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { pause, plumbline, Running, until } from '../support/plumbline-process.ts'

const VOLUME_MIB = 64
const POINTS = 100
const RESUMES_WITHIN_MS = 10_000
const KIB = 1024

const folder = mkdtempSync(join(tmpdir(), 'plumbline-full-'))
/** Only root may mount. Elsewhere the tests are skipped, in one line. */
const isMounted = mounted()

function mounted(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME_MIB}m`, 'plumbline-full', folder], { stdio: 'pipe' })
    return true
  } catch (error) {
    console.warn(`skipped: a small file system cannot be mounted here (${(error as Error).message.split('\n')[0]})`)
    return false
  }
}

const ballast = join(folder, 'ballast')
const config = join(folder, 'gateway.yaml')
const gateway = gatewayFolder(join(folder, 'gw-1'))
const registers = new Uint16Array(POINTS)
let server: ModbusServer
let daemon: Running
let runtime: Runtime
let beat: NodeJS.Timeout

/** Fills the volume up to what is to be left free. */
function fill(leftBytes: number): void {
  const descriptor = openSync(ballast, 'a')
  const zeros = new Uint8Array(64 * KIB)
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder)
      const room = bavail * bsize - leftBytes
      if (room <= 0 || writeSync(descriptor, zeros, 0, Math.min(zeros.length, room)) === 0) return
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error
  } finally {
    closeSync(descriptor)
  }
}

async function start(): Promise<void> {
  daemon = Running.start(['start', '--config', config, '--data', folder])
  await daemon.line(/Console: /)
  runtime = readRuntime(gateway.runtime) as Runtime
}

async function status(): Promise<Status> {
  return await call<Status>(runtime, 'GET', '/api/status')
}

function recorded(): { size: number; root: string; readings: number } {
  const reader = openReader(gateway.ledger)
  const size = reader.size()
  const answer = { size, root: Buffer.from(reader.rootAt(size)).toString('hex'), readings: reader.totalReadings() }
  reader.close()
  return answer
}

describe.skipIf(!isMounted)('a full disk', () => {
  beforeAll(async () => {
    server = await startModbusServer(1, () => registers)
    beat = setInterval(() => registers.forEach((value, i) => (registers[i] = (value + 1) % 65_536)), 50)
    const tags = Array.from(
      { length: POINTS },
      (_, i) =>
        `      - { id: t${i}, label: Point ${i}, unit: kW, kind: integer, address: { table: input, address: ${i}, type: uint16 } }`,
    )
    const source = `id: meter, name: Meter, driver: modbus, unit: 1, pollIntervalMs: 100`
    writeFileSync(
      config,
      `name: gw-1\nconsole: { host: 127.0.0.1, port: 0 }\nsources:\n  - ${source.split(', ').join('\n    ')}\n    connection: { transport: tcp, host: 127.0.0.1, port: ${server.port} }\n    tags:\n${tags.join('\n')}\n`,
    )
    await start()
    await until(
      'the first readings',
      20_000,
      async () => recorded().readings,
      (readings) => readings > 1_000,
    )
  })

  afterAll(async () => {
    clearInterval(beat)
    if (daemon.child.exitCode === null) daemon.signal('SIGKILL')
    await daemon.ended
    await server.close()
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  it('has a reserve that takes room for real', async () => {
    const reserve = new DiskReserve(gateway.reserve)
    await expect.poll(() => reserve.isHeld, { timeout: 5_000 }).toBe(true)
    expect(reserve.bytes).toBeLessThanOrEqual((VOLUME_MIB * KIB * KIB) / 20)
    const { blocks } = statSync(gateway.reserve)
    expect(blocks * 512).toBeGreaterThanOrEqual(reserve.bytes)
  })

  it.each([0, 1_500])(
    'with %i KiB left loses nothing recorded, goes on answering, and resumes by itself',
    async (left) => {
      const before = recorded()
      fill(left * KIB)
      const full = await until('the disk to be full', 30_000, status, ({ alarms }) =>
        alarms.some(({ code }) => code === 'disk-full'),
      )
      expect(full.alarms.map(({ code }) => code)).toContain('disk-full')
      await pause(700)
      expect((await status()).alarms.some(({ code }) => code === 'disk-full')).toBe(true)
      const whileFull = recorded()
      expect(whileFull.size).toBeGreaterThanOrEqual(before.size)
      rmSync(ballast)
      const roomMs = performance.now()
      await until(
        'recording again',
        RESUMES_WITHIN_MS,
        async () => recorded().readings,
        (readings) => readings > whileFull.readings,
      )
      console.info(
        `${left} KiB left: recording again ${Math.round(performance.now() - roomMs)} ms after there was room`,
      )
      await until('the alarm to end', 5_000, status, ({ alarms }) => !alarms.some(({ code }) => code === 'disk-full'))
      const reader = openReader(gateway.ledger)
      for (const { size, root } of [before, whileFull])
        expect(Buffer.from(reader.rootAt(size)).toString('hex')).toBe(root)
      reader.close()
      expect(new DiskReserve(gateway.reserve).isHeld).toBe(true)
    },
  )

  it('has said on the ledger, once there was room, that it was full and is no more', async () => {
    const told = (type: 'alarm.raised' | 'alarm.cleared'): number => {
      const reader = openReader(gateway.ledger)
      const bodies = reader.entries
        .eventsOfType(type, 100)
        .map(({ bytes }) => decodeBody(type, decodeEvent(parseEntry(bytes).payload).body))
      reader.close()
      return bodies.filter(({ code }) => code === 'disk-full').length
    }
    await until(
      'both ends of both times',
      10_000,
      async () => await Promise.resolve([told('alarm.raised'), told('alarm.cleared')]),
      ([raised, cleared]) => raised === 2 && cleared === 2,
    )
  })

  it('has left no gap: what was read while it was full is recorded', async () => {
    daemon.signal('SIGINT')
    expect(await daemon.ended).toBe(0)
    const reader = openReader(gateway.ledger)
    const gaps = reader
      .streams()
      .flatMap(({ stream }) =>
        reader.readings.gaps(parseStreamId(stream), { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }),
      )
    expect(gaps).toEqual([])
    reader.close()
    expect((await plumbline('fsck', '--data', folder)).status).toBe(0)
  })
  it('at a start leaves the reserve to start with, and without one is waited for', async () => {
    await start()
    fill(0)
    daemon.signal('SIGKILL')
    await daemon.ended
    await start()
    await until(
      'its status',
      5_000,
      () => status().catch(() => null),
      (answer) => answer?.gateways.length === 1,
    )
    daemon.signal('SIGKILL')
    await daemon.ended
    fill(0)
    const before = recorded()
    daemon = Running.start(['start', '--config', config, '--data', folder])
    await daemon.line(/is full: gw-1 cannot start\nFree space/)
    rmSync(ballast)
    const roomMs = performance.now()
    await daemon.line(/Console: /)
    expect(performance.now() - roomMs).toBeLessThan(RESUMES_WITHIN_MS)
    await until(
      'recording',
      RESUMES_WITHIN_MS,
      async () => recorded().readings,
      (readings) => readings > before.readings,
    )
    daemon.signal('SIGINT')
    expect(await daemon.ended).toBe(0)
  })
})
