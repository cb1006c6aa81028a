/**
 * What a browser on another machine does, as a program that runs there: one JSON line for each thing it finds out.
 *
 *   node elsewhere-client.ts ADDRESS PORT NAME LOOPBACK_PORT PERSON PASSPHRASE
 */
import { createHash } from 'node:crypto'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { connect, type SecureVersion } from 'node:tls'

const [address = '', port = '', name = '', loopbackPort = '', person = '', passphrase = ''] = process.argv.slice(2)

const say = (what: string, found: unknown): void => void process.stdout.write(`${JSON.stringify({ what, found })}\n`)
const own = { host: `${name}:${port}` }

/** Its certificate is compared by its fingerprint, as a person does. */
const place = { host: address, port: Number(port), rejectUnauthorized: false, servername: name, agent: false }

function ask(path: string, headers: Record<string, string> = own, body?: object): Promise<[number, Headers, string]> {
  const method = body === undefined ? 'GET' : 'POST'
  const posted = body === undefined ? {} : { origin: `https://${name}:${port}`, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const asked = request({ ...place, path, method, headers: { ...headers, ...posted } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => {
        const all = new Headers(Object.entries(response.headers).map(([key, value]) => [key, String(value)]))
        resolve([response.statusCode ?? 0, all, text])
      })
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function handshake(version: SecureVersion): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, minVersion: 'TLSv1.2', maxVersion: version }, () => {
      const raw = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0)
      resolve(`${socket.getProtocol()} ${createHash('sha256').update(raw).digest('hex')}`)
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

function plain(host: string, at: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectPlain({ host, port: Number(at) }, () => resolve('open'))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

say('tls 1.2', await handshake('TLSv1.2'))
say('tls 1.3', await handshake('TLSv1.3'))
say('console of the machine', await plain(address, loopbackPort))
for (const path of ['/api/status', '/metrics', '/checkpoint', '/tile/0/000', '/api/policy', '/openapi.json'])
  say(path, (await ask(path))[0])
say('names before sign-in', (JSON.parse((await ask('/api/people'))[2]) as { people: unknown[] }).people)
say('wrong host', (await ask('/', { host: `${address}.evil.example:${port}` }))[0])
say('wrong passphrase', (await ask('/api/session', own, { name: person, passphrase: 'no' }))[0])
const [status, headers, text] = await ask('/api/session', own, { name: person, passphrase })
say('sign-in', status)
const cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? ''
const session = { ...own, cookie, 'x-plumbline-key': (JSON.parse(text) as { key: string }).key }
say('cookie', cookie.split('=')[0])
say('signed in', (await ask('/api/status', session))[0])
await new Promise<void>((resolve) => {
  request({ ...place, path: '/api/events', headers: session }, (response) => {
    response.once('data', () => say('stream', 'open'))
    response.on('close', () => resolve())
    response.on('error', () => resolve())
  }).end()
})
say('stream', 'ended')
say('after the end', (await ask('/api/status', session))[0])
