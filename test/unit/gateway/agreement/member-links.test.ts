/** Links that several channels share, over real sockets. */
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../src-main/cli/free-port.ts'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import { linkId, MemberLinks, type ChannelLinks } from '../../../../src-main/gateway/agreement/member-links.ts'
import { publicKeysOf } from '../../../../src-main/gateway/folder/found.ts'
import { openKeyStore, type KeyStore } from '../../../../src-main/keys/key-store.ts'
import { channelHandle, parseChannelId } from '../../../../src-main/wire/ids.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const [HALL, CHEMISTRY] = [parseChannelId('a1'.repeat(32)), parseChannelId('c2'.repeat(32))]

interface Site {
  name: string
  keys: KeyStore
  links: MemberLinks
  conditions: string[]
}

const open: ChannelLinks[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((place) => place.close()))
})

async function sites(count: number): Promise<[Site, Site, ...Site[]]> {
  const data = temporaryFolder(onTestFinished)
  const names = Array.from({ length: count }, (_, i) => `gw-${i + 1}`)
  const ports = await Promise.all(names.map(() => freePort()))
  const places = names.map((name, i) => ({ name, host: '127.0.0.1', port: ports[i] as number }))
  return places.map(({ name, host, port }) => {
    const keys = openKeyStore(join(data, name))
    const peers = places.filter((place) => place.name !== name)
    return { name, keys, conditions: [], links: new MemberLinks({ name, keys, listen: { host, port }, peers }) }
  }) as unknown as [Site, Site, ...Site[]]
}

interface Opened {
  place: ChannelLinks
  heard: string[]
}

/** A site in a channel of these members, numbered in their order. */
async function enter(site: Site, channel: typeof HALL, members: readonly Site[]): Promise<Opened> {
  const place = site.links.seat({
    channel,
    members: members.map(({ name, keys }, i) => ({ raftId: i + 1, name, keys: publicKeysOf(keys) })),
    self: members.indexOf(site) + 1,
    onCondition: (code, where, on) => void site.conditions.push(`${on ? '+' : '-'} ${code} ${where}`),
  })
  open.push(place)
  const heard: string[] = []
  await place.open({
    onUp: (id) => void heard.push(`up ${id}`),
    onFrame: (from, _, body) => void heard.push(`${from}: ${Buffer.from(body).toString()}`),
  })
  return { place, heard }
}

const say = ({ place }: Opened, to: number, text: string): boolean => place.send(to, FRAME.status, Buffer.from(text))
const stateOf = ({ place }: Opened): (string | undefined)[] =>
  place.status().flatMap(({ state, problem }) => [state, problem?.code])

describe('two gateways in two channels', () => {
  test('have one link, and each channel hears its own by the numbers that it gives', async () => {
    const [a, b] = await sites(2)
    const hall = [await enter(a, HALL, [a, b]), await enter(b, HALL, [a, b])] as const
    const chemistry = [await enter(a, CHEMISTRY, [b, a]), await enter(b, CHEMISTRY, [b, a])] as const
    await expect.poll(() => [hall[0].heard, chemistry[0].heard]).toEqual([['up 2'], ['up 1']])
    await expect.poll(() => [hall[1].heard, chemistry[1].heard]).toEqual([['up 1'], ['up 2']])
    expect([say(hall[0], 2, 'of the hall'), say(chemistry[0], 1, 'of chemistry')]).toEqual([true, true])
    await expect
      .poll(() => [hall[1].heard, chemistry[1].heard])
      .toEqual([
        ['up 1', '1: of the hall'],
        ['up 2', '2: of chemistry'],
      ])
    expect(a.links.peers?.status()).toHaveLength(1)
    expect(hall[0].place.status()[0]?.lastContactUs).toBe(chemistry[0].place.status()[0]?.lastContactUs)
  })

  test('are down for each other in a channel that one of them does not run, and up where it does', async () => {
    const [a, b] = await sites(2)
    const hall = [await enter(a, HALL, [a, b]), await enter(b, HALL, [a, b])] as const
    const chemistry = await enter(a, CHEMISTRY, [a, b])
    await expect.poll(() => stateOf(hall[0])).toEqual(['up', undefined])
    expect(stateOf(chemistry)).toEqual(['down', 'channel_closed'])
    expect(say(chemistry, 2, 'nobody hears this')).toBe(false)
    const other = await enter(b, CHEMISTRY, [a, b])
    await expect
      .poll(() => [stateOf(chemistry), chemistry.heard, other.heard])
      .toEqual([['up', undefined], ['up 2'], ['up 1']])
    await other.place.close()
    await expect.poll(() => stateOf(chemistry)).toEqual(['down', 'channel_closed'])
    expect([stateOf(hall[0]), say(hall[0], 2, 'still here')]).toEqual([['up', undefined], true])
    await expect.poll(() => hall[1].heard).toContain('1: still here')
  })
})

describe('a frame', () => {
  test('of a channel that this gateway does not run is counted and dropped; the link goes on', async () => {
    const [a, b] = await sites(2)
    const [mine, theirs] = [await enter(a, HALL, [a, b]), await enter(b, HALL, [a, b])]
    await expect.poll(() => stateOf(theirs)).toEqual(['up', undefined])
    const channel = channelHandle(CHEMISTRY)
    for (let i = 0; i < 30; i++)
      b.links.peers?.send(linkId(a.keys.public('tls')), FRAME.raft, Buffer.from('stray'), { channel })
    await expect.poll(() => mine.place.strayFrames).toBe(30)
    say(theirs, 1, 'and on')
    await expect.poll(() => mine.heard).toEqual(['up 2', '2: and on'])
    expect([mine.place.status()[0]?.refused, a.conditions]).toEqual([0, []])
  })

  test('of a channel whose member the sender is not is a fault of the sender, who is left alone after ten', async () => {
    const [a, b, c] = (await sites(3)) as [Site, Site, Site]
    const inside = [await enter(a, CHEMISTRY, [a, c]), await enter(c, CHEMISTRY, [a, c])] as const
    const [hall] = [await enter(a, HALL, [a, b]), await enter(b, HALL, [a, b])]
    await expect.poll(() => [hall.heard, inside[0].heard]).toEqual([['up 2'], ['up 2']])
    const channel = channelHandle(CHEMISTRY)
    for (let i = 0; i < 11; i++)
      b.links.peers?.send(linkId(a.keys.public('tls')), FRAME.raft, Buffer.from('forged'), { channel })
    await expect.poll(() => a.conditions).toEqual(['+ member-resting gw-2'])
    expect(inside[0].heard).toEqual(['up 2'])
    expect(stateOf(inside[0])).toEqual(['up', undefined])
  })

  test('nobody is told of a channel in which it is no member', async () => {
    const [a, b, c] = (await sites(3)) as [Site, Site, Site]
    await enter(a, CHEMISTRY, [a, c])
    const [mine, theirs] = [await enter(a, HALL, [a, b]), await enter(b, HALL, [a, b])]
    await expect.poll(() => [mine.heard, theirs.heard]).toEqual([['up 2'], ['up 1']])
    expect(b.links.takes(linkId(a.keys.public('tls')), channelHandle(HALL))).toBe(true)
    expect(b.links.takes(linkId(a.keys.public('tls')), channelHandle(CHEMISTRY))).toBe(false)
  })
})
