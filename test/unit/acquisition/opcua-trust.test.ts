import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { OpcuaSource } from '../../../src-main/acquisition/config.ts'
import { CertificateDecisions } from '../../../src-main/acquisition/drivers/opcua/certificate-decisions.ts'
import { fingerprintOf } from '../../../src-main/acquisition/drivers/opcua/certificate.ts'
import { OpcuaDriver } from '../../../src-main/acquisition/drivers/opcua/driver.ts'
import { CollectingSink, sourceOf, testEnvironment, until } from './collecting-sink.ts'
import { FakeOpcuaServer, FILLER, OTHER } from './fake-opcua-server.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

function run(server: FakeOpcuaServer, id: string, more: object = {}): { sink: CollectingSink; driver: OpcuaDriver } {
  const source = sourceOf<OpcuaSource>({
    id,
    name: id,
    driver: 'opcua',
    endpoint: 'opc.tcp://10.0.0.1:4840',
    ...more,
    tags: [{ id: 't', label: 'T', unit: '1', kind: 'float', address: { node: 'i=1' } }],
  })
  const sink = new CollectingSink()
  const driver = new OpcuaDriver(source, sink, { ...testEnvironment, certificateStore: server.openStore }, server)
  open.push(() => driver.stop())
  driver.start()
  return { sink, driver }
}

const spaceless = (text: string | undefined): string => (text ?? '').replaceAll(' ', '').toLowerCase()

test('a source whose configuration names a certificate refuses every other, also one the store accepts', async () => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  const pinned = fingerprintOf(OTHER)
  const { sink, driver } = run(server, 'b', { trustedFingerprint: pinned })
  await until(() => sink.now?.state === 'untrusted', 'untrusted')
  expect(sink.now?.reason).toContain("This gateway refuses the server's certificate")
  expect(spaceless(sink.now?.reason)).toContain(server.fingerprint)
  expect(spaceless(sink.now?.reason)).toContain(pinned)
  expect(server.connections).toBe(0)
  await expect(driver.trust(server.fingerprint, 'trust')).rejects.toMatchObject({
    code: 'other_certificate_pinned',
    next: expect.stringContaining('trustedFingerprint'),
  })
})

test('a certificate that was trusted for one source is not trusted for another', async () => {
  const server = new FakeOpcuaServer()
  const first = run(server, 'a')
  await until(() => first.sink.now?.state === 'untrusted', 'untrusted')
  await first.driver.trust(server.fingerprint, 'trust')
  await until(() => first.sink.now?.state === 'live', 'live')
  const second = run(server, 'b')
  await until(() => second.sink.now?.state === 'untrusted', 'the other source untrusted')
  expect(second.sink.now?.reason).toContain('for source "a", not for this one')
  await second.driver.trust(server.fingerprint, 'trust')
  await until(() => second.sink.now?.state === 'live', 'live there too')
})

test('a certificate stays trusted no longer than the configuration names it', async () => {
  const server = new FakeOpcuaServer()
  const before = run(server, 'a', { trustedFingerprint: server.fingerprint })
  await until(() => before.sink.now?.state === 'live', 'live')
  await before.driver.stop()
  const after = run(server, 'a')
  await until(() => after.sink.now?.state === 'untrusted', 'untrusted')
})

test("a person's refusal holds after a restart, also against the configuration", async () => {
  const server = new FakeOpcuaServer()
  const pin = { trustedFingerprint: server.fingerprint }
  const before = run(server, 'a', pin)
  await until(() => before.sink.now?.state === 'live', 'live')
  await before.driver.trust(server.fingerprint, 'refuse')
  await until(() => before.sink.now?.state === 'untrusted', 'untrusted')
  await before.driver.stop()
  const after = run(server, 'a', pin)
  await until(() => after.sink.now?.state === 'untrusted', 'untrusted after the restart')
  expect(after.sink.now?.reason).toContain('because a person decided so')
  await after.driver.trust(server.fingerprint, 'trust')
  await until(() => after.sink.now?.state === 'live', 'live once the person trusts it again')
})

test('what is no certificate at all is a reason, and the next offer is looked at again', async () => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  server.certificate = FILLER.map((byte, index) => (index === 0 ? 0 : byte))
  const { sink, driver } = run(server, 'a')
  await until(() => sink.now?.reason.includes('no certificate that can be read') === true, 'the reason')
  expect(driver.certificate()).toBeNull()
  await expect(driver.trust('00', 'trust')).rejects.toMatchObject({ code: 'no_certificate' })
  server.certificate = FILLER
  await until(() => sink.now?.state === 'live', 'live')
})

test('decisions about certificates outlive a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-decisions-'))
  open.push(() => rm(folder, { recursive: true }))
  const file = join(folder, 'decisions.json')
  const decisions = await CertificateDecisions.open(file)
  await Promise.all([
    decisions.set('aa', 'a', 'trusted'),
    decisions.set('aa', 'b', 'refused'),
    decisions.set('bb', 'c', 'pinned'),
  ])
  const again = await CertificateDecisions.open(file)
  expect(['a', 'b', 'c'].map((source) => again.of('aa', source))).toEqual(['trusted', 'refused', null])
  expect(again.acceptedFor('aa')).toEqual(['a'])
  expect(again.acceptedFor('bb')).toEqual(['c'])
  expect(await readdir(folder)).toEqual(['decisions.json'])
})

test.each(['{', '[]', '{"aa":{"a":"maybe"}}'])('damaged decisions are no decisions: %s', async (text) => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-decisions-'))
  open.push(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'decisions.json'), text)
  await expect(CertificateDecisions.open(join(folder, 'decisions.json'))).rejects.toThrow(
    'holds no decisions about certificates',
  )
})
