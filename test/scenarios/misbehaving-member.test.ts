/** One member of three lies with its own keys: the other two go on writing, keep within their memory, and say who it is. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { FRAME } from '../../src-main/consensus/frames.ts'
import { utf8 } from '../../src-main/wire/bytes.ts'
import { isLong } from '../support/long.ts'
import { ChannelWithALiar, entriesOf, longestSilenceMs, until, type Honest } from '../support/misbehaving-member.ts'

const MIB = 1024 * 1024
/** An election, and what two cores under other load add to it. */
const ELECTION_MS_MAX = 6_000

let channel: ChannelWithALiar | null = null
afterEach(async () => {
  await channel?.stop()
  channel = null
})

const idOf = ({ name }: Honest): number => Number(name.at(-1))
const restOf = ({ alarms }: Honest): string | undefined => alarms.find(({ code }) => code === 'member-resting')?.message

/** Both go on acknowledging. */
async function bothWrite(within: ChannelWithALiar, what: string): Promise<void> {
  const fromMs = performance.now()
  await until(what, ELECTION_MS_MAX, () =>
    within.honest.every(({ acknowledgedMs }) => acknowledgedMs.filter((atMs) => atMs > fromMs).length > 3),
  )
}

describe('a member that misbehaves', () => {
  it('with junk to propose is left alone and named, with a status that is none it is named; memory and log stay small', async () => {
    channel = await ChannelWithALiar.start()
    const { leader, liar } = channel
    const follower = channel.honest.find((honest) => honest !== leader) as Honest
    const before = process.memoryUsage().rss
    const fromMs = performance.now()
    await liar.junk(idOf(leader))
    await until('the leader names it', 5_000, () => restOf(leader) !== undefined)
    expect(restOf(leader)).toMatch(
      /^The link to gw-3 rests .* because it sent \d+ (messages within a minute that were refused|frames)/,
    )
    for (const hello of ['no json', '{"treeSize":1e15}', JSON.stringify({ rootHash: 'no hex', treeSize: 1e15 })])
      for (let i = 0; i < 4; i++) liar.send(idOf(follower), FRAME.status, utf8(hello))
    await until('the other names it', 5_000, () => follower.alarms.length > 0)
    expect(follower.alarms[0]?.message).toMatch(/^gw-3 tells a status that cannot be read/)
    await bothWrite(channel, 'both write on')
    for (const honest of channel.honest) expect(longestSilenceMs(honest, fromMs)).toBeLessThan(ELECTION_MS_MAX)
    expect(leader.alarms.map(({ code }) => code)).toEqual(['messages-refused', 'member-resting'])
    expect(follower.alarms.map(({ code }) => code)).toEqual(['status-unreadable'])
    expect([liar.isHeardBy(idOf(leader)), liar.isHeardBy(idOf(follower))]).toEqual([false, true])
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * MIB)
  })

  it.each(isLong ? (['heartbeat', 'vote'] as const) : (['vote'] as const))(
    'with a higher term in a %s every 100 ms stops writing for an election, not longer',
    async (kind) => {
      channel = await ChannelWithALiar.start()
      const { liar } = channel
      const { term } = liar
      const fromMs = performance.now()
      await liar.raiseTerms(kind, 40, 100)
      await bothWrite(channel, 'both write again')
      for (const honest of channel.honest) {
        expect(restOf(honest)).toMatch(
          /^The link to gw-3 rests .* because it raised the term more often than elections do/,
        )
        expect(longestSilenceMs(honest, fromMs)).toBeLessThan(ELECTION_MS_MAX)
        expect(honest.status?.term).toBeLessThan(term + 30)
      }
    },
  )

  it('that claims to lead and writes nothing is found out, and the others elect one of them', async () => {
    channel = await ChannelWithALiar.start()
    const end = channel.liar.claimToLead()
    await until('both name it', 40_000, () => channel?.honest.every((honest) => restOf(honest) !== undefined) === true)
    await bothWrite(channel, 'both write again')
    end()
    for (const honest of channel.honest)
      expect(restOf(honest)).toMatch(/^The link to gw-3 rests .* because it leads and commits nothing/)
  }, 400_000)

  it('with 64 half-open connections keeps no member out', async () => {
    channel = await ChannelWithALiar.start()
    await channel.liar.halfOpen(2, 64)
    const [first, second] = channel.honest as [Honest, Honest]
    // The first dials the second: it is started again and has to come through.
    await channel.restart(first)
    await until(
      'the first is back',
      5_000,
      () => second.status?.gateways.some(({ name, reachable }) => name === first.name && reachable) === true,
    )
    await bothWrite(channel, 'both write on')
  })
})

describe('a member that claims to lead and tells two stories', () => {
  it('makes two ledgers of one, and that does not go unnoticed', async () => {
    channel = await ChannelWithALiar.start()
    const { liar, honest } = channel
    await sleep(500)
    const told = (): string[] =>
      honest.map(({ folder }) =>
        entriesOf(folder, liar.actor)
          .map(({ bytes }) => bytes)
          .join(),
      )
    // Where the others wrote at the same moment, what it sends does not fit.
    for (let i = 0; i < 3 && told().includes(''); i++) {
      liar.fork()
      await sleep(2_000)
    }
    expect(new Set(told()).size).toBe(2)
    const differs = new Set(['record-differs', 'doubt', 'signed-two-records'])
    // Where the other came to lead before a block was closed, all that is there to compare is its log.
    const contradiction = 'contradicts what is committed here'
    const alarmed = (): Honest[] =>
      honest.filter(({ alarms }) =>
        alarms.some(({ code, message }) => differs.has(code) || message.includes(contradiction)),
      )
    await until('somebody says so', 240_000, () => alarmed().length > 0)
    const named = honest.flatMap(({ alarms }) => alarms.filter(({ code }) => code === 'member-resting'))
    for (const { message } of named)
      if (!message.includes(contradiction)) expect(message).toMatch(/^The link to gw-3 rests/)
    for (const { alarms } of honest)
      for (const { code, message } of alarms) {
        expect(code).not.toBe('fatal')
        // Whose record is another one is said; who lies is said of nobody without proof.
        if (code === 'signed-two-records') expect(message).toMatch(/^gw-3/)
      }
    // Which of the two says so depends on who seals next; neither agrees with the other any more, and a restart changes nothing.
    const seen = (): (string | undefined)[] =>
      honest.map(({ status }, i) => status?.gateways.find(({ name }) => name === honest[1 - i]?.name)?.compared.state)
    await until('neither finds the other equal', 30_000, () => !seen().includes('equal'))
    for (const one of honest) await channel.restart(one)
    await until('both are back', 10_000, () => !seen().includes(undefined))
    const endMs = performance.now() + 3_000
    while (performance.now() < endMs) {
      expect(seen()).not.toContain('equal')
      await sleep(200)
    }
  }, 400_000)
})
