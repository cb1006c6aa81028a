/** What a person sees who got something wrong: what, where, and what to do next. Nothing recorded is touched by any of it. */
import { plainMeaning } from '../../src-main/record/stream-fields.ts'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openReader } from '../../src-main/ledger/reader.ts'
import { freePort } from '../../src-main/cli/free-port.ts'
import { LedgerThread } from '../../src-main/gateway/channel/ledger-thread.ts'
import { prepareTogether } from '../../src-main/gateway/folder/setup.ts'
import { streamId } from '../../src-main/record/channel.ts'
import { parseActorId, parseChannelId } from '../../src-main/wire/ids.ts'
import { RowWriter, UNNUMBERED } from '../../src-main/wire/rows.ts'
import { pause, plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bad-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a configuration', () => {
  it('that is no YAML is refused with line and column', async () => {
    const path = file('broken.yaml', 'name: gw-1\nsources:\n  - id: [unclosed\n')
    const { status, stdout } = await plumbline('config', 'check', path)
    expect(status).toBe(64)
    expect(stdout).toMatch(/broken\.yaml:\d+:\d+ /)
  })

  it('reports every problem at once, each with its path, and names a unit like the unknown one', async () => {
    const path = file(
      'many.yaml',
      `name: GW 1
sources:
  - id: meter
    name: Meter
    driver: modbus
    connection: { transport: tcp, host: 10.0.0.7, port: 70000 }
    tags:
      - { id: t, label: T, unit: celcius, kind: float, asset: nowhere, address: { table: input, address: 1 } }
`,
    )
    const { status, document } = await plumblineJson<{ problems: { path: string; line: number; message: string }[] }>(
      'config',
      'check',
      path,
    )
    expect(status).toBe(64)
    const paths = document.problems.map((problem) => problem.path)
    expect(paths).toEqual(expect.arrayContaining(['name', 'sources[0].connection.port', 'sources[0].tags[0].unit']))
    expect(document.problems.find((problem) => problem.path.endsWith('unit'))?.message).toContain('Cel')
    expect(document.problems.find((problem) => problem.path.endsWith('unit'))?.line).toBe(8)
  })

  it('that unfolds without end is refused with its line, by check and by start', async () => {
    const lines = [...'abcdefghi'].map(
      (name, i, all) =>
        `${name}: &${name} [${Array(9)
          .fill(i === 0 ? 'x' : `*${all[i - 1]}`)
          .join(', ')}]`,
    )
    const path = file('bomb.yaml', `name: gw-1\n${lines.join('\n')}\n`)
    const checked = await plumbline('config', 'check', path)
    expect(checked.status).toBe(64)
    expect(checked.stdout).toMatch(/bomb\.yaml:10:\d+ the aliases \(\*\) up to here/)
    const started = await plumbline('start', '--config', path, '--data', join(folder, 'bomb'))
    expect(started.status).toBe(64)
    expect(started.stderr).toMatch(/bomb\.yaml:10:\d+ /)
    expect(started.stderr).not.toContain('this should not happen')
  })

  it('has a JSON Schema', async () => {
    const { status, document } = await plumblineJson<{ properties: Record<string, unknown> }>('config', 'schema')
    expect(status).toBe(0)
    expect(Object.keys(document.properties)).toEqual(expect.arrayContaining(['name', 'sources', 'assets', 'peers']))
  })

  it('that is not there is said to be missing, and start says what to write', async () => {
    const { status, stderr } = await plumbline('start', '--config', join(folder, 'nowhere.yaml'))
    expect(status).toBe(64)
    expect(stderr).toContain('nowhere.yaml')
    expect(stderr).toContain('plumbline config schema')
  })
})

describe('a file to verify', () => {
  it('that is no certificate, or is not there, ends with status 64 and says what was expected', async () => {
    const { status, stderr } = await plumbline('verify', file('x.plumb', '{"hello": "world"}'))
    expect(status).toBe(64)
    expect(stderr).toMatch(
      /x\.plumb: This is not a Plumbline certificate\. It looks like JSON of another program\.\nChoose the \.plumb file/,
    )
    expect((await plumbline('verify', join(folder, 'nowhere.plumb'))).status).toBe(64)
  })

  it('is not checked against something that is no policy', async () => {
    const { status, stderr } = await plumbline(
      'verify',
      file('y.plumb', '{}'),
      '--policy',
      file('no.policy', 'trust me\n'),
    )
    expect(status).toBe(64)
    expect(stderr).toContain('plumbline log policy')
  })
})

describe('the command line', () => {
  it('names an unknown command or option and ends with 64', async () => {
    expect(await plumbline('frobnicate')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('frobnicate') as string,
    })
    expect(await plumbline('status', '--frobnicate')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--frobnicate') as string,
    })
    expect(await plumbline('status', '--data', join(folder, 'empty'))).toMatchObject({ status: 64 })
  })

  it('has help for every command', async () => {
    for (const command of [
      'demo',
      'start',
      'status',
      'console',
      'time',
      'certificate',
      'verify',
      'trust',
      'fsck',
      'log',
      'recover',
      'config',
    ]) {
      const { status, stdout } = await plumbline(command, '--help')
      expect(status).toBe(0)
      expect(stdout).toMatch(new RegExp(`^usage: plumbline ${command}`))
      for (const option of ['--help', '--json', '--data']) expect(stdout).toContain(option)
    }
  })
})

describe.skipIf(process.platform === 'win32')("a data folder that is not this account's alone", () => {
  it('is refused with what to do where others may write, and closed where they may read', async () => {
    const data = join(folder, 'open')
    const root = join(data, 'gw-1')
    mkdirSync(root, { recursive: true })
    const config = file('open.yaml', `name: gw-1\nconsole: { port: ${await freePort()} }\n`)
    const start = ['start', '--config', config, '--data', data]
    chmodSync(root, 0o777)
    const open = await plumbline(...start)
    expect(open.status).toBe(3)
    expect(open.stderr).toContain(`other accounts of this machine may write to ${root} (mode 777)`)
    expect(open.stderr).toContain(`chmod 700 ${root}`)
    chmodSync(root, 0o755)
    writeFileSync(join(root, 'people.json'), '{"version":1,"people":[]}', { mode: 0o600 })
    chmodSync(join(root, 'people.json'), 0o666)
    expect((await plumbline(...start)).stderr).toContain(`chmod go-w ${join(root, 'people.json')}`)
    chmodSync(join(root, 'people.json'), 0o600)
    chmodSync(config, 0o666)
    const changeable = await plumbline(...start)
    expect(changeable.status).toBe(64)
    expect(changeable.stderr).toContain(`chmod go-w ${config}`)
    chmodSync(config, 0o644)
    chmodSync(root, 0o755)
    const gateway = Running.start(start)
    try {
      await gateway.line(/Console: http/)
      expect(gateway.output).toContain(`${root} could be read by other accounts (mode 755); it is closed to them now`)
      const open = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
        (name) => (statSync(join(root, name)).mode & 0o077) !== 0,
      )
      expect(open).toEqual([])
      expect(statSync(root).mode & 0o777).toBe(0o700)
    } finally {
      gateway.signal('SIGINT')
    }
    expect(await gateway.ended).toBe(0)
  })
})

describe('one gateway on its own', () => {
  it('without a configuration writes one that records nothing, and goes on with what a person made of it', async () => {
    const data = join(folder, 'bare')
    const gateway = Running.start(['start', '--data', data])
    try {
      await gateway.line(/Console: http/)
      expect(gateway.output).toContain(`Configuration: ${join(data, 'gateway.yaml')} was written`)
      await gateway.line(/nothing is recorded until one is added/)
      // Its output may be a journal that others read: the link is for whoever can read runtime.json.
      expect(gateway.output).toContain('plumbline console prints a sign-in link')
      expect(gateway.output).not.toContain('code=')
      expect((await plumbline('console', '--data', data)).stdout).toMatch(/^Console: http:\S+code=\S+\n$/)
      const stranger = await plumbline('console', '--as', 'Eve', '--role', 'site-manager', '--data', data)
      expect(stranger.stderr).toContain('there is no person "Eve" at this gateway')
    } finally {
      gateway.signal('SIGINT')
    }
    expect(await gateway.ended).toBe(0)
    const written = readFileSync(join(data, 'gateway.yaml'), 'utf8')
    // What the comment suggests is right as it stands.
    const suggested = file('suggested.yaml', written.replace('sources: []\n', '').replaceAll(/^# (?=sources:| )/gm, ''))
    expect(await plumbline('config', 'check', suggested)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('points: 1') as string,
    })
    writeFileSync(join(data, 'gateway.yaml'), 'name: gw-1\nsources: 3\n')
    const refused = await plumbline('start', '--data', data)
    expect(refused.status).toBe(64)
    expect(refused.stderr).toContain('gateway.yaml:2:10 sources')
  })

  it('records nothing until a source is added, takes no second daemon on its folder, and ends with status 0', async () => {
    const data = join(folder, 'alone')
    const config = file('alone.yaml', `name: gw-alone\nconsole: { port: ${await freePort()} }\n`)
    const gateway = Running.start(['start', '--config', config, '--data', data])
    try {
      await gateway.line(/Console: http/)
      await gateway.line(/nothing is recorded until one is added/)
      const second = await plumbline('start', '--config', config, '--data', data)
      expect(second.status).toBe(3)
      expect(second.stderr).toContain('runs already')
      const ask = () =>
        plumblineJson<{ verdict: string; readings: number; gateways: unknown[]; sources: unknown[] }>(
          'status',
          '--data',
          data,
        )
      const { document } = await until('a verdict', 30_000, ask, (answer) => answer.document.verdict === 'unchanged')
      expect(document).toMatchObject({ readings: 0, sources: [] })
      expect(document.gateways).toHaveLength(1)
    } finally {
      gateway.signal('SIGTERM')
    }
    expect(await gateway.ended).toBe(0)
  })
})

describe('a start that does not succeed', () => {
  const importing = (name: string) =>
    file(
      `${name}.yaml`,
      `name: ${name}
console: { port: 0 }
sources:
  - id: meter
    name: Energy meter
    driver: modbus
    connection: { transport: tcp, host: 127.0.0.1, port: 9 }
    tags:
      - { id: power, label: Active power, unit: kW, kind: float, address: { table: input, address: 20, type: float32 } }
imports:
  - { source: meter, tag: power, file: ${join(folder, 'no-such-past.csv')} }
`,
    )

  it('says why and ends, with everything that it had opened', async () => {
    const data = join(folder, 'half')
    const config = importing('gw-half')
    for (let attempt = 0; attempt < 2; attempt++) {
      const { status, stderr } = await plumbline('start', '--config', config, '--data', data)
      expect(stderr).toContain('no-such-past.csv')
      expect(status).not.toBe(0)
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'because of %s ends with status 0, at whatever point it is',
    async (signal) => {
      const data = join(folder, `early-${signal}`)
      const config = file(`early-${signal}.yaml`, `name: gw-early\nconsole: { port: 0 }\n`)
      const gateway = Running.start(['start', '--config', config, '--data', data])
      // The lock is taken first; the ledger is opened while the gateway starts.
      const lies = () => Promise.resolve(existsSync(join(data, 'gw-early', 'ledger.db')))
      await until('the ledger', 60_000, lies, (there) => there)
      gateway.signal(signal)
      expect(await gateway.ended).toBe(0)
    },
  )
})

/** A small disk of its own. Null where this user may not mount one. */
function smallDisk(megabytes: number): string | null {
  const path = join(folder, 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' })
    return path
  } catch {
    return null
  }
}

describe('a full disk', () => {
  it('ends the recording with a clear reason, loses nothing acknowledged, and goes on when there is space', async () => {
    const disk = smallDisk(6)
    if (disk === null) {
      console.warn('skipped: a full disk: this user may not mount a small file system')
      return
    }
    try {
      const [gateway] = prepareTogether(
        disk,
        { name: 'Full', site: 'Full', simulated: true, members: [{ name: 'gw-full', legalName: 'x' }] },
        Date.now() * 1000,
      )
      if (gateway === undefined) throw new Error('no folder was made')
      const acknowledged: { sequence: number; index: number }[] = []
      const fatal: string[] = []
      const start = () =>
        LedgerThread.start(
          {
            name: 'gw-full',
            version: 'test',
            keysDir: gateway.keys,
            genesisFile: gateway.genesis,
            ledgerFile: gateway.ledger,
            agreement: gateway.agreement,
            evidence: gateway.evidence,
            repair: gateway.repair,
            listen: null,
            peers: [],
            limits: { batchReadingsMax: 500, closeAfterMs: 20, queueBytesMax: 1e9 },
            cosigning: true,
            rebuild: null,
          },
          {
            onApplied: () => undefined,
            onStatus: () => undefined,
            onAcknowledged: ({ sequence, index }) => acknowledged.push({ sequence, index }),
            onCondition: () => undefined,
            onUnrecorded: () => undefined,
            onFatal: (error) => fatal.push(error.message),
          },
        )
      const thread = await start()
      const stream = streamId(parseChannelId(thread.identity.channel), parseActorId(thread.identity.actor), 's', 't')
      await thread.event('stream.opened', {
        stream,
        source: 's',
        tag: 't',
        label: 'T',
        unit: 'Cel',
        kind: 'float',
        quantity: 'q',
        meaning: plainMeaning('test'),
        trust: 'unauthenticated',
        simulated: true,
        range: null,
        cadenceMs: null,
        fromSequence: 0,
      })
      for (let sequence = 0; fatal.length === 0 && sequence < 5_000_000; sequence += 500) {
        const writer = new RowWriter([stream])
        // Random doubles do not compress: the disk fills quickly.
        for (let i = 0; i < 500; i++)
          writer.push(0, UNNUMBERED, 1e15 + sequence + i, { kind: 'float', value: Math.random() }, 0, 0)
        thread.rows({ rows: writer.take(), gaps: [], kind: 'live' })
        await pause(5)
      }
      expect(fatal[0]).toMatch(/full/i)
      await thread.stop()
      execFileSync('mount', ['-o', 'remount,size=64m', disk], { stdio: 'ignore' })
      const before = acknowledged.length
      expect(before).toBeGreaterThan(0)
      const again = await start()
      await until(
        'further acknowledgements',
        20_000,
        () => Promise.resolve(acknowledged.length),
        (count) => count > before,
      )
      await again.stop()
      const reader = openReader(gateway.ledger)
      for (const { sequence, index } of acknowledged) expect(reader.entries.entry(index)?.sequence).toBe(sequence)
      reader.close()
    } finally {
      execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
    }
  })
})
