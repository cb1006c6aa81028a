import { request, type IncomingMessage } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_HEADER } from '../../../src-main/api/authenticate.ts'
import { exportAnswers, type ExportedFrom } from '../../../src-main/api/answers/exporting.ts'
import { ledgerAnswers } from '../../../src-main/api/answers/ledger.ts'
import { barredFromExports, type Finding } from '../../../src-main/gateway/check/integrity.ts'
import { rfc3339 } from '../../../src-main/gateway/export/rfc3339.ts'
import type { Channel } from '../../../src-main/gateway/channel.ts'
import { LivePoints } from '../../../src-main/gateway/show/live-points.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon } from '../ledger/drive.ts'
import { recorded } from '../ledger/recorded.ts'
import { Rig, TOKEN } from './rig.ts'

async function served(batches: number, finding: Finding | null = null): Promise<Rig> {
  const rig = new Rig()
  const record = recorded(temporaryFolder(onTestFinished), batches)
  const gateway = {
    folder: { ledger: record.file },
    name: 'gateway-1',
    actor: '00',
    nowUs: () => rig.nowUs,
    config: { timeZone: 'Europe/Berlin' },
    barredFromExports: () => barredFromExports(finding),
  } as unknown as ExportedFrom
  await rig.start(exportAnswers(gateway))
  onTestFinished(async () => {
    await rig.stop()
    record.ledger.close()
  })
  return rig
}

const bearer = { authorization: `Bearer ${TOKEN}` }

test('an export comes as a file that is whole, says who made it and where it was read', async () => {
  const rig = await served(40)
  const response = await fetch(`${rig.api.url}/api/export?format=jsonl`, {
    headers: rig.headersOf(rig.cookie('auditor', 'Ada')),
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-disposition')).toMatch(
    /attachment; filename="plumbline-Test-hall-gateway-1-2023-11-14T22-13-20Z\.jsonl"/,
  )
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines[0]).toMatchObject({
    kind: 'head',
    made: { by: 'Ada', zone: 'Europe/Berlin' },
    range: { streams: 'all' },
  })
  expect(lines.at(-1)).toMatchObject({ kind: 'end', rows: lines.length - 2 })
  const estimate = (await (
    await fetch(`${rig.api.url}/api/export/estimate?format=csv`, { headers: bearer })
  ).json()) as {
    readings: number
    treeSize: number
  }
  expect(estimate).toMatchObject({ readings: lines.at(-1)?.['readings'], barred: null, streams: null })
})

test('while what follows from the entries is known to be damaged, no export is begun', async () => {
  const bad = { gateway: 'gateway-1', entry: 7, reading: null, what: 'the reading index', expected: '1', actual: '2' }
  const rig = await served(4, { foundAtUs: 1, firstBad: { ...bad, derived: true }, acknowledged: null })
  for (const path of ['export?format=jsonl', ...Array.from({ length: 6 }, () => 'export/estimate?format=csv')]) {
    const response = await fetch(`${rig.api.url}/api/${path}`, { headers: bearer })
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'database_damaged' }])
  }
})

test('rows of an export are proven by the calls that their columns name', async () => {
  const rig = new Rig()
  const { file, ledger } = recorded(temporaryFolder(onTestFinished), 40)
  const reader = openReader(file)
  const gateway = {
    folder: { ledger: file },
    reader,
    points: new LivePoints(addon),
    record: { finding: null, damaged: () => {} },
    name: 'gateway-1',
    actor: '00',
    nowUs: () => rig.nowUs,
    config: {},
    barredFromExports: () => null,
  } as unknown as Channel
  await rig.start({ ...exportAnswers(gateway), ...ledgerAnswers(gateway) })
  onTestFinished(async () => {
    await rig.stop()
    reader.close()
    ledger.close()
  })
  const lines = (await (await fetch(`${rig.api.url}/api/export?format=jsonl`, { headers: bearer })).text()).trimEnd()
  const rows = lines
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { kind: string; entry: number; position: number; value: number; source_time: string },
    )
  const readings = rows.filter(({ kind }) => kind === 'reading')
  for (const row of [readings[0], readings[100], readings.at(-1)]) {
    const answer = await fetch(`${rig.api.url}/api/ledger/verify`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify({ entry: row?.entry, position: row?.position }),
    })
    const { reading, steps } = (await answer.json()) as {
      reading: { text: string; sourceTimeUs: number }
      steps: { id: string; state: string }[]
    }
    expect(steps.filter(({ state }) => state === 'holds').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['file-read', 'fingerprint', 'signature', 'in-batch', 'in-block', 'key-valid']),
    )
    expect([Number(reading.text), rfc3339(reading.sourceTimeUs)]).toEqual([row?.value, row?.source_time])
    const proof = await fetch(`${rig.api.url}/api/ledger/entries/${row?.entry}/proof`, { headers: bearer })
    expect(await proof.text()).toMatch(/^c2sp\.org\/tlog-proof/)
  }
})

test('a range that ends before it begins, an unknown stream and an unknown asset are refused in words, before a byte is sent', async () => {
  const rig = await served(4)
  const ask = async (query: string): Promise<[number, string]> => {
    const response = await fetch(`${rig.api.url}/api/export?format=csv&${query}`, { headers: bearer })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  expect(await ask('fromUs=2&toUs=1')).toEqual([400, 'invalid_request'])
  expect(await ask(`streams=${'0'.repeat(32)}`)).toEqual([404, 'unknown_stream'])
  expect(await ask('asset=nobody')).toEqual([404, 'unknown_asset'])
  expect((await fetch(`${rig.api.url}/api/export?format=csv`)).status).toBe(401)
})

test('who has an export running gets no second one; a client that takes nothing holds the reading up, and one that goes ends it', async () => {
  const rig = await served(500)
  const { hostname, port } = new URL(rig.api.url)
  const cookie = rig.cookie('auditor', 'Ada')
  const headers = rig.headersOf(cookie)
  expect(headers[KEY_HEADER]).toBeDefined()
  const run = 'a'.repeat(32)
  const slow = request({ hostname, port, path: `/api/export?format=jsonl&run=${run}`, headers })
  const response = await new Promise<IncomingMessage>((resolve) => slow.on('response', resolve).end())
  response.pause()
  const second = await fetch(`${rig.api.url}/api/export?format=csv`, { headers })
  expect([second.status, await second.json()]).toMatchObject([429, { code: 'too_many_exports' }])
  const running = async (): Promise<{ run: string; rows: number; about: number }[]> =>
    ((await (await fetch(`${rig.api.url}/api/export/running`, { headers })).json()) as { exports: never[] }).exports
  expect(await running()).toMatchObject([{ run }])
  const other = await fetch(`${rig.api.url}/api/export/running`, {
    headers: rig.headersOf(rig.cookie('auditor', 'Bo')),
  })
  expect(await other.json()).toEqual({ exports: [] })
  response.destroy()
  for (let i = 0; i < 100 && (await running()).length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await running()).toEqual([])
  expect((await fetch(`${rig.api.url}/api/export?format=jsonl`, { headers })).status).toBe(200)
})

test('before the first checkpoint there is nothing to read an export at', async () => {
  const rig = new Rig()
  const channel = new TestChannel(addon)
  const file = `${temporaryFolder(onTestFinished)}/ledger.db`
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  await rig.start(
    exportAnswers({
      folder: { ledger: file },
      name: 'gateway-1',
      actor: '00',
      nowUs: () => 0,
      config: {},
      barredFromExports: () => null,
    } as unknown as ExportedFrom),
  )
  onTestFinished(async () => {
    await rig.stop()
    ledger.close()
  })
  const response = await fetch(`${rig.api.url}/api/export?format=jsonl`, { headers: bearer })
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'no_checkpoint' }])
})

test.each([1, 40])('an export that fails after %i pieces breaks off: no client takes it for whole', async (most) => {
  const rig = new Rig()
  let pieces = 0
  await rig.start({
    exportRange: () => ({
      fileName: 'x.jsonl',
      content: new ReadableStream({
        pull(controller) {
          pieces += 1
          if (pieces <= most) controller.enqueue(new Uint8Array(100_000).fill(65))
          else controller.error(new Error('a page is damaged'))
        },
      }),
    }),
  })
  onTestFinished(() => rig.stop())
  const got = fetch(`${rig.api.url}/api/export?format=jsonl`, { headers: bearer }).then((response) => response.text())
  await expect(got).rejects.toThrow()
  expect(rig.logged.some((line) => line.includes('a page is damaged'))).toBe(true)
})
