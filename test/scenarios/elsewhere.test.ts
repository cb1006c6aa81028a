/** The console from another machine: a network namespace stands for it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { makeNamespace, type Namespace } from '../support/network-namespace.ts'
import { plumbline, plumblineJson, Running } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CLIENT = resolve(import.meta.dirname, '..', 'support', 'elsewhere-client.ts')
const NAME = 'gw-1.works.example'
const PASSPHRASE = 'correct horse'
const namespace: Namespace | null = makeNamespace()
if (namespace === null)
  console.warn('elsewhere: skipped, no network namespaces here (needs root and iproute2: apt-get install iproute2)')

describe.skipIf(namespace === null)('from another machine', () => {
  const here = namespace?.here ?? ''
  let gateway: Running
  let data: string
  let ports: { console: number; elsewhere: number }

  beforeAll(async () => {
    data = temporaryFolder(afterAll)
    ports = { console: await freePort(), elsewhere: await freePort() }
    const config = join(data, 'gateway.yaml')
    mkdirSync(join(data, 'gw-1'), { mode: 0o700 })
    writeFileSync(
      config,
      `name: gw-1\nconsole: { port: ${ports.console}, listen: { host: ${here}, port: ${ports.elsewhere} }, names: [${NAME}, ${here}] }\n`,
      { mode: 0o600 },
    )
    gateway = Running.start(['start', '--config', config, '--data', data])
    await gateway.line(/Console: /)
  }, 400_000)
  afterAll(async () => {
    gateway?.signal('SIGTERM')
    await gateway?.ended
    namespace?.remove()
  })

  test('people sign in over TLS 1.3, by a certificate that the machine shows; all else is refused, and an end is one at once', async () => {
    expect(gateway.output).toContain(`From elsewhere: https://${NAME}:${ports.elsewhere}`)
    expect(gateway.output).toContain('nobody can sign in there yet')
    const secret = join(data, 'secret')
    writeFileSync(secret, `${PASSPHRASE}\n`, { mode: 0o600 })
    const enrol = ['enrol', 'Ada', '--role', 'auditor', '--passphrase-file', secret]
    expect((await plumbline('person', ...enrol, '--data', data)).stdout).toContain('Ada may sign in at gw-1')

    const there = (namespace as Namespace).spawn(process.execPath, [
      CLIENT,
      here,
      String(ports.elsewhere),
      NAME,
      String(ports.console),
      'Ada',
      PASSPHRASE,
    ])
    onTestFinished(() => void there.kill())
    const found = new Map<string, unknown>()
    let endedMs = 0
    let goneMs = 0
    for await (const line of createInterface({ input: there.stdout as NodeJS.ReadableStream })) {
      const said = JSON.parse(line) as { what: string; found: unknown }
      found.set(said.what, said.found)
      if (said.found === 'ended') goneMs = performance.now()
      if (said.found !== 'open') continue
      const listed = await plumblineJson<{ gateways: { people: object[] }[] }>('person', 'list', '--data', data)
      expect(listed.document.gateways[0]?.people).toMatchObject([{ name: 'Ada', sessions: 1 }])
      const ended = await plumbline('person', 'end', 'Ada', '--data', data)
      endedMs = performance.now()
      expect(ended.stdout).toContain('1 session was ended')
    }
    const { document } = await plumblineJson<{ gateways: { elsewhere: { certificate: { fingerprint: string } } }[] }>(
      'status',
      '--data',
      data,
    )
    const fingerprint = document.gateways[0]?.elsewhere.certificate.fingerprint ?? ''
    expect(Object.fromEntries(found)).toEqual({
      'tls 1.2': 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'tls 1.3': `TLSv1.3 ${fingerprint}`,
      'console of the machine': 'ECONNREFUSED',
      '/api/status': 401,
      '/metrics': 401,
      '/checkpoint': 401,
      '/tile/0/000': 401,
      '/api/policy': 401,
      '/openapi.json': 401,
      'names before sign-in': [],
      'wrong host': 421,
      'wrong passphrase': 401,
      'sign-in': 200,
      cookie: expect.stringMatching(/^__Host-plumbline-[0-9a-f]{8}$/),
      'signed in': 200,
      stream: 'ended',
      'after the end': 401,
    })
    expect(goneMs - endedMs).toBeLessThan(1_000)
    expect((await plumbline('status', '--data', data)).stdout).toContain(
      fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'),
    )
    const log = readFileSync(join(data, 'gw-1', 'gateway.log'), 'utf8')
    for (const said of [fingerprint, 'signed in', 'wrong_passphrase', 'person ended', 'ERR_SSL_UNSUPPORTED_PROTOCOL'])
      expect(log).toContain(said)
    expect(log).not.toContain(PASSPHRASE)
  }, 400_000)
})
