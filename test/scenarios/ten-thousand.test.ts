/** Ten thousand points that are new to the ledger, and a stop with much still to write: a real daemon, nothing lost in silence. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Status } from '../../src-main/endpoints/model.ts'
import { call } from '../../src-main/cli/daemon-client.ts'
import { gatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { readRuntime, type Runtime } from '../../src-main/gateway/folder/runtime-file.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { startModbusServer, type ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { pause, Running } from '../support/plumbline-process.ts'

const POINTS = 10_000
/** Nine seconds where nothing else runs, and printed; what it guards against took minutes, on any machine. */
const RECORDED_WITHIN_MS = 90_000
const API_ANSWERS_WITHIN_MS = 10_000

const folder = mkdtempSync(join(tmpdir(), 'plumbline-many-'))
const gateway = gatewayFolder(join(folder, 'gw-1'))
const registers = new Uint16Array(POINTS)
let server: ModbusServer
let daemon: Running

beforeAll(async () => {
  server = await startModbusServer(1, () => registers)
  const tags = Array.from(
    { length: POINTS },
    (_, i) =>
      `      - { id: t${i}, label: Point ${i}, unit: kW, kind: integer, address: { table: input, address: ${i}, type: uint16 } }`,
  )
  const config = join(folder, 'gateway.yaml')
  writeFileSync(
    config,
    `name: gw-1
console: { host: 127.0.0.1, port: 0 }
sources:
  - id: meter
    name: Meter
    driver: modbus
    unit: 1
    connection: { transport: tcp, host: 127.0.0.1, port: ${server.port} }
    tags:
${tags.join('\n')}
`,
  )
  daemon = Running.start(['start', '--config', config, '--data', folder])
})

afterAll(async () => {
  if (daemon.child.exitCode === null) daemon.signal('SIGKILL')
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

it('ten thousand new points are recorded soon after the first start, and the API answers all the while', async () => {
  await daemon.line(/Console: /)
  const begunMs = performance.now()
  const runtime = readRuntime(gateway.runtime) as Runtime
  const reader = openReader(gateway.ledger)
  let slowestMs = 0
  let recorded = 0
  let status: Status | null = null
  while (recorded < POINTS && performance.now() - begunMs < RECORDED_WITHIN_MS) {
    const askedMs = performance.now()
    status = await call<Status>(runtime, 'GET', '/api/status')
    slowestMs = Math.max(slowestMs, performance.now() - askedMs)
    recorded = reader.totalReadings()
    await pause(100)
  }
  const tookMs = performance.now() - begunMs
  console.info(
    `${recorded} readings of ${reader.streams().length} points recorded after ${Math.round(tookMs)} ms; slowest answer ${Math.round(slowestMs)} ms`,
  )
  reader.close()
  expect(status?.alarms).toEqual([])
  expect(tookMs).toBeLessThan(RECORDED_WITHIN_MS)
  expect(slowestMs).toBeLessThan(API_ANSWERS_WITHIN_MS)
})
