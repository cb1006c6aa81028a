import { EventEmitter } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeFrame, FRAME, FRAME_BODY_BYTES_MAX } from '../../../src-main/consensus/frames.ts'
import { PeerLink } from '../../../src-main/consensus/peer-link.ts'
import { addressOf, makeIdentity, startGateway, until, type Identity, type TestGateway } from './peer-fixture.ts'

const running: TestGateway[] = []
const sockets: { destroy(): void }[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(running.splice(0).map((gateway) => gateway.peers.close()))
})

async function start(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  const gateway = await startGateway(...args)
  running.push(gateway)
  return gateway
}

/** Two gateways that know each other; 1 dials 2. */
async function pair(options: Parameters<typeof startGateway>[2] = {}): Promise<[TestGateway, TestGateway]> {
  const [one, two] = [await makeIdentity(1), await makeIdentity(2)]
  const second = await start(two, [addressOf(one, 1)], options)
  const first = await start(one, [addressOf(two, second.peers.port)], options)
  await until('both are up', () => first.events.includes('up 2') && second.events.includes('up 1'))
  return [first, second]
}

/** A bare TLS client that speaks as `identity`. */
function tlsClient(identity: Identity | null, port: number): TLSSocket {
  const credentials = identity === null ? {} : { key: identity.keyPem, cert: identity.certPem }
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['plumbline-peer/1'],
    ...credentials,
  })
  socket.on('error', () => undefined)
  // Unread data would keep the end of the stream, and so 'close', from being seen.
  socket.resume()
  sockets.push(socket)
  return socket
}

function closed(socket: { once(event: 'close', listener: () => void): unknown; destroyed: boolean }): Promise<void> {
  return new Promise((resolve) => (socket.destroyed ? resolve() : void socket.once('close', resolve)))
}

function hello(from: number, to: number): Buffer {
  const body = Buffer.alloc(14)
  body[1] = 2
  body.writeUIntLE(from, 2, 6)
  body.writeUIntLE(to, 8, 6)
  const frame = encodeFrame(FRAME.link, body)
  return Buffer.concat([frame.header, frame.body])
}

/** A link over a socket of which only what goes in is known: nothing that is written ever leaves it. */
class DeafSocket extends EventEmitter {
  writableLength = 0
  destroyed = false
  setNoDelay(): void {}
  cork(): void {}
  uncork(): void {}
  destroy(): void {
    this.destroyed = true
  }
  write(bytes: Uint8Array): boolean {
    this.writableLength += bytes.length
    return false
  }
}

describe('a member that asks for the time and never reads', () => {
  it('is let go before its answers fill the memory', () => {
    const socket = new DeafSocket()
    const closed: unknown[] = []
    const queueBytesMax = 64 * 1024
    const link = new PeerLink({
      socket: socket as unknown as TLSSocket,
      selfId: 1,
      peerId: 2,
      clock: { wallUs: () => 1, monotonicUs: () => 1 },
      queueBytesMax,
      charge: () => true,
      onFrame: () => undefined,
      onUp: () => undefined,
      onClosed: (reason) => closed.push(reason),
    })
    socket.emit('data', hello(2, 1))
    expect(link.up).toBe(true)
    const { header, body } = encodeFrame(FRAME.link, Uint8Array.of(1, 0, 0, 0, 0))
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.concat([header, body])))
    for (let i = 0; i < 10; i++) socket.emit('data', pings)
    expect(closed).toMatchObject([{ code: 'peer_not_reading' }])
    expect(socket.destroyed).toBe(true)
    expect(socket.writableLength).toBeLessThan(queueBytesMax + 100)
  })
})

describe('two members', () => {
  it('exchange frames of every size in order', async () => {
    const [first, second] = await pair()
    const sizes = [0, 1, 16_384, 100_000, FRAME_BODY_BYTES_MAX[FRAME.raft]]
    for (const size of sizes) expect(first.peers.send(2, FRAME.raft, Buffer.alloc(size, size % 251))).toBe(true)
    await until('all arrived', () => second.frames.length === sizes.length)
    expect(second.frames.map(({ from, type, body }) => [from, type, body.length])).toEqual(
      sizes.map((size) => [1, FRAME.raft, size]),
    )
    for (const { body } of second.frames) expect(body.every((byte) => byte === body.length % 251)).toBe(true)
    second.peers.send(1, FRAME.status, Buffer.from('back'))
    await until('the answer arrived', () => first.frames.length === 1)
  })

  it('compress a large frame where it pays', async () => {
    const [first, second] = await pair()
    first.peers.send(2, FRAME.forward, Buffer.alloc(1_000_000, 7), { compress: true })
    expect(first.peers.status()[0]?.queuedBytes).toBeLessThan(10_000)
    await until('it arrived', () => second.frames.length === 1)
    expect(second.frames[0]?.body).toHaveLength(1_000_000)
  })

  it('measure each other’s clock', async () => {
    const [one, two] = [await makeIdentity(1), await makeIdentity(2)]
    const aheadUs = 7_000_000
    const fast = { wallUs: () => Date.now() * 1000 + aheadUs, monotonicUs: () => performance.now() * 1000 }
    const second = await start(two, [addressOf(one, 1)], { clock: fast, pingIntervalMs: 20 })
    const first = await start(one, [addressOf(two, second.peers.port)], { pingIntervalMs: 20 })
    await until('a sample exists', () => (first.peers.status()[0]?.clockOffset ?? null) !== null)
    const offset = first.peers.status()[0]?.clockOffset
    expect(Math.abs((offset?.offsetUs ?? 0) - aheadUs)).toBeLessThan(100_000)
    expect(first.peers.status()[0]?.lastContactUs).toBeGreaterThan(0)
  })

  it('work with certificates that expired long ago', async () => {
    const past = { notBefore: new Date('2001-01-01'), notAfter: new Date('2001-02-01') }
    const [one, two] = [await makeIdentity(1, past), await makeIdentity(2, past)]
    const second = await start(two, [addressOf(one, 1)])
    const first = await start(one, [addressOf(two, second.peers.port)])
    await until('up', () => first.events.includes('up 2') && second.events.includes('up 1'))
  })

  it('find each other again after one was ended and started anew', async () => {
    const [first, second] = await pair()
    const { port } = second.peers
    await second.peers.close()
    running.splice(running.indexOf(second), 1)
    await until('the loss is seen', () => first.events.at(-1) === 'down 2')
    expect(first.peers.send(2, FRAME.raft, Buffer.from('lost'))).toBe(false)
    const again = await start(second.identity, [addressOf(first.identity, 1)], { port })
    await until('up again', () => first.events.at(-1) === 'up 2' && again.events.includes('up 1'))
    first.peers.send(2, FRAME.raft, Buffer.from('kept'))
    await until('it arrived', () => again.frames.length === 1)
    expect(Buffer.from(again.frames[0]?.body ?? []).toString()).toBe('kept')
  })

  it('drop and count frames above the queue’s bound', async () => {
    const [first] = await pair({ queueBytesMax: 100_000 })
    const sent = Array.from({ length: 5 }, () => first.peers.send(2, FRAME.raft, Buffer.alloc(40_000)))
    expect(sent).toEqual([true, true, false, false, false])
    expect(first.peers.status()[0]?.droppedFrames).toBe(3)
  })

  it('part when one is no longer a member, and the port refuses it afterwards', async () => {
    const [first, second] = await pair()
    second.peers.update([])
    await until('both are down', () => first.events.includes('down 2') && second.events.includes('down 1'))
    await until('the retry was refused', () => second.refused.includes('peer_unknown'))
    await until('the dialler says why', () =>
      (first.peers.status()[0]?.problem?.message ?? '').includes('may not know'),
    )
  })

  it('give up a link on which nothing is heard', async () => {
    const [one, two] = [await makeIdentity(1), await makeIdentity(2)]
    const second = await start(two, [addressOf(one, 1)], { pingIntervalMs: 20, silentMsMax: 150 })
    const mute = tlsClient(one, second.peers.port)
    mute.write(hello(1, 2))
    await until('up', () => second.events.includes('up 1'))
    await until('given up', () => second.events.includes('down 1'))
    expect(second.peers.status()[0]?.problem?.code).toBe('peer_silent')
  })
})

describe('the port for peers', () => {
  async function listening(): Promise<{ gateway: TestGateway; member: Identity }> {
    const [member, self] = [await makeIdentity(1), await makeIdentity(2)]
    return { gateway: await start(self, [addressOf(member, 1)]), member }
  }

  it('refuses a stranger’s key before it reads a byte', async () => {
    const { gateway } = await listening()
    const stranger = await makeIdentity(1)
    const socket = tlsClient(stranger, gateway.peers.port)
    socket.write(hello(1, 2))
    await closed(socket)
    expect(gateway.refused).toEqual(['peer_unknown'])
    expect(gateway.events).toEqual([])
  })

  it('refuses a connection without a certificate', async () => {
    const { gateway } = await listening()
    const socket = tlsClient(null, gateway.peers.port)
    socket.write(hello(1, 2))
    await closed(socket)
    await until('refused', () => gateway.refused.length === 1)
    expect(gateway.events).toEqual([])
  })

  it('refuses plain TCP', async () => {
    const { gateway } = await listening()
    const socket = connectTcp(gateway.peers.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.write(hello(1, 2))
    await closed(socket)
    await until('refused', () => gateway.refused.includes('tls_failed'))
    expect(gateway.events).toEqual([])
  })

  it('refuses TLS 1.2', async () => {
    const { gateway, member } = await listening()
    const socket = connectTls({
      host: '127.0.0.1',
      port: gateway.peers.port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      key: member.keyPem,
      cert: member.certPem,
    })
    sockets.push(socket)
    socket.on('error', () => undefined)
    await closed(socket)
    await until('refused', () => gateway.refused.includes('tls_failed'))
  })

  for (const [what, bytes] of [
    ['an oversize frame', Buffer.from([0xff, 0xff, 0xff, 0x7f, FRAME.raft])],
    ['a frame of length 0', Buffer.from([0, 0, 0, 0, FRAME.raft])],
    ['an unknown type', Buffer.from([1, 0, 0, 0, 0x42])],
    ['a second hello', hello(1, 2)],
  ] as const)
    it(`closes the connection of a member that sends ${what}`, async () => {
      const { gateway, member } = await listening()
      const socket = tlsClient(member, gateway.peers.port)
      socket.write(hello(1, 2))
      await until('up', () => gateway.events.includes('up 1'))
      socket.write(bytes)
      await closed(socket)
      await until('down', () => gateway.events.includes('down 1'))
      expect(gateway.peers.status()[0]?.problem?.code).toMatch(/^frame_/)
      expect(gateway.frames).toEqual([])
    })

  it('closes the connection of a member that sends data before its hello', async () => {
    const { gateway, member } = await listening()
    const socket = tlsClient(member, gateway.peers.port)
    const { header, body } = encodeFrame(FRAME.raft, Buffer.from('early'))
    socket.write(Buffer.concat([header, body]))
    await closed(socket)
    expect(gateway.frames).toEqual([])
  })

  it('closes the connection of a member whose hello names another id', async () => {
    const { gateway, member } = await listening()
    const socket = tlsClient(member, gateway.peers.port)
    socket.write(hello(3, 2))
    await closed(socket)
    await until('noted', () => gateway.peers.status()[0]?.problem?.code === 'peer_mismatch')
    expect(gateway.events).toEqual([])
  })

  it('takes a member’s new connection instead of its old one', async () => {
    const { gateway, member } = await listening()
    const old = tlsClient(member, gateway.peers.port)
    old.write(hello(1, 2))
    await until('up', () => gateway.events.length === 1)
    const fresh = tlsClient(member, gateway.peers.port)
    fresh.write(hello(1, 2))
    await closed(old)
    await until('up again', () => gateway.events.join() === 'up 1,down 1,up 1')
  })

  it('says which port is taken', async () => {
    const { gateway } = await listening()
    const other = await makeIdentity(3)
    await expect(startGateway(other, [], { port: gateway.peers.port })).rejects.toMatchObject({ code: 'listen_failed' })
  })
})

describe('dialling', () => {
  it('refuses a peer that shows another key than its member’s', async () => {
    const [one, two, impostor] = [await makeIdentity(1), await makeIdentity(2), await makeIdentity(2)]
    const answering = await start(impostor, [addressOf(one, 1)])
    const first = await start(one, [addressOf(two, answering.peers.port)])
    await until('refused', () => first.peers.status()[0]?.problem?.code === 'peer_mismatch')
    expect(first.events).toEqual([])
  })

  it('says that nobody answers', async () => {
    const [one, two] = [await makeIdentity(1), await makeIdentity(2)]
    const first = await start(one, [addressOf(two, 1)])
    await until('noted', () => first.peers.status()[0]?.problem?.code === 'peer_unreachable')
  })
})
