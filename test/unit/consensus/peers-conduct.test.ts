/** Members beyond what one may cost, and connections by nobody: the links of the others go on. */
import { connect as tcpConnect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { REST_MS } from '../../../src-main/consensus/conduct.ts'
import { FRAME } from '../../../src-main/consensus/frames.ts'
import { addressOf, makeIdentity, startGateway, systemClock, until, type TestGateway } from './peer-fixture.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A gateway with id 3 that two members dial; its clock can be moved on. */
async function three(): Promise<{
  gateway: TestGateway
  liar: TestGateway
  honest: TestGateway
  clock: { aheadUs: number }
}> {
  const [first, second, third] = await Promise.all([makeIdentity(1), makeIdentity(2), makeIdentity(3)])
  const clock = { aheadUs: 0 }
  const gateway = await startGateway(third, [addressOf(first, 1), addressOf(second, 2)], {
    clock: { ...systemClock, monotonicUs: () => systemClock.monotonicUs() + clock.aheadUs },
    onResting: (id, reason) => void gateway.events.push(`resting ${id}: ${reason}`),
    onRefused: (address, error, count) => void gateway.refused.push(`${address} ${error.code} ${count}`),
    silentMsMax: 1e9,
  })
  const liar = await startGateway(first, [addressOf(third, gateway.peers.port)])
  const honest = await startGateway(second, [addressOf(third, gateway.peers.port)])
  for (const one of [gateway, liar, honest]) open.push(one.peers)
  await until('both are up', () => gateway.events.includes('up 1') && gateway.events.includes('up 2'))
  return { gateway, liar, honest, clock }
}

describe('a member beyond its bounds', () => {
  it('is left alone for a minute and named, while the link of another goes on; then it is heard again', async () => {
    const { gateway, liar, honest, clock } = await three()
    const junk = new Uint8Array(60 * 1024).fill(7)
    for (let i = 0; i < 300; i++) {
      liar.peers.send(3, FRAME.status, junk)
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await until('the member rests', () => gateway.events.some((event) => event.startsWith('resting 1')))
    expect(gateway.events.filter((event) => event.startsWith('resting'))).toEqual([
      expect.stringMatching(/^resting 1: sent 274 frames of status with 17 MiB within a minute$/),
    ])
    expect(gateway.frames).toHaveLength(273)
    expect(gateway.peers.status().find(({ id }) => id === 1)?.problem?.code).toBe('peer_resting')
    const dials = liar.events.length
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(gateway.events.filter((event) => event === 'up 1')).toHaveLength(1)
    expect(liar.events.slice(dials).filter((event) => event === 'up 3')).toEqual([])
    honest.peers.send(3, FRAME.forward, Uint8Array.of(1))
    await until('the other is heard', () => gateway.frames.some(({ from }) => from === 2))
    expect(gateway.events).not.toContain('down 2')
    expect(gateway.refused).toEqual([])
    clock.aheadUs += REST_MS * 1_000
    await until('it is heard again', () => gateway.events.filter((event) => event === 'up 1').length === 2)
  })

  it('is counted for each refusal by the host, and rests after ten of them', async () => {
    const { gateway } = await three()
    for (let i = 0; i < 10; i++) gateway.peers.refused(1, 'lied')
    expect(gateway.peers.status().map(({ state, refused }) => [state, refused])).toEqual([
      ['up', 10],
      ['up', 0],
    ])
    gateway.peers.refused(1, 'lied')
    expect(gateway.peers.status().map(({ state }) => state)).toEqual(['down', 'up'])
  })

  it('that raises the term too often rests at once', async () => {
    const { gateway } = await three()
    gateway.peers.rest(1, 'raised the term more often than elections do')
    expect(gateway.events).toContain('resting 1: raised the term more often than elections do')
    expect(gateway.peers.status()[0]?.state).toBe('down')
  })
})

describe('half-open connections', () => {
  it('by the dozen keep no member out, and are told in one line', async () => {
    const { gateway, honest } = await three()
    const flood: Socket[] = Array.from({ length: 64 }, () => {
      const socket = tcpConnect(gateway.peers.port, '127.0.0.1')
      socket.on('error', () => undefined)
      return socket
    })
    open.push({ close: () => flood.forEach((socket) => socket.destroy()) })
    await Promise.all(flood.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    const { identity } = honest
    for (let dial = 0; dial < 10; dial++) {
      const before = gateway.events.filter((event) => event === 'up 2').length
      const again = await startGateway(identity, [addressOf(gateway.identity, gateway.peers.port)])
      await until('it is up', () => gateway.events.filter((event) => event === 'up 2').length > before)
      await again.peers.close()
      await honest.peers.close()
    }
    for (const socket of flood) socket.destroy()
    expect(gateway.refused.length).toBeLessThanOrEqual(2)
  })
})
