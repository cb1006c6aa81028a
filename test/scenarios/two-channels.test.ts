/** One daemon with two channels: both record and are checked, each by its own, and what ends one of them leaves the other alone. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { tamper } from '../../src-main/cli/tamper-drill.ts'
import { furtherChannel } from '../../src-main/gateway/folder/data-folder.ts'
import { startModbusServer, type ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { isLong } from '../support/long.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { twoChannels, type TwoChannels } from '../support/two-channels.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Line {
  id: string
  handle: string
  name: string
  state: string
  verdict: string
  size: number
}
interface Report {
  verdict: string
  readings: number
  channel: { id: string; name: string } | null
  channels: Line[]
  conditions: { code: string; place: string }[]
}

let servers: [ModbusServer, ModbusServer]
const running = new Set<Running>()

beforeEach(async () => {
  let km = 1_000
  const registers = (): Uint16Array => Uint16Array.of(km++, 20)
  servers = [await startModbusServer(1, registers), await startModbusServer(1, registers)]
})

afterEach(async () => {
  for (const one of running) if (one.child.exitCode === null) one.signal('SIGKILL')
  running.clear()
  for (const server of servers) await server.close()
})

type Plant = TwoChannels

const plant = (): Promise<Plant> => twoChannels(temporaryFolder(onTestFinished), servers)

async function start({ config, data }: Plant): Promise<Running> {
  const daemon = Running.start(['start', '--config', config, '--data', data])
  running.add(daemon)
  await daemon.line(/Console: http/)
  return daemon
}

const statusOf = async ({ data }: Plant, ...more: string[]): Promise<Report> =>
  (await plumblineJson<Report>('status', '--data', data, ...more)).document

const both = (one: Plant, more: (lines: Line[]) => boolean = () => true): Promise<Report> =>
  until(
    'two channels that are unchanged',
    60_000,
    () => statusOf(one),
    ({ channels }) =>
      channels.length === 2 && channels.every(({ verdict }) => verdict === 'unchanged') && more(channels),
  )

async function ask({ folder }: Plant, path: string): Promise<{ status: number; body: string }> {
  const { port, token } = JSON.parse(readFileSync(folder.runtime, 'utf8')) as { port: number; token: string }
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  return { status: response.status, body: await response.text() }
}

const readingsIn = async (one: Plant, channel: string): Promise<number> =>
  (await statusOf(one, '--channel', channel)).readings

/** False while too little is recorded for it. */
function tampered(ledger: string): boolean {
  try {
    tamper(ledger)
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'too_early') throw error
    return false
  }
}

/** With its log, without which nothing of it is left. */
function removeLedger(ledger: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${ledger}${end}`, { force: true })
}

/** The first channel goes on although the second does not run. */
async function hallAlone(one: Plant): Promise<Report> {
  const report = await until(
    'Hall alone',
    60_000,
    () => statusOf(one),
    ({ channels: [hall, chemistry] }) => hall?.verdict === 'unchanged' && chemistry?.state === 'stopped',
  )
  await moreOfHall(one)
  return report
}

async function moreOfHall(one: Plant): Promise<void> {
  const before = await readingsIn(one, 'Hall')
  await until(
    'more of Hall',
    30_000,
    () => readingsIn(one, 'Hall'),
    (readings) => readings > before + 20,
  )
}

describe('a gateway in two channels', () => {
  it('records into both, answers for each by its handle, and checks each apart', async () => {
    const one = await plant()
    const daemon = await start(one)
    const report = await both(one)
    const [first, second] = report.channels as [Line, Line]
    expect([first.name, second.name, second.handle]).toEqual(['Hall', 'Chemistry', one.handle])
    expect(report.channel?.name).toBe('Hall')
    for (const name of ['Hall', 'Chemistry'])
      await until(
        `readings in ${name}`,
        30_000,
        () => readingsIn(one, name),
        (readings) => readings > 10,
      )

    const unnamed = await ask(one, '/api/status')
    expect([unnamed.status, unnamed.body]).toEqual([409, expect.stringContaining('"code":"channel_unnamed"')])
    expect((await ask(one, '/checkpoint')).status).toBe(409)
    const checkpoint = await ask(one, `/c/${second.handle}/checkpoint`)
    expect(checkpoint.body.split('\n')[0]).toBe(`plumbline.local/${second.id}`)
    expect((await ask(one, `/c/${first.handle}/tile/0/000.p/1`)).status).toBe(200)
    const points = async (handle: string): Promise<string[]> =>
      (JSON.parse((await ask(one, `/api/c/${handle}/points`)).body) as { points: { source: string }[] }).points.map(
        (point) => point.source,
      )
    expect([await points(first.handle), await points(second.handle)]).toEqual([['van'], ['press']])
    const assets = async (handle: string): Promise<string> => (await ask(one, `/api/c/${handle}/assets`)).body
    expect(await assets(second.handle)).toContain('"P-1"')
    expect(await assets(first.handle)).not.toContain('"P-1"')
    const unknown = await ask(one, '/api/c/0123456789abcdef/status')
    expect([unknown.status, unknown.body]).toEqual([404, expect.stringContaining('"code":"unknown_channel"')])

    const several = await plumbline('log', 'policy', '--data', one.data)
    expect([several.status, several.stderr]).toEqual([64, expect.stringContaining('--channel NAME')])
    const policy = await plumbline('log', 'policy', '--data', one.data, '--channel', 'Chemistry')
    expect(policy.stdout).toContain(second.id)
    const fsck = await plumblineJson<{ verdict: string; gateways: { channel: { name: string } }[] }>(
      'fsck',
      '--data',
      one.data,
    )
    expect([fsck.status, fsck.document.gateways.map(({ channel }) => channel.name)]).toEqual([0, ['Hall', 'Chemistry']])

    daemon.signal('SIGTERM')
    expect(await daemon.ended).toBe(0)
    // And each goes on with its own ledger.
    const next = await start(one)
    await both(one, ([a, b]) => a!.size > first.size && b!.size > second.size)
    next.signal('SIGTERM')
    expect(await next.ended).toBe(0)
  }, 180_000)

  it.skipIf(!isLong)(
    'says which place of which channel was changed, and the other one stays unchanged and goes on',
    async () => {
      const one = await plant()
      const daemon = await start(one)
      await both(one)
      // Enough that the place that is changed lies where nothing is written to any more.
      await until(
        'readings',
        60_000,
        () => readingsIn(one, 'Chemistry'),
        (readings) => readings > 500,
      )
      await until(
        'what can be changed',
        30_000,
        async () => tampered(furtherChannel(one.folder, one.handle).ledger),
        (done) => done,
      )
      const changed = await until(
        'the change',
        60_000,
        () => statusOf(one),
        ({ channels }) => channels.some(({ verdict }) => verdict === 'changed'),
      )
      expect(changed.verdict).toBe('changed')
      expect(changed.channels.map(({ name, verdict }) => [name, verdict])).toEqual([
        ['Hall', 'unchanged'],
        ['Chemistry', 'changed'],
      ])
      await moreOfHall(one)
      expect((await statusOf(one)).channels.map(({ verdict }) => verdict)).toEqual(['unchanged', 'changed'])
      daemon.signal('SIGTERM')
      expect(await daemon.ended).toBe(0)
    },
    180_000,
  )

  it('goes on in one where the other vanishes, or cannot be opened, and says so', async () => {
    const one = await plant()
    const first = await start(one)
    await both(one)
    const { ledger } = furtherChannel(one.folder, one.handle)
    removeLedger(ledger)
    // As after a start it comes back without its memory, and says so in its own list.
    const mute = await until(
      'the loss',
      60_000,
      () => statusOf(one, '--channel', 'Chemistry'),
      ({ conditions }) => conditions.some(({ code }) => code === 'ledger-missing'),
    )
    expect(mute.channel?.name).toBe('Chemistry')
    expect((await statusOf(one)).conditions).toEqual([])
    await moreOfHall(one)
    first.signal('SIGTERM')
    expect(await first.ended).toBe(0)
    removeLedger(ledger)
    writeFileSync(ledger, Buffer.alloc(8192, 7))
    const second = await start(one)
    const report = await hallAlone(one)
    expect(report.conditions).toMatchObject([{ code: 'channel-stopped', place: 'Chemistry' }])
    const stopped = await ask(one, `/api/c/${one.handle}/status`)
    expect([stopped.status, stopped.body]).toEqual([503, expect.stringContaining('"code":"channel_stopped"')])
    second.signal('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 180_000)

  it('does not start where a source names a channel that it has not', async () => {
    const one = await plant()
    writeFileSync(one.config, readFileSync(one.config, 'utf8').replace('Chemistry', 'Chemie'))
    const refused = await plumbline('start', '--config', one.config, '--data', one.data)
    expect(refused.status).toBe(3)
    expect(refused.stderr).toContain(
      'source "press" goes into the channel "Chemie", and this gateway has none of that name',
    )
    expect(refused.stderr).toContain(`"Chemistry" (${one.handle})`)
  }, 400_000)
})
