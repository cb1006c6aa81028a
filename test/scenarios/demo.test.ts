/** The demo plant from its start to a certificate, as a new user and a technician's script meet it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import type { PackReplay, Packs } from '../../src-main/endpoints/pack-calls.ts'
import { isLong } from '../support/long.ts'
import { isAlive, plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'

interface StatusReport {
  verdict: string
  readings: number
  entries: number
  gateways: {
    name: string
    pid: number | null
    console: string | null
    role: string
    treeSize: number
    rootHash: string
    verdict: string
    agreesWith: string[]
  }[]
  sources: { name: string; state: string }[]
  assets: { id: string; simulated: boolean }[]
}

const GATEWAYS = ['gw-energy-2', 'gw-fill-1', 'gw-store-3']
const folder = mkdtempSync(join(tmpdir(), 'plumbline-demo-'))
const data = join(folder, 'data')

function status(): Promise<StatusReport> {
  return plumblineJson<StatusReport>('status', '--data', data).then(({ document }) => document)
}

describe('the demo plant', () => {
  let demo: Running
  let port = 0
  let pids: number[] = []

  beforeAll(async () => {
    port = await freePort()
    demo = Running.start(['demo', '--data', data, '--port', String(port)], { isLaunched: true })
    await demo.line(/Console: http:\/\/127\.0\.0\.1:\d+\/\S*code=\S+/)
  })

  afterAll(async () => {
    if (demo.child.exitCode === null) demo.signal('SIGTERM')
    await demo.ended
    rmSync(folder, { recursive: true, force: true })
  })

  it('says that everything is running and unchanged', async () => {
    const report = await until(
      'an unchanged record',
      60_000,
      status,
      (answer) => answer.verdict === 'unchanged' && answer.readings > 300,
    )
    expect(report.gateways.map(({ name }) => name)).toEqual(GATEWAYS)
    expect(report.gateways.filter(({ role }) => role === 'leader')).toHaveLength(1)
    expect(report.gateways.every(({ verdict }) => verdict === 'unchanged')).toBe(true)
    for (const { name, agreesWith } of report.gateways)
      expect(agreesWith.toSorted()).toEqual(GATEWAYS.filter((other) => other !== name))
    expect(report.assets[0]?.simulated).toBe(true)
    pids = report.gateways.flatMap(({ pid }) => pid ?? [])
    expect(pids).toHaveLength(3)
  })

  it('answers /checkpoint, /metrics and /openapi.json on loopback without a log-in, and entry bundles only with one', async () => {
    const base = (await status()).gateways[1]?.console ?? ''
    const checkpoint = await (await fetch(`${base}/checkpoint`)).text()
    expect(checkpoint).toMatch(/^plumbline\.local\/[0-9a-f]{64}\n\d+\n\S{44}\n\n(— \S+ \S+\n)+$/)
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('plumbline_integrity_verdict')
    expect(((await (await fetch(`${base}/openapi.json`)).json()) as { openapi: string }).openapi).toMatch(/^3\.1/)
    const size = Number(checkpoint.split('\n')[1])
    expect((await fetch(`${base}/tile/0/000.p/${Math.min(size, 255)}`)).status).toBe(200)
    expect((await fetch(`${base}/tile/entries/000.p/1`)).status).toBe(401)
    expect((await fetch(`${base}/api/status`)).status).toBe(401)
  })

  it('has an event signed by command: recorded, refused by its code, and refused before anything is signed', async () => {
    const body = join(folder, 'document.json')
    const sign = (type: string, of: object) => {
      writeFileSync(body, JSON.stringify(of))
      return plumblineJson<{ entry: number; refused: string }>(
        'event',
        'sign',
        '--type',
        type,
        '--body',
        body,
        '--data',
        data,
      )
    }
    const { document: example } = await plumblineJson<object>('event', 'sign', '--type', 'document.added', '--example')
    const report = { ...example, document: 'ab'.repeat(32), asset: null }
    const added = await sign('document.added', report)
    expect([added.status, added.document]).toMatchObject([
      0,
      { outcome: 'accepted', entry: expect.any(Number) as number },
    ])
    const again = await sign('document.added', report)
    expect([again.status, again.document.refused]).toEqual([1, 'document-known'])
    const nobody = { document: report.document, to: 'cd'.repeat(16), asset: null }
    expect((await sign('document.transferred', nobody)).document.refused).toBe('receiver-no-member')
    writeFileSync(body, JSON.stringify({ ...report, document: 'ab' }))
    const malformed = await plumbline('event', 'sign', '--type', 'document.added', '--body', body, '--data', data)
    expect([malformed.status, malformed.stderr]).toEqual([
      3,
      expect.stringMatching(
        /\nplumbline: \S+\.json: document\.added "document" is not a byte string of 32\n.*--example prints one/s,
      ),
    ])
    const own = await plumbline('event', 'sign', '--type', 'gateway.alive', '--body', body, '--data', data)
    expect([own.status, own.stderr]).toEqual([64, expect.stringContaining('Types: asset.aggregated, asset.attributed')])
  })

  it('registers an asset by command, and shows what there is about it', async () => {
    const of = ['--scheme', 'own', '--type', 'tank', '--simulated', '--data', data]
    const register = (...name: string[]) =>
      plumblineJson<{ outcome?: string; refused?: string }>('asset', 'register', 'urn:own:tank-7', ...name, ...of)
    const first = await register('--name', 'Tank 7', '--name-de', 'Behälter 7', '--attribute', 'litres=2000')
    expect([first.status, first.document.outcome]).toEqual([0, 'accepted'])
    const other = await register('--name', 'Tank 8')
    expect([other.status, other.document.refused]).toEqual([1, 'asset-differs'])
    const shown = await plumblineJson<object>(
      'asset',
      'show',
      'urn:own:tank-7',
      '--data',
      data,
      '--gateway',
      GATEWAYS[1] ?? '',
    )
    const named = { name: 'Tank 7', names: { de: 'Behälter 7' }, attributes: { litres: '2000' } }
    expect(shown.document).toMatchObject({ asset: 'urn:own:tank-7', ...named, simulated: true, streams: [] })
    const history = await plumblineJson<{ events: object[] }>('asset', 'history', 'urn:own:tank-7', '--data', data)
    expect(history.document.events).toMatchObject([{ type: 'asset.registered', body: { name: 'Tank 7' } }])
  })

  it('issues a certificate that holds under the pinned policy, cannot tell without one, and refuses a changed byte', async () => {
    const asset = (await status()).assets[0]?.id ?? ''
    const file = join(folder, 'vehicle.plumb')
    await until(
      'a certificate',
      60_000,
      () =>
        plumbline(
          'certificate',
          'issue',
          '--asset',
          asset,
          '--out',
          file,
          '--reason',
          'the plant was being set up',
          '--data',
          data,
        ),
      (ended) => ended.status === 0,
    )
    const silent = await plumbline('certificate', 'issue', '--asset', asset, '--out', `${file}.2.plumb`, '--data', data)
    expect([silent.status, silent.stdout]).toEqual([1, expect.stringContaining('--reason TEXT')])
    const judged = ['--asset', asset, '--pack', 'odometr', '--out', `${file}.2.plumb`, '--data', data]
    expect(await plumblineJson('certificate', 'issue', ...judged)).toMatchObject({
      status: 1,
      document: { refused: 'pack_not_bound', message: expect.stringContaining('Did you mean "odometer"?') as string },
    })
    const elsewhere = join(folder, 'elsewhere')
    const stranger = await plumblineJson<{ verdict: string; fingerprint: string }>('verify', file, '--data', elsewhere)
    expect([stranger.status, stranger.document.verdict]).toEqual([2, 'cannot-tell'])
    const policy = join(folder, 'channel.policy')
    writeFileSync(policy, (await plumbline('log', 'policy', '--data', data)).stdout)
    const pinned = await plumblineJson<{ fingerprint: string }>('trust', 'pin', policy, '--data', elsewhere)
    expect(pinned.document.fingerprint).toBe(stranger.document.fingerprint)
    const known = await plumblineJson<{ verdict: string; steps: { state: string }[] }>(
      'verify',
      file,
      '--data',
      elsewhere,
    )
    expect([known.status, known.document.verdict]).toEqual([0, 'unchanged'])
    expect(known.document.steps.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'holds'))
    const bytes = readFileSync(file)
    for (const share of [0.05, 0.3, 0.6, 0.95]) {
      const at = Math.floor(bytes.length * share)
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 0x01
      writeFileSync(join(folder, 'changed.plumb'), changed)
      const refused = await plumblineJson<{ verdict: string; steps: { state: string }[] }>(
        'verify',
        join(folder, 'changed.plumb'),
        '--policy',
        policy,
      )
      expect([refused.status, refused.document.verdict]).toEqual([1, 'changed'])
      expect(refused.document.steps.filter(({ state }) => state === 'stops')).toHaveLength(1)
    }
  })

  it('renders the certificate as PDF and HTML that verify like the file they carry', async () => {
    const asset = (await status()).assets[0]?.id ?? ''
    const policy = join(folder, 'channel.policy')
    for (const format of ['pdf', 'html']) {
      const file = join(folder, `vehicle.${format}`)
      expect(
        (
          await plumbline(
            'certificate',
            'issue',
            '--asset',
            asset,
            '--out',
            file,
            '--reason',
            'the plant was being set up',
            '--data',
            data,
          )
        ).status,
      ).toBe(0)
      expect((await plumbline('verify', file, '--policy', policy)).status).toBe(0)
    }
  })

  it('takes a certificate back for good, lets one stand in the place of another, and says so of the files', async () => {
    const asset = (await status()).assets[0]?.id ?? ''
    const issue = ['certificate', 'issue', '--asset', asset, '--reason', 'the plant was being set up', '--data', data]
    const [first, second] = [join(folder, 'first.plumb'), join(folder, 'second.plumb')]
    const numbers = []
    for (const file of [first, second]) {
      const { status: ended, document } = await plumblineJson<{ id: string }>(...issue, '--out', file)
      expect(ended).toBe(0)
      numbers.push(document.id)
    }
    const [revoked = '', replaced = ''] = numbers
    // That it was issued is recorded behind it.
    const ask = () => plumbline('certificate', 'status', first, '--data', data)
    const stands = await until('that it was issued', 30_000, ask, (ended) => ended.status !== 2)
    expect([stands.status, stands.stdout]).toEqual([
      0,
      expect.stringMatching(/issued by \S+ \(entry \d+\).*says nothing against it/),
    ])
    const revoke = ['certificate', 'revoke', revoked, '--reason', 'It was the wrong vehicle.', '--data', data]
    expect((await plumbline('certificate', 'revoke', revoked, '--data', data)).status).toBe(64)
    expect(await plumblineJson(...revoke)).toMatchObject({ status: 0, document: { outcome: 'accepted' } })
    expect(await plumblineJson(...revoke)).toMatchObject({ status: 1, document: { refused: 'certificate-revoked' } })
    const third = [...issue, '--out', join(folder, 'third.plumb')]
    const beside = await plumblineJson(...third, '--supersedes', revoked)
    expect(beside).toMatchObject({ status: 1, document: { refused: 'certificate_revoked' } })
    const { document: newest } = await plumblineJson<{ id: string }>(...third, '--supersedes', replaced)
    await until(
      'both to be told of',
      30_000,
      () => Promise.all([first, second].map((file) => plumbline('certificate', 'status', file, '--data', data))),
      (told) => told.every((ended) => ended.status === 1),
    )
    const listed = await plumblineJson<{ certificates: { id: string; hash: string; status: { by: string } | null }[] }>(
      'certificate',
      'list',
      '--data',
      data,
    )
    const { certificates } = listed.document
    const rowOf = (number: string) => certificates.find(({ id }) => id === number)
    expect(rowOf(revoked)?.status).toMatchObject({ by: null, reason: 'It was the wrong vehicle.' })
    expect(rowOf(replaced)?.status?.by).toBe(rowOf(newest.id)?.hash)
    expect(rowOf(newest.id)?.status).toBe(null)
    const some = ['certificate', 'list', '--asset', asset, '--pack', 'odometer', '--data', data]
    expect((await plumblineJson(...some, '--status', 'revoked')).document).toMatchObject({
      certificates: [{ id: revoked }],
    })
    expect(await plumbline(...some, '--status', 'revokd')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('Did you mean "revoked"?') as string,
    })
    // The file itself is as it was signed.
    expect((await plumbline('verify', first, '--policy', join(folder, 'channel.policy'))).status).toBe(0)
  })

  it('has the ledger told by the person who issues a certificate, by that person\u2019s own key', async () => {
    const asset = (await status()).assets[0]?.id ?? ''
    const [, passphrase = ''] = await demo.line(/M\. Lindner, site-manager: (\S+)/)
    const secret = join(folder, 'lindner')
    writeFileSync(secret, passphrase, { mode: 0o600 })
    const by = ['--as', 'M. Lindner', '--passphrase-file', secret, '--gateway', 'gw-fill-1', '--data', data]
    const of = ['--asset', asset, '--reason', 'the plant was being set up', '--out', join(folder, 'signed.plumb')]
    const { status: ended, document } = await plumblineJson<{ id: string }>('certificate', 'issue', ...of, ...by)
    expect(ended).toBe(0)
    const { document: told } = await plumblineJson<{ events: { type: string; gateway: string }[] }>(
      'asset',
      'history',
      asset,
      '--gateway',
      'gw-fill-1',
      '--data',
      data,
    )
    const issued = told.events.filter(({ type }) => type === 'certificate.issued')
    expect(issued.at(-1)?.gateway).toBe('M. Lindner (gw-fill-1)')
    const revoke = ['certificate', 'revoke', document.id, '--reason', 'It was a try.', ...by]
    expect((await plumblineJson(...revoke)).document).toMatchObject({ outcome: 'accepted', by: 'M. Lindner' })
  })

  it('has another version of a pack judge the past beside the one in force, and says where it differs', async () => {
    const [, passphrase = ''] = await demo.line(/R\. Hofmann, member-admin: (\S+)/)
    const secret = join(folder, 'hofmann')
    writeFileSync(secret, passphrase, { mode: 0o600 })
    const at = ['--gateway', 'gw-fill-1', '--data', data]
    const pack = join(folder, 'odometer')
    cpSync(new URL('../../src-main/packs/odometer', import.meta.url), pack, { recursive: true })
    const edit = (file: string, from: string, to: string): void =>
      writeFileSync(join(pack, file), readFileSync(join(pack, file), 'utf8').replace(from, to))
    edit('pack.json', '"version": "', '"version": "9.')
    edit('rule.js', "'no judgement' : 'logical'", "'illogical' : 'illogical'")
    const as = ['--as', 'R. Hofmann', '--passphrase-file', secret, '--reason', 'as a try']
    expect((await plumblineJson('pack', 'propose', pack, ...as, ...at)).document).toMatchObject({ outcome: 'accepted' })
    const { document: packs } = await plumblineJson<Packs>('pack', 'list', ...at)
    const inForce = packs.packs.find(({ id }) => id === 'odometer')?.versions[0]?.hash ?? ''
    const replay = async (hash: string) =>
      await plumblineJson<PackReplay>('pack', 'replay', hash, '--days', '200', ...at)
    expect(await replay(inForce)).toMatchObject({ status: 0, document: { looked: 1, equal: 1, rows: [] } })
    expect(await replay(packs.proposed[0]?.hash ?? '')).toMatchObject({
      status: 1,
      document: { looked: 1, different: 1, rows: [{ is: 'illogical', codes: [], why: null }] },
    })
  })

  it('has a person sign what a pack reads of a lot, and refuses by the pack what it does not let pass', async () => {
    const lot = 'urn:own:lot-1'
    const of = [
      '--scheme',
      'own',
      '--type',
      'lot',
      '--name',
      'Lot 1',
      '--pack',
      'quality',
      '--simulated',
      '--data',
      data,
    ]
    expect((await plumblineJson('asset', 'register', lot, ...of, '--gateway', 'gw-fill-1')).status).toBe(0)
    const by = [
      '--as',
      'M. Lindner',
      '--passphrase-file',
      join(folder, 'lindner'),
      '--gateway',
      'gw-fill-1',
      '--data',
      data,
    ]
    const sign = (type: string, body: object) => {
      const file = join(folder, 'said.json')
      writeFileSync(file, JSON.stringify(body))
      return plumblineJson<object>('event', 'sign', '--type', type, '--asset', lot, '--body', file, ...by)
    }
    const completed = { lot, batch: 'B-1', parts: 90 }
    expect(await sign('quality.lot-completed', completed)).toMatchObject({
      status: 0,
      document: { outcome: 'accepted' },
    })
    expect(await sign('quality.lot-released', {})).toMatchObject({
      status: 1,
      document: { refused: 'quality/not-judged' },
    })
    expect(await sign('quality.lot-completed', { ...completed, parts: 0 })).toMatchObject({ status: 3 })
  })

  it('has the plan of a filling lot stated before its first bottle, by a person', async () => {
    const show = ['asset', 'history', 'urn:own:lot-0001', '--gateway', 'gw-fill-1', '--data', data]
    const told = await until(
      'the first lot to be filled',
      60_000,
      () => plumblineJson<{ events?: { type: string; gateway: string }[] }>(...show),
      ({ document }) => document.events?.some(({ type }) => type === 'stream.bound') === true,
    )
    expect(told.document.events?.slice(0, 4).map(({ type, gateway }) => [type, gateway])).toEqual([
      ['asset.registered', 'gw-fill-1'],
      ['quality.plan-stated', 'M. Lindner (gw-fill-1)'],
      ['quality.calibration-stated', 'M. Lindner (gw-fill-1)'],
      ['stream.bound', 'gw-fill-1'],
    ])
  })

  it('changes the keys of a gateway while it records: what it certified holds under the policy of then, what it certifies under the one of now', async () => {
    const asset = (await status()).assets[0]?.id ?? ''
    const listed = async (...more: string[]) =>
      (
        await plumblineJson<{ keys: { use: string; id: string; to: number | null; here: boolean }[] }>(
          'key',
          'list',
          ...more,
          '--data',
          data,
        )
      ).document.keys
    const own = (await listed()).filter(({ here }) => here)
    for (const use of ['entry', 'checkpoint', 'cosignature', 'credential']) {
      const { status: ended, document } = await plumblineJson<object>('key', 'rotate', '--use', use, '--data', data)
      const replaces = own.find((key) => key.use === use)?.id
      expect([ended, document]).toMatchObject([
        0,
        { outcome: 'accepted', use, replaces, entry: expect.any(Number) as number },
      ])
    }
    const now = await listed()
    expect(now.filter(({ here, id }) => here && own.some((key) => key.id === id)).map(({ use }) => use)).toEqual([
      'tls',
    ])
    expect(
      (await listed('--all'))
        .filter(({ to }) => to !== null)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(own.flatMap(({ use, id }) => (use === 'tls' ? [] : [id])).toSorted())
    const file = join(folder, 'after.plumb')
    const issue = ['certificate', 'issue', '--asset', asset, '--out', file, '--reason', 'as before', '--data', data]
    const policy = join(folder, 'after.policy')
    const credential = now.find(({ use, here }) => use === 'credential' && here)?.id ?? ''
    // The new key is in a state that a certificate can enclose once it was sealed and confirmed.
    await until(
      'a certificate by the new key',
      60_000,
      async () => {
        rmSync(file, { force: true })
        const issued = await plumbline(...issue)
        writeFileSync(policy, (await plumbline('log', 'policy', '--data', data)).stdout)
        return issued.status === 0 && readFileSync(file).includes(credential) ? 0 : 1
      },
      (ended) => ended === 0,
    )
    for (const [certificate, under] of [
      [file, policy],
      [join(folder, 'vehicle.plumb'), join(folder, 'channel.policy')],
    ] as const)
      expect((await plumblineJson<object>('verify', certificate, '--policy', under)).document).toMatchObject({
        verdict: 'unchanged',
      })
    const after = await status()
    expect([after.verdict, ...after.gateways.map(({ agreesWith }) => agreesWith.length)]).toEqual([
      'unchanged',
      2,
      2,
      2,
    ])
    const tls = await plumbline('key', 'rotate', '--use', 'tls', '--data', data)
    expect([tls.status, tls.stderr]).toEqual([64, expect.stringContaining('cannot be changed yet')])
  })

  it('prints proofs of the log that agree with its checkpoint', async () => {
    const proof = (await plumbline('log', 'prove', '1', '--data', data)).stdout
    expect(proof).toContain('c2sp.org/tlog-proof@v1')
    const { document } = await plumblineJson<{ size: number; path: string[] }>(
      'log',
      'consistency',
      '1',
      '--data',
      data,
    )
    expect(document.size).toBeGreaterThan(1)
    expect(document.path.length).toBeGreaterThan(0)
  })

  it('goes on without a gateway that is killed, and starts it again', async () => {
    const before = await status()
    const leader = before.gateways.find(({ role }) => role === 'leader')
    expect(leader?.pid).toBeTypeOf('number')
    process.kill(leader?.pid ?? 0, 'SIGKILL')
    const others = (answer: StatusReport): number[] =>
      answer.gateways.filter(({ name }) => name !== leader?.name).map(({ treeSize }) => treeSize)
    await until(
      'writing without the leader',
      15_000,
      status,
      (answer) => Math.min(...others(answer)) > Math.max(...others(before)),
    )
    const again = await until(
      'all three',
      60_000,
      status,
      (answer) =>
        answer.gateways.every(({ pid }) => pid !== null) &&
        answer.gateways.every(({ verdict }) => verdict === 'unchanged'),
    )
    expect(again.gateways.find(({ name }) => name === leader?.name)?.pid).not.toBe(leader?.pid)
    pids = again.gateways.flatMap(({ pid }) => pid ?? [])
  })

  it('ends cleanly with status 0 although the signal is repeated, and leaves no process behind', async () => {
    demo.signal('SIGINT')
    demo.signal('SIGTERM')
    expect(await demo.ended).toBe(0)
    await until(
      'the end of all daemons',
      5_000,
      () => Promise.resolve(pids.filter(isAlive)),
      (alive) => alive.length === 0,
    )
    const report = await plumblineJson<{ verdict: string }>('fsck', '--data', data)
    expect([report.status, report.document.verdict]).toEqual([0, 'unchanged'])
  })

  it('continues the same ledger, and takes the next port when its own is in use', async () => {
    const before = (await plumbline('log', 'checkpoint', '--data', data, '--gateway', 'gw-fill-1')).stdout.split('\n')
    const holder = (await import('node:net')).createServer()
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve))
    try {
      demo = Running.start(['demo', '--data', data, '--port', String(port)])
      const [, used] = await demo.line(/Console: http:\/\/127\.0\.0\.1:(\d+)\//)
      expect(Number(used)).not.toBe(port)
      expect(demo.output).toContain(`Port ${port} is in use`)
      const report = await until('more entries', 30_000, status, (answer) => answer.entries > Number(before[1]))
      expect(report.gateways).toHaveLength(3)
      const { document } = await plumblineJson<{ oldRoot: string }>(
        'log',
        'consistency',
        before[1] ?? '',
        '--data',
        data,
        '--gateway',
        'gw-fill-1',
      )
      expect(document.oldRoot).toBe(before[2])
    } finally {
      holder.close()
      demo.signal('SIGTERM')
      await demo.ended
    }
  })
  it.skipIf(!isLong)(
    'goes on with two gateways where the third cannot start, and says which one and where to look',
    async () => {
      writeFileSync(join(data, 'gw-store-3', 'ledger.db'), 'no database')
      const { entries } = await status()
      demo = Running.start(['demo', '--data', data, '--port', String(await freePort())])
      try {
        await demo.line(
          /gw-store-3 ended with status \d+; starting it again in 3 s\. The other gateways go on\.\n[^]*gw-store-3.gateway\.log/,
        )
        await demo.line(/gw-store-3 does not start: [^]*Console: http/)
        await demo.line(/gw-store-3 ended with status \d+; starting it again in 6 s/)
        await until('more entries', 30_000, status, (answer) => answer.entries > entries)
      } finally {
        demo.signal('SIGTERM')
        expect(await demo.ended).toBe(0)
      }
    },
  )
})
