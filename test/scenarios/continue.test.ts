/**
 * Ledgers that continue lost ones, with real daemons: a lone gateway whose old disk was put back, and one of three whose others are
 * gone. What the commands print is what a person has.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { gatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { prepareTogether } from '../../src-main/gateway/folder/setup.ts'
import { startModbusServer, type ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { isLong } from '../support/long.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ASSET = 'VAN-1'

interface Continued {
  origin: string
  size: number
  root: string
}

interface Report {
  verdict: string
  readings: number
  entries: number
  channel: { id: string; origin: string; continues: Continued | null } | null
  conditions: { code: string }[]
  sources: { state: string }[]
  gateways: { name: string; role: string; verdict: string; agreesWith: string[] }[]
}

let server: ModbusServer
const running = new Set<Running>()

beforeEach(async () => {
  let km = 1_000
  server = await startModbusServer(1, () => Uint16Array.of(km++, 20))
})

afterEach(async () => {
  for (const one of running) if (one.child.exitCode === null) one.signal('SIGKILL')
  running.clear()
  await server.close()
})

/** A gateway with a van's odometer and a thermometer. */
function sources(): string {
  return `assets:
  - { id: ${ASSET}, scheme: own, type: vehicle, name: Van, packs: [odometer], simulated: true }
sources:
  - id: van
    name: Van
    driver: modbus
    simulated: true
    unit: 1
    pollIntervalMs: 200
    connection: { transport: tcp, host: 127.0.0.1, port: ${server.port} }
    tags:
      - { id: km, label: Odometer, unit: km, kind: float, quantity: odometer, asset: ${ASSET}, address: { table: input, address: 0, type: uint16 } }
      - { id: temperature, label: Temperature, unit: Cel, kind: integer, address: { table: input, address: 1, type: uint16 } }
`
}

async function start(config: string, data: string): Promise<Running> {
  const daemon = Running.start(['start', '--config', config, '--data', data])
  running.add(daemon)
  await daemon.line(/Console: http/)
  return daemon
}

async function stop(daemon: Running): Promise<void> {
  daemon.signal('SIGTERM')
  expect(await daemon.ended).toBe(0)
}

const statusOf = async (data: string): Promise<Report> =>
  (await plumblineJson<Report>('status', '--data', data)).document

const recorded = (data: string, more = 20): Promise<Report> =>
  until(
    'an unchanged record',
    60_000,
    () => statusOf(data),
    ({ verdict, readings }) => verdict === 'unchanged' && readings >= more,
  )

const listing = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/(-wal|-shm|lock\.db|\.log)$/.test(name))
    .toSorted()

/** The file and its log, in place of whatever is there. */
function copyLedger(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) {
    rmSync(`${to}${end}`, { force: true })
    if (end !== '-shm' && existsSync(`${from}${end}`)) copyFileSync(`${from}${end}`, `${to}${end}`)
  }
}

describe('a lone gateway whose old disk was put back', () => {
  it('stays mute, continues in a new ledger when a person says so, and keeps the old one for everybody to check', async () => {
    const folder = temporaryFolder(onTestFinished)
    const data = join(folder, 'gw-hall')
    mkdirSync(data)
    const config = join(folder, 'gateway.yaml')
    writeFileSync(config, `name: gw-hall\nsite: Hall\nconsole: { port: ${await freePort()} }\n${sources()}`)
    const { ledger } = gatewayFolder(data)
    const backup = join(folder, 'backup.db')

    const first = await start(config, data)
    const early = await recorded(data)
    await stop(first)
    copyLedger(ledger, backup)
    const second = await start(config, data)
    const { readings } = await recorded(data, early.readings + 40)
    const oldPolicy = join(folder, 'old.policy')
    writeFileSync(oldPolicy, (await plumbline('log', 'policy', '--data', data)).stdout)
    await stop(second)
    copyLedger(backup, ledger)

    const mute = await start(config, data)
    const waiting = await until(
      'the loss',
      20_000,
      () => statusOf(data),
      ({ conditions }) => conditions.some(({ code }) => code === 'ledger-old'),
    )
    expect(waiting.readings).toBeLessThan(readings)
    const whileRunning = await plumbline('recover', '--continue', '--data', data, '--confirm', 'gw-hall')
    expect([whileRunning.status, whileRunning.stderr]).toEqual([3, expect.stringContaining('runs already')])
    await stop(mute)

    const before = [readFileSync(join(data, 'genesis.cose')), listing(data)]
    const nobody = await plumbline('recover', '--continue', '--data', data)
    expect([nobody.status, nobody.stderr]).toEqual([64, expect.stringContaining('--confirm gw-hall')])
    const wrong = await plumbline('recover', '--continue', '--data', data, '--confirm', 'gw-hal')
    expect([wrong.status, wrong.stderr]).toEqual([
      64,
      expect.stringMatching(/"gw-hal" is not gw-hall.*\nNothing was touched/),
    ])
    expect([readFileSync(join(data, 'genesis.cose')), listing(data)]).toEqual(before)

    const done = await plumblineJson<{ continues: Continued; gateways: { kept: string; sealed: number }[] }>(
      'recover',
      '--continue',
      '--data',
      data,
      '--confirm',
      'gw-hall',
    )
    expect(done.status).toBe(0)
    const { continues, gateways } = done.document
    const [{ kept, sealed }] = gateways as [(typeof gateways)[number]]
    expect([continues.origin, continues.size]).toEqual([waiting.channel?.origin, sealed])

    // The whole old record, in a folder that nothing was written to.
    const fsck = await plumblineJson<{ verdict: string }>('fsck', '--data', kept)
    expect([fsck.status, fsck.document.verdict]).toEqual([0, 'unchanged'])
    expect((await plumbline('log', 'policy', '--data', kept)).stdout).toBe(readFileSync(oldPolicy, 'utf8'))
    expect(listing(kept)).toEqual(
      ['agreement.json', 'genesis.cose', 'ledger.db', 'mark'].filter((name) => existsSync(join(kept, name))),
    )
    const head = (await plumbline('log', 'consistency', String(sealed), String(sealed), '--data', kept)).stdout
    expect(head).toContain(`old ${sealed} ${Buffer.from(continues.root, 'hex').toString('base64')}`)

    const again = await plumbline('recover', '--continue', '--data', data)
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('is founded already. Start it.')])

    const third = await start(config, data)
    const now = await recorded(data)
    expect(now).toMatchObject({ conditions: [], channel: { continues }, sources: [{ state: 'live' }] })
    expect(now.channel?.origin).not.toBe(continues.origin)
    const text = (await plumbline('status', '--data', data)).stdout
    expect(text).toMatch(
      /It continues plumbline\.local\/[0-9a-f]{16}… at [\d,]+ entries, root [0-9a-f]{16}…, by its founder’s word/,
    )
    const whole = await plumblineJson<{ gateways: { continues: Continued; verdict: string }[] }>('fsck', '--data', data)
    expect(whole.document.gateways).toMatchObject([{ verdict: 'unchanged', continues }])

    const file = join(folder, 'van.plumb')
    await until(
      'a certificate',
      60_000,
      () =>
        plumbline('certificate', 'issue', '--asset', ASSET, '--out', file, '--reason', 'a new ledger', '--data', data),
      ({ status }) => status === 0,
    )
    const policy = join(folder, 'new.policy')
    writeFileSync(policy, (await plumbline('log', 'policy', '--data', data)).stdout)
    const held = await plumblineJson<{ verdict: string; certified: { continues: Continued } }>(
      'verify',
      file,
      '--policy',
      policy,
    )
    expect([held.status, held.document]).toMatchObject([0, { verdict: 'unchanged', certified: { continues } }])
    const doubted = await plumbline('verify', file, '--policy', oldPolicy)
    expect([doubted.status, doubted.stdout]).toEqual([
      2,
      expect.stringMatching(/What the file claims:[^]*Ledger continues {2,}plumbline/),
    ])
    expect(doubted.stdout).toMatch(/anyone can claim it\. Compare the fingerprint/)
    await stop(third)
    // And the start after that is an ordinary one.
    const fourth = await start(config, data)
    await recorded(data, now.readings + 10)
    await stop(fourth)
  }, 240_000)
})

/** Three gateways that recorded together and were killed; the second one has the sources. Gives their configurations. */
async function killedPlant(data: string): Promise<Record<string, string>> {
  const names = ['gw-a', 'gw-b', 'gw-c']
  const members = names.map((name) => ({ name, legalName: 'Hall GmbH' }))
  prepareTogether(data, { name: 'Hall', site: 'Hall', simulated: true, members }, Date.now() * 1_000)
  const ports = await Promise.all(names.map(() => freePort()))
  const consoles = await Promise.all(names.map(() => freePort()))
  const configs = names.map((name, i) => {
    const others = names.flatMap((other, j) =>
      i === j ? [] : [`{ name: ${other}, host: 127.0.0.1, port: ${ports[j]} }`],
    )
    const file = gatewayFolder(join(data, name)).config
    writeFileSync(
      file,
      `name: ${name}
console: { port: ${consoles[i]} }
peers: { listen: { host: 127.0.0.1, port: ${ports[i]} }, members: [${others.join(', ')}] }
${i === 1 ? sources() : ''}`,
    )
    return [name, file] as const
  })
  const daemons = await Promise.all(configs.map(([name, file]) => start(file, join(data, name))))
  await recorded(data)
  for (const daemon of daemons) daemon.signal('SIGKILL')
  await Promise.all(daemons.map((daemon) => daemon.ended))
  return Object.fromEntries(configs)
}

interface Done {
  founder: string
  continues: Continued
  voters: string[]
  leftOut: string[]
}

describe('of three gateways', () => {
  it.skipIf(!isLong)(
    'one whose others are gone goes on alone, once a person names it',
    async () => {
      const data = temporaryFolder(onTestFinished)
      const configs = await killedPlant(data)
      for (const name of ['gw-a', 'gw-c']) rmSync(join(data, name, 'ledger.db'))
      const many = await plumbline('recover', '--continue', '--data', data)
      expect([many.status, many.stderr]).toEqual([64, expect.stringContaining('there are 3 gateways under')])
      expect(many.stderr).toContain('gw-a, gw-b, gw-c')
      const done = await plumblineJson<Done>('recover', '--continue', 'gw-b', '--data', data, '--confirm', 'gw-b')
      expect([done.status, done.document]).toMatchObject([0, { voters: ['gw-b'], leftOut: ['gw-a', 'gw-c'] }])
      const alone = join(data, 'gw-b')
      const daemon = await start(configs['gw-b'] as string, alone)
      const now = await recorded(alone)
      expect(now.channel?.continues).toEqual(done.document.continues)
      expect(now).toMatchObject({ conditions: [], gateways: [{ name: 'gw-b', role: 'leader', verdict: 'unchanged' }] })
      await stop(daemon)
    },
    120_000,
  )

  it.skipIf(!isLong)(
    'two that are named go on together, with one record',
    async () => {
      const data = temporaryFolder(onTestFinished)
      const configs = await killedPlant(data)
      rmSync(join(data, 'gw-c'), { recursive: true })
      const args = ['recover', '--continue', 'gw-a', 'gw-b', '--data', data]
      const asked = await plumbline(...args)
      const founder = /--confirm (\S+)/.exec(asked.stderr)?.[1] as string
      const done = await plumblineJson<Done>(...args, '--confirm', founder)
      expect([done.status, done.document]).toMatchObject([0, { founder, voters: ['gw-a', 'gw-b'], leftOut: ['gw-c'] }])
      const both = ['gw-a', 'gw-b']
      const daemons = await Promise.all(both.map((name) => start(configs[name] as string, join(data, name))))
      const now = await recorded(data)
      expect(now.channel?.continues).toEqual(done.document.continues)
      expect(now.gateways.map(({ agreesWith }) => agreesWith)).toEqual([['gw-b'], ['gw-a']])
      await Promise.all(daemons.map(stop))
    },
    120_000,
  )
})
