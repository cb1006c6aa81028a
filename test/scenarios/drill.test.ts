/** The tamper drill: one byte of one replica is changed on disk while it runs, and it has to notice by itself. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { parseEntry } from '../../src-main/wire/entry.ts'
import { decodeBody } from '../../src-main/record/events.ts'
import { decodeEvent } from '../../src-main/record/statements.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'

interface GatewayStatus {
  name: string
  verdict: string
  treeSize: number
}

const entryIn = (output: string): string | undefined => /in a payload of entry (\d+)/.exec(output)?.[1]
const NOTICED_MS = 60_000
const folder = mkdtempSync(join(tmpdir(), 'plumbline-drill-'))
const data = join(folder, 'data')

describe('one changed byte in one replica', () => {
  let demo: Running
  let victim = ''

  beforeAll(async () => {
    demo = Running.start(['demo', '--data', data, '--port', String(await freePort()), '--drill', 'tamper'])
    // It waits until a checkpoint covers batches of an asset, 30 s on a machine that is free and minutes on one that is not.
    await demo.line(/Drill: \S+ has to notice/, 300_000)
    victim = /Drill: (\S+) has to notice/.exec(demo.output)?.[1] ?? ''
  })

  const other = (): string => (victim === 'gw-fill-1' ? 'gw-store-3' : 'gw-fill-1')

  afterAll(async () => {
    demo.signal('SIGTERM')
    await demo.ended
    rmSync(folder, { recursive: true, force: true })
  })

  it('is found within 60 s and named; the other two go on unchanged', async () => {
    const startedMs = performance.now()
    const ask = () =>
      plumblineJson<{ verdict: string; reason: string; gateways: GatewayStatus[] }>('status', '--data', data)
    const { status, document } = await until(
      'the finding',
      NOTICED_MS,
      ask,
      (answer) => answer.document.verdict === 'changed',
    )
    console.info(
      `a changed byte was found after ${Math.round((performance.now() - startedMs) / 100) / 10} s: ${document.reason}`,
    )
    expect(status).toBe(1)
    expect(document.reason).toContain(`entry ${entryIn(demo.output)}`)
    // While another gateway takes the lead, the two may not yet be able to tell.
    const grown = await until(
      'growth of all, and the other two unchanged',
      20_000,
      ask,
      (answer) =>
        answer.document.gateways.every((gateway, i) => gateway.treeSize > (document.gateways[i]?.treeSize ?? 0)) &&
        answer.document.gateways.filter(({ verdict }) => verdict === 'unchanged').length === 2,
    )
    for (const { gateways } of [document, grown.document])
      expect(gateways.filter(({ verdict }) => verdict === 'changed').map(({ name }) => name)).toEqual([victim])
  })

  it('signs no checkpoint and leads no longer, while the others go on signing', async () => {
    const ask = async () =>
      await plumblineJson<{ gateways: (GatewayStatus & { role: string })[] }>('status', '--data', data)
    // The drill takes the leader: without a hand-over no checkpoint would have the log's signature any more.
    const { document } = await until('another leader', 30_000, ask, (answer) =>
      answer.document.gateways.some(({ name, role }) => name !== victim && role === 'leader'),
    )
    const size = Math.max(...document.gateways.map(({ treeSize }) => treeSize))
    const newest = async (): Promise<{ size: number; signers: string[] }> => {
      const text = (await plumbline('log', 'checkpoint', '--data', data, '--gateway', other())).stdout
      const signers = [...text.matchAll(/^— plumbline\.local\/[0-9a-f]{64}(?:\/(\S+))? /gm)].map(
        ([, name]) => name ?? 'log',
      )
      return { size: Number(text.split('\n')[1]), signers }
    }
    const left = await until(
      'a newer checkpoint of the log and two gateways',
      30_000,
      newest,
      (one) => one.size > size && one.signers.length === 3,
    )
    expect(left.signers).toContain('log')
    expect(left.signers).not.toContain(victim)
  })

  it('stands as tampering above all else, cannot be shelved, is acknowledged with a reason, and is on the ledger', async () => {
    type Listed = { conditions: { code: string; state: string; tamper: boolean; entry: number | null }[] }
    const at = ['--data', data, '--gateway', victim]
    const list = async () => await plumblineJson<Listed>('condition', 'list', ...at)
    const told = await until('its event', 20_000, list, ({ document }) => document.conditions[0]?.entry !== null)
    expect(told.document.conditions[0]).toMatchObject({
      code: 'record-changed',
      state: 'unacknowledged-active',
      tamper: true,
    })
    const shelved = await plumblineJson('condition', 'shelve', 'record-changed', '--reason', 'later', ...at)
    expect([shelved.status, shelved.document]).toMatchObject([1, { refused: 'not_shelvable' }])
    const mute = await plumblineJson('condition', 'acknowledge', 'record-changed', ...at)
    expect([mute.status, mute.document]).toMatchObject([1, { refused: 'reason_missing' }])
    const seen = await plumblineJson('condition', 'acknowledge', 'record-changed', '--reason', 'a drill', ...at)
    expect([seen.status, seen.document]).toMatchObject([0, { state: 'acknowledged-active' }])
    // The others have seen it, too.
    const elsewhere = await plumblineJson<Listed>('condition', 'list', '--data', data, '--gateway', other())
    expect(elsewhere.document.conditions[0]).toMatchObject({ code: 'peer-changed', tamper: true })
  })

  it('bars certificates over it on that gateway; another one still issues them', async () => {
    // The drill changes a batch of the history that goes back furthest, and lots of the filling line begin now.
    const { assets } = (await plumblineJson<{ assets: { id: string }[] }>('status', '--data', data)).document
    const asset = assets.find(({ id }) => !id.startsWith('urn:own:lot-'))?.id
    const issue = async (gateway: string) => {
      const out = join(folder, `${gateway}.plumb`)
      const what = ['--asset', asset ?? '', '--out', out, '--reason', 'a drill', '--data', data, '--gateway', gateway]
      return await plumbline('certificate', 'issue', ...what)
    }
    const refused = await issue(victim)
    expect(refused.status).toBe(1)
    expect(refused.stdout).toContain(`entry ${entryIn(demo.output)} was found changed on this gateway`)
    expect(existsSync(join(folder, `${victim}.plumb`))).toBe(false)
    expect((await issue(other())).status).toBe(0)
  })

  it('is named by fsck, with gateway, entry, expected and actual', async () => {
    const { status, document } = await plumblineJson<{
      gateways: {
        name: string
        verdict: string
        firstBad: { entry: number; expected: string; actual: string } | null
      }[]
    }>('fsck', '--data', data)
    expect(status).toBe(1)
    const bad = document.gateways.filter(({ verdict }) => verdict === 'changed')
    expect(bad.map(({ name }) => name)).toEqual([victim])
    expect(bad[0]?.firstBad?.expected).not.toBe(bad[0]?.firstBad?.actual)
  })

  it('is healed from the other two when asked, recorded on the ledger, and it signs again', async () => {
    const { status, document } = await plumblineJson<{
      healed: boolean
      gateways: { name: string; result: string; lost: number; from: string[] }[]
    }>('repair', '--data', data, '--gateway', victim)
    expect([status, document]).toMatchObject([
      0,
      { healed: true, gateways: [{ name: victim, by: 'daemon', result: 'healed', lost: 1 }] },
    ])
    expect(document.gateways[0]?.from).toHaveLength(1)
    const ask = () =>
      plumblineJson<{ verdict: string; gateways: GatewayStatus[]; conditions: { code: string; place: string }[] }>(
        'status',
        '--data',
        data,
      )
    const { document: whole } = await until(
      'unchanged again',
      30_000,
      ask,
      (one) => one.document.verdict === 'unchanged',
    )
    expect(whole.conditions.map(({ code }) => code)).not.toContain('record-changed')
    const signers = async (): Promise<string> =>
      (await plumbline('log', 'checkpoint', '--data', data, '--gateway', other())).stdout
    await until('its cosignature', 30_000, signers, (text) => text.includes(`/${victim} `))
    const again = await plumblineJson<{ gateways: { result: string }[] }>('repair', '--data', data)
    expect([again.status, again.document.gateways.map(({ result }) => result)]).toEqual([
      0,
      ['nothing-to-do', 'nothing-to-do', 'nothing-to-do'],
    ])
    const reader = openReader(join(data, victim, 'ledger.db'))
    const event = reader.entries.eventsOfType('record.healed', 1)[0]
    const bodiesOf = (type: 'alarm.raised' | 'alarm.acknowledged' | 'alarm.cleared') =>
      reader.entries
        .eventsOfType(type, 100)
        .map(({ bytes }) => decodeBody(type, decodeEvent(parseEntry(bytes).payload).body))
        .filter(({ code, place }) => code === 'record-changed' && place === victim)
    const [raised, acknowledged, cleared] = await until(
      'the events about its alarm',
      20_000,
      async () =>
        await Promise.resolve([bodiesOf('alarm.raised'), bodiesOf('alarm.acknowledged'), bodiesOf('alarm.cleared')]),
      (all) => all.every(({ length }) => length > 0),
    )
    reader.close()
    expect([raised?.length, acknowledged?.length, cleared?.length]).toEqual([1, 1, 1])
    expect(new Set([raised, acknowledged, cleared].map((one) => one?.[0]?.sinceUs)).size).toBe(1)
    expect(decodeBody('record.healed', decodeEvent(parseEntry(event?.bytes as Uint8Array).payload).body)).toMatchObject(
      {
        entry: Number(entryIn(demo.output)),
        payloads: 1,
        entries: 0,
        logRows: 0,
      },
    )
    const kept = readdirSync(join(data, victim, 'evidence')).filter((name) => name.startsWith('changed-'))
    expect(kept).toHaveLength(1)
    expect((await plumbline('fsck', '--data', data)).status).toBe(0)
  })
})
