import { afterEach, describe, expect, test } from 'vitest'
import { QUALITY } from '../../../src-main/wire/quality.ts'
import type { OpcuaSource } from '../../../src-main/acquisition/config.ts'
import { AcquisitionError } from '../../../src-main/acquisition/errors.ts'
import { OpcuaFault } from '../../../src-main/acquisition/drivers/opcua/binding.ts'
import { OpcuaDriver } from '../../../src-main/acquisition/drivers/opcua/driver.ts'
import { CollectingSink, sourceOf, testEnvironment, until } from './collecting-sink.ts'
import { FakeOpcuaServer, OTHER } from './fake-opcua-server.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

function run(server: FakeOpcuaServer, more: object = {}): { sink: CollectingSink; driver: OpcuaDriver } {
  const source = sourceOf<OpcuaSource>({
    id: 'filler',
    name: 'Filler',
    driver: 'opcua',
    endpoint: 'opc.tcp://10.0.0.1:4840',
    ...more,
    tags: [0, 1].map((index) => ({
      id: `t${index}`,
      label: 'T',
      unit: '1',
      kind: 'float',
      address: { node: `ns=2;i=${index + 1}` },
    })),
  })
  const sink = new CollectingSink()
  const driver = new OpcuaDriver(source, sink, { ...testEnvironment, certificateStore: server.openStore }, server)
  open.push(() => driver.stop())
  driver.start()
  return { sink, driver }
}

const trustedServer = (): FakeOpcuaServer => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  return server
}

describe('trust in a server', () => {
  test('is never given by default: the fingerprint is shown and nothing is read', async () => {
    const server = new FakeOpcuaServer()
    const { sink, driver } = run(server)
    await until(() => sink.now?.state === 'untrusted', 'untrusted')
    expect(sink.now?.reason).toContain("This gateway does not know the server's certificate yet")
    expect(sink.now?.reason.replaceAll(' ', '').toLowerCase()).toContain(server.fingerprint)
    expect(driver.certificate()).toMatchObject({
      fingerprint: server.fingerprint,
      trusted: false,
      subject: 'CN=FILLER',
      securityPolicy: 'Aes256_Sha256_RsaPss',
    })
    expect(server.connections).toBe(0)
  })

  test('is given by the fingerprint that was compared, however it is written, and by no other', async () => {
    const server = new FakeOpcuaServer()
    const { sink, driver } = run(server)
    await until(() => sink.now?.state === 'untrusted', 'untrusted')
    await expect(driver.trust('00'.repeat(32), 'trust')).rejects.toThrow(AcquisitionError)
    expect(server.decisions.size).toBe(0)
    await driver.trust(server.fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'), 'trust')
    await until(() => sink.now?.state === 'live', 'live')
    expect(driver.certificate()?.trusted).toBe(true)
  })

  test('taken back ends the session', async () => {
    const server = trustedServer()
    const { sink, driver } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    await driver.trust(server.fingerprint, 'refuse')
    await until(() => sink.now?.state === 'untrusted', 'untrusted')
    expect(sink.now?.reason).toContain('because a person decided so')
    expect(server.closed).toBe(1)
  })

  test('written in the configuration holds for that certificate only', async () => {
    const server = new FakeOpcuaServer()
    const { sink } = run(server, { trustedFingerprint: server.fingerprint })
    await until(() => sink.now?.state === 'live', 'live')
    const other = new FakeOpcuaServer()
    other.certificate = OTHER
    const second = run(other, { trustedFingerprint: server.fingerprint })
    await until(() => second.sink.now?.state === 'untrusted', 'untrusted')
    expect(second.sink.now?.reason).toContain(
      "This gateway refuses the server's certificate: it is another certificate than",
    )
  })

  test('before anything was shown cannot be decided', async () => {
    const server = new FakeOpcuaServer()
    server.discover = () => new Promise(() => undefined)
    const source = sourceOf<OpcuaSource>({
      id: 'f',
      name: 'F',
      driver: 'opcua',
      endpoint: 'opc.tcp://h:1',
      tags: [{ id: 't', label: 'T', unit: '1', kind: 'float', address: { node: 'i=1' } }],
    })
    const environment = { ...testEnvironment, certificateStore: server.openStore }
    const driver = new OpcuaDriver(source, new CollectingSink(), environment, server)
    await expect(driver.trust('00', 'trust')).rejects.toMatchObject({ code: 'no_certificate' })
  })
})

describe('a server that refuses', () => {
  test.each([
    [
      new OpcuaFault('certificate-refused', 'BadSecurityChecksFailed'),
      'refused',
      /The server refuses this gateway's certificate .*move it from rejected to trusted.*ABAB ABAB.*\/certs\/own\.pem/,
    ],
    [
      new OpcuaFault('login-refused', 'BadUserAccessDenied'),
      'refused',
      /The server refuses the log-in .*Check "login"/,
    ],
    [
      new OpcuaFault('no-secure-endpoint', 'it offers None'),
      'refused',
      /This gateway refuses the server: it offers None\. Switch on signing/,
    ],
    [
      new OpcuaFault('unreachable', 'connect ECONNREFUSED'),
      'connecting',
      /ECONNREFUSED; next try in 1 s\. Check that opc\.tcp:\/\/10\.0\.0\.1:4840/,
    ],
  ])('%s', async (fault, state, reason) => {
    const server = trustedServer()
    server.connectFault = fault
    const { sink } = run(server)
    await until(
      () => sink.now?.state === state && sink.now.reason !== 'connecting to opc.tcp://10.0.0.1:4840',
      'the state',
    )
    expect(sink.now?.reason).toMatch(reason)
    server.connectFault = null
    await until(() => sink.now?.state === 'live', 'live as soon as it accepts')
  })
})

describe('a session', () => {
  test("passes values on with time and status, and fills in the gateway's clock when the server gives no time", async () => {
    const server = trustedServer()
    const { sink } = run(server)
    await until(() => server.events !== null && sink.now?.state === 'live', 'live')
    server.events?.value(1, 1_790_000_000_000_001, { kind: 'float', value: 0.1 }, 0x00300000, false)
    server.events?.value(0, null, { kind: 'null' }, 0x80340000, false)
    expect(sink.samples[0]).toMatchObject({
      tag: 1,
      timeUs: 1_790_000_000_000_001,
      value: { kind: 'float', value: 0.1 },
      quality: 0x00300000,
    })
    expect(sink.samples[1]?.quality).toBe(0x80340000)
    expect(Math.abs(sink.samples[1]!.timeUs - Date.now() * 1000)).toBeLessThan(5e6)
  })

  test('without a notification for three publishing intervals is stale, and with the next every value is told anew', async () => {
    const server = trustedServer()
    server.publishingIntervalMs = 100
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    server.events?.alive()
    const silentFromMs = performance.now()
    await until(() => sink.now?.state === 'stale', 'stale')
    const afterMs = sink.states.at(-1)!.atMs - silentFromMs
    expect(afterMs).toBeGreaterThanOrEqual(299)
    expect(sink.interruptions).toMatchObject([{ quality: QUALITY.badNoCommunication }])
    server.events?.alive()
    await until(() => server.connections === 2 && sink.now?.state === 'live', 'live with a new subscription')
    expect(sink.interruptions[1]?.reason).toBe('the server answers again after a silence')
    expect(server.closed).toBe(1)
  })

  test('of a server that is silent for longer by what it said is not stale before that', async () => {
    const server = trustedServer()
    server.publishingIntervalMs = 100
    server.signOfLifeMs = 400
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    server.events?.alive()
    const silentFromMs = performance.now()
    await until(() => sink.now?.state === 'stale', 'stale')
    expect(sink.states.at(-1)!.atMs - silentFromMs).toBeGreaterThanOrEqual(599)
  })

  test('that lost notifications ends as an interruption, and a new subscription tells every value anew', async () => {
    const server = trustedServer()
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    server.events?.missed(2)
    await until(() => server.connections === 2 && sink.now?.state === 'live', 'live with a new subscription')
    expect(sink.interruptions).toMatchObject([
      { reason: '2 notifications were lost on the way', quality: QUALITY.badNotConnected, tags: undefined },
    ])
  })

  test('is made anew when readings of it were given up', async () => {
    const server = trustedServer()
    const { sink, driver } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    driver.resync('readings came faster than they could be recorded')
    await until(() => server.connections === 2 && sink.now?.state === 'live', 'live with a new subscription')
    expect(sink.interruptions).toMatchObject([{ reason: 'readings came faster than they could be recorded' }])
  })

  test("a server's overflow is a loss before the value that says so", async () => {
    const server = trustedServer()
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    server.events?.value(1, 1, { kind: 'float', value: 1 }, 0x480, true)
    expect(sink.losses).toEqual([{ tag: 1, reason: "the server's queue overflowed" }])
    expect(sink.samples).toHaveLength(1)
  })

  test('that ends is told, closed and made again', async () => {
    const server = trustedServer()
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    server.events?.ended('the connection was lost')
    await until(() => sink.interruptions.length === 1, 'the interruption')
    expect(sink.interruptions[0]).toMatchObject({ reason: 'the connection was lost', quality: QUALITY.badNotConnected })
    await until(() => server.connections === 2 && sink.now?.state === 'live', 'live again')
    expect(server.closed).toBe(1)
  })

  test('nodes that are not there are recorded as bad and named, the others are read', async () => {
    const server = trustedServer()
    server.rejected = [{ tag: 1, statusCode: 0x80340000, reason: 'BadNodeIdUnknown' }]
    const { sink } = run(server)
    await until(() => sink.now?.state === 'live', 'live')
    expect(sink.samples).toMatchObject([{ tag: 1, value: { kind: 'null' }, quality: 0x80340000 }])
    expect(sink.now?.reason).toContain('1 of 2 nodes cannot be read, first "t1": BadNodeIdUnknown')
  })
})
