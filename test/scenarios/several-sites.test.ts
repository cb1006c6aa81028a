/** Three gateways with folders of their own, of which nobody ever has the keys of another, found a channel by the commands and record in it; two of them another one beside it. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const NAMES = ['gw-kulmbach', 'gw-bayreuth', 'gw-hof'] as const

interface Report {
  verdict: string
  channel: { id: string } | null
  checkpoint: { size: number } | null
  gateways: { name: string; role: string; agreesWith: string[] }[]
}

const running = new Set<Running>()
afterEach(() => {
  for (const one of running) if (one.child.exitCode === null) one.signal('SIGKILL')
  running.clear()
})

interface Site {
  name: string
  data: string
  config: string
  /** What it gives away. */
  description: string
}

async function sites(): Promise<Site[]> {
  const ports = await Promise.all(NAMES.map(() => freePort()))
  return await Promise.all(
    NAMES.map(async (name, i) => {
      const data = temporaryFolder(onTestFinished)
      const config = join(data, 'own.yaml')
      const others = NAMES.flatMap((other, j) =>
        i === j ? [] : [`{ name: ${other}, host: 127.0.0.1, port: ${ports[j]} }`],
      )
      writeFileSync(
        config,
        `name: ${name}\nlegalName: Hall GmbH\nconsole: { port: ${await freePort()} }\npeers: { listen: { host: 127.0.0.1, port: ${ports[i]} }, members: [${others.join(', ')}] }\n`,
      )
      return { name, data, config, description: join(data, `${name}.json`) }
    }),
  )
}

it('three sites describe themselves, one founds, the others join, and all agree', async () => {
  const all = await sites()
  const [founder, second, third] = all as [Site, Site, Site]
  const fingerprints: string[] = []
  for (const { data, config, description } of all) {
    const args = ['channel', 'describe', '--data', data, '--config', config]
    const described = await plumblineJson<{ fingerprint: string }>(...args, '--out', description)
    expect(described.status).toBe(0)
    fingerprints.push(described.document.fingerprint)
    // And without a file it is the same text on standard output alone.
    expect((await plumbline(...args)).stdout).toBe(readFileSync(description, 'utf8'))
  }
  const sent = temporaryFolder(onTestFinished)
  for (const { name, description } of all) copyFileSync(description, join(sent, `${name}.json`))
  const files = NAMES.map((name) => join(sent, `${name}.json`))
  const genesis = join(sent, 'genesis.cose')
  const found = ['channel', 'found', '--name', 'Hall', '--site', 'Kulmbach', '--data', founder.data]

  const bent = join(sent, 'bent.json')
  writeFileSync(bent, readFileSync(files[1] as string, 'utf8').replace('gw-bayreuth', 'gw-bayreut'))
  const refused = await plumbline(...found, '--members', files[0] as string, bent)
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('its signature does not fit')])
  const few = await plumbline(...found, '--members', files[1] as string)
  expect([few.status, few.stderr]).toEqual([3, expect.stringContaining('not among those described')])

  const made = await plumblineJson<{ id: string; fingerprint: string; members: { fingerprint: string }[] }>(
    ...found,
    '--members',
    ...files,
    '--out',
    genesis,
  )
  expect(made.status).toBe(0)
  expect(made.document.members.map(({ fingerprint }) => fingerprint)).toEqual(fingerprints)
  const again = await plumbline(...found, '--members', ...files)
  expect([again.status, again.stderr]).toEqual([3, expect.stringContaining('belongs to a channel already')])

  const stranger = temporaryFolder(onTestFinished)
  mkdirSync(join(stranger, 'gw-else'))
  writeFileSync(join(stranger, 'own.yaml'), 'name: gw-else\n')
  await plumbline('channel', 'describe', '--data', stranger, '--config', join(stranger, 'own.yaml'))
  const foreign = await plumbline('channel', 'join', '--genesis', genesis, '--data', stranger)
  expect([foreign.status, foreign.stderr]).toEqual([3, expect.stringContaining('none of them has the keys')])
  expect(existsSync(join(stranger, 'gw-else', 'genesis.cose'))).toBe(false)

  for (const { data } of [second, third]) {
    const joined = await plumbline('channel', 'join', '--genesis', genesis, '--data', data)
    expect([joined.status, joined.stdout]).toEqual([0, expect.stringContaining(made.document.fingerprint)])
  }
  for (const site of all) await startSite(site)
  const status = async ({ data }: Site): Promise<Report> =>
    (await plumblineJson<Report>('status', '--data', data)).document
  for (const site of all) {
    const report = await until(
      `the agreement of ${site.name}`,
      60_000,
      () => status(site),
      ({ verdict, gateways }) =>
        verdict === 'unchanged' &&
        gateways.some(({ name, agreesWith }) => name === site.name && agreesWith.length === NAMES.length - 1),
    )
    expect(report.channel?.id).toBe(made.document.id)
  }
  // What people compared is what a verifier pins.
  const policy = join(sent, 'hall.policy')
  writeFileSync(policy, (await plumbline('log', 'policy', '--data', third.data)).stdout)
  const pinned = await plumbline('trust', 'pin', policy, '--data', sent, '--fingerprint', made.document.fingerprint)
  expect([pinned.status, pinned.stderr]).toEqual([0, ''])
  await stopAll()

  // Two of them have a matter of their own: a further channel, over the links that they have.
  const apart = join(sent, 'apart.cose')
  const also = ['channel', 'found', '--name', 'Recipes', '--site', 'Kulmbach', '--data', founder.data, '--also']
  const further = await plumblineJson<{ id: string }>(
    ...also,
    '--members',
    files[0] as string,
    files[1] as string,
    '--out',
    apart,
  )
  expect(further.status).toBe(0)
  const entered = await plumbline('channel', 'join', '--genesis', apart, '--data', second.data, '--also')
  expect([entered.status, entered.stderr]).toEqual([0, ''])
  const outside = await plumbline('channel', 'join', '--genesis', apart, '--data', third.data, '--also')
  expect([outside.status, outside.stderr]).toEqual([3, expect.stringContaining('none of them has the keys')])
  for (const site of all) await startSite(site)
  for (const [site, channel, others] of [
    [founder, 'Recipes', 1],
    [second, 'Recipes', 1],
    [founder, 'Hall', 2],
    [third, 'Hall', 2],
  ] as const) {
    const report = await until(
      `${site.name} to agree in ${channel}`,
      60_000,
      async () => (await plumblineJson<Report>('status', '--data', site.data, '--channel', channel)).document,
      ({ verdict, gateways }) =>
        verdict === 'unchanged' &&
        gateways.some(({ name, agreesWith }) => name === site.name && agreesWith.length === others),
    )
    expect(report.channel?.id).toBe(channel === 'Hall' ? made.document.id : further.document.id)
  }
  await stopAll()
}, 240_000)

async function startSite({ name, data, config }: Site): Promise<void> {
  const daemon = Running.start(['start', '--config', config, '--data', data])
  running.add(daemon)
  await daemon.line(new RegExp(`Gateway ${name}`))
}

async function stopAll(): Promise<void> {
  for (const daemon of running) daemon.signal('SIGTERM')
  for (const daemon of running) expect(await daemon.ended).toBe(0)
  running.clear()
}
