import { existsSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../src-main/cli/free-port.ts'
import { loadAddon } from '../../../../native/addon.ts'
import { FRAME, type HostFrameType } from '../../../../src-main/consensus/frames.ts'
import { MemberLinks, type ChannelLinks } from '../../../../src-main/gateway/agreement/member-links.ts'
import { parseGenesis } from '../../../../src-main/ledger/genesis.ts'
import { LedgerThread, type LedgerThreadEvents } from '../../../../src-main/gateway/channel/ledger-thread.ts'
import type { LedgerStatus } from '../../../../src-main/gateway/channel/messages.ts'
import { encodeHello, parseHello } from '../../../../src-main/gateway/agreement/peer-hello.ts'
import { prepareTogether } from '../../../../src-main/gateway/folder/setup.ts'
import { openKeyStore } from '../../../../src-main/keys/key-store.ts'
import { utf8 } from '../../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** What a gateway's thread said, and the newest of its statuses. */
interface Heard {
  conditions: string[]
  status: LedgerStatus | null
}

function events(heard: Heard): LedgerThreadEvents {
  return {
    onApplied: () => undefined,
    onStatus: (status) => void (heard.status = status),
    onAcknowledged: () => undefined,
    onCondition: (code, place, on) => void heard.conditions.push(`${on ? '+' : '-'} ${code} ${place}`),
    onUnrecorded: () => undefined,
    onFatal: (error) => expect.fail(error.message),
  }
}

interface Hostile {
  peers: ChannelLinks
  frames: { from: number; type: HostFrameType; body: Uint8Array }[]
}

/** A gateway of two, and a program with the keys of the other one in its place, which takes no part in consensus. */
async function withHostile(): Promise<{
  start(heard: Heard): Promise<LedgerThread>
  hostile: Hostile
  file: string
}> {
  const members = ['gw-1', 'gw-2'].map((name) => ({ name, legalName: name }))
  const channel = { name: 'Hall', site: 'Hall', simulated: true, members }
  const folders = prepareTogether(temporaryFolder(onTestFinished), channel, 1_700_000_000_000_000)
  const [folder, other] = folders
  if (folder === undefined || other === undefined) throw new Error('no folders were made')
  const [port, otherPort] = [await freePort(), await freePort()]
  const otherKeys = openKeyStore(other.keys)
  const { entry, body } = parseGenesis(loadAddon(), readFileSync(folder.genesis))
  const links = new MemberLinks({
    name: 'gw-2',
    keys: otherKeys,
    listen: { host: '127.0.0.1', port: otherPort },
    peers: [{ name: 'gw-1', host: '127.0.0.1', port }],
  })
  const frames: Hostile['frames'] = []
  const peers = links.seat({ channel: entry.channel, members: body.members, self: 2, onCondition: () => undefined })
  await peers.open({
    onUp: () => undefined,
    onFrame: (from, type, frame) => void frames.push({ from, type, body: frame.slice() }),
  })
  const hostile = { peers, frames }
  onTestFinished(() => hostile.peers.close())
  const start = async (heard: Heard): Promise<LedgerThread> => {
    const thread = await LedgerThread.start(
      {
        name: 'gw-1',
        version: 'test',
        keysDir: folder.keys,
        genesisFile: folder.genesis,
        ledgerFile: folder.ledger,
        agreement: folder.agreement,
        evidence: folder.evidence,
        repair: folder.repair,
        listen: { host: '127.0.0.1', port },
        peers: [{ name: 'gw-2', host: '127.0.0.1', port: otherPort }],
        limits: { batchReadingsMax: 500, closeAfterMs: 20, queueBytesMax: 1e9 },
        cosigning: true,
        rebuild: null,
      },
      events(heard),
    )
    onTestFinished(() => thread.stop())
    return thread
  }
  return { start, hostile, file: folder.agreement }
}

test('what a member with real keys tells of itself is dropped and told where it does not fit, and doubted for good where it differs', async () => {
  const { start, hostile, file } = await withHostile()
  const heard: Heard = { conditions: [], status: null }
  const thread = await start(heard)
  const statuses = () => hostile.frames.filter(({ type }) => type === FRAME.status)
  await expect.poll(() => statuses().length, { timeout: 10_000 }).toBeGreaterThan(0)
  const own = parseHello(statuses()[0]?.body ?? new Uint8Array())
  if (own === null) throw new Error('the gateway itself tells what does not fit')

  const junk = utf8(JSON.stringify({ ...own, rootHash: '<script>', treeSize: 1e15 }))
  const refused = setInterval(() => hostile.peers.send(1, FRAME.status, junk), 105)
  await expect.poll(() => heard.conditions, { timeout: 10_000 }).toContain('+ status-unreadable gw-2')
  clearInterval(refused)
  expect(heard.status?.gateways.find(({ name }) => name === 'gw-2')).toMatchObject({
    hello: null,
    compared: { state: 'silent' },
  })

  const forged = encodeHello({ ...own, verdict: 'changed', head: { ...own.head, root: 'f'.repeat(64) } }).body
  const lying = setInterval(() => hostile.peers.send(1, FRAME.status, forged), 105)
  await expect.poll(() => heard.status?.doubts, { timeout: 10_000 }).toBe(true)
  clearInterval(lying)
  expect(heard.status?.gateways.find(({ name }) => name === 'gw-2')?.compared.state).toBe('differs')
  expect(existsSync(file)).toBe(true)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ doubted: { from: own.head.size } })

  await thread.stop()
  await hostile.peers.close()
  const again: Heard = { conditions: [], status: null }
  await start(again)
  await expect.poll(() => again.status?.doubts, { timeout: 10_000 }).toBe(true)
  expect(again.conditions).toEqual(expect.arrayContaining(['+ doubt gw-1', '+ record-differs gw-2']))
  expect(again.status?.gateways.find(({ name }) => name === 'gw-2')?.compared.state).toBe('differs')
})
