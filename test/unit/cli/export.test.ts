import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { helpOf, invocationOf } from '../../../src-main/cli/command.ts'
import { EXIT } from '../../../src-main/cli/exit-status.ts'
import { exportCommand } from '../../../src-main/cli/export.ts'
import { log } from '../../../src-main/cli/log.ts'
import { readHead } from '../../../src-main/gateway/export/export-file.ts'
import { writeFinding } from '../../../src-main/gateway/check/integrity.ts'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { TestChannel } from '../../support/channel.ts'
import { addon, commit } from '../ledger/drive.ts'
import { ASSET, recorded, sealAndCosign } from '../ledger/recorded.ts'
import type { Recorded } from '../ledger/recorded.ts'

/** A data folder with one gateway, which is not running. */
function gateway(batches: number, channel?: TestChannel): Recorded & { data: string } {
  const data = temporaryFolder(onTestFinished)
  mkdirSync(join(data, 'gateway-1'))
  writeFileSync(join(data, 'gateway-1', 'genesis.cose'), '')
  const record = recorded(join(data, 'gateway-1'), batches, {}, channel)
  onTestFinished(() => record.ledger.close())
  return { ...record, data }
}

async function run(...args: string[]): Promise<{ status: number; printed: string }> {
  const parts: string[] = []
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => parts.push(String(text)) > 0)
  try {
    const invocation = invocationOf(exportCommand, args)
    if (invocation === 'help') throw new Error('help')
    return { status: await exportCommand.run(invocation), printed: parts.join('') }
  } finally {
    out.mockRestore()
  }
}

test.each(['out.csv', 'out.zip', 'out.jsonl', 'out.parquet'])(
  '%s is written whole and proven byte by byte, also when the ledger has grown since',
  async (name) => {
    const { data, ledger, channel, bound } = gateway(60)
    const out = join(data, name)
    const { status, printed } = await run('--data', data, '--out', out)
    expect([status, printed]).toMatchObject([EXIT.ok, expect.stringMatching(/ 420 readings and 6 gaps, as of /)])
    expect(readdirSync(data).filter((one) => one.endsWith('.part'))).toEqual([])
    const opened = channel.openStream(channel.member(1), 'van', 'vin', { kind: 'text' })
    commit(ledger, opened, channel.batch(channel.member(1), channel.floats(bound, 180, [1, 2])))
    const anew = { quantity: 'odometer', unit: 'km', label: 'distance driven', fromSequence: 182 }
    expect(commit(ledger, channel.openStream(channel.member(1), 'van', 'km', anew))[0]?.index).not.toBeNull()
    sealAndCosign(channel, ledger)
    expect(await run('--data', data, '--check', out)).toMatchObject({ status: EXIT.unchanged })
    const bytes = readFileSync(out)
    for (const changed of [
      Buffer.concat([bytes, Buffer.from('\n')]),
      bytes.subarray(0, bytes.length - 40),
      flipped(bytes, Math.floor(bytes.length / 2)),
    ]) {
      writeFileSync(out, changed)
      const found = await run('--data', data, '--check', out).catch((error: Error) => error)
      if (found instanceof Error) expect(found.message).toMatch(/is no export that can be read|end/)
      else expect(found.status).toBe(EXIT.changed)
    }
  },
)

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

test('one value that was changed, and one row that was left out, are named by their byte', async () => {
  const { data } = gateway(20)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out, '--from', '1970-01-01', '--to', '2099-01-01')
  const lines = readFileSync(out, 'utf8').split('\n')
  writeFileSync(out, lines.with(5, (lines[5] as string).replace(/"value":[-\d.]+/, '"value":99')).join('\n'))
  const { status, printed } = await run('--data', data, '--check', out)
  const before = lines.slice(0, 5).join('\n').length
  expect([status, printed]).toEqual([
    EXIT.changed,
    expect.stringMatching(/CHANGED: it differs from the ledger at byte \d+, in line 6\.$/m),
  ])
  expect(Number(/byte (\d+)/.exec(printed)?.[1])).toBeGreaterThan(before)
  writeFileSync(out, lines.toSpliced(5, 1).join('\n'))
  expect((await run('--data', data, '--check', out)).status).toBe(EXIT.changed)
})

test('a file that another export is writing, or that lies there by chance, is left alone', async () => {
  const { data } = gateway(4)
  const out = join(data, 'out.jsonl')
  writeFileSync(`${out}.part`, 'of another')
  await expect(run('--data', data, '--out', out)).rejects.toThrow(/out\.jsonl\.part is there already/)
  expect(readFileSync(`${out}.part`, 'utf8')).toBe('of another')
  expect(existsSync(out)).toBe(false)
})

test('an export cannot be told from a ledger in which other entries are barred by now', async () => {
  const { data } = gateway(4)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  const firstBad = { gateway: 'gateway-1', entry: 7, reading: null, what: 'payload', expected: 'aa', actual: 'bb' }
  writeFinding(join(data, 'gateway-1', 'integrity.json'), { foundAtUs: 1, firstBad, acknowledged: null })
  const { status, printed } = await run('--data', data, '--check', out)
  expect([status, printed]).toEqual([EXIT.cannotTell, expect.stringContaining('other entries were found changed')])
})

test('what the tables of a ledger leave out or move is found by its signed entries', async () => {
  const { data } = gateway(150)
  for (const edit of [
    'DELETE FROM stream_chunk WHERE stream = 1',
    'UPDATE stream_chunk SET last_time_us = 0',
    'DELETE FROM gap',
    'UPDATE gap SET to_time_us = to_time_us + 1',
    'UPDATE entry SET time_us = time_us + 1000000 WHERE kind = 0',
    'UPDATE entry SET first_time_us = 0, last_time_us = 0 WHERE idx >= 256',
    'UPDATE entry SET actor = 3 - actor WHERE actor < 3',
    'UPDATE entry SET kind = 1 WHERE idx >= 300 AND kind = 0',
    'UPDATE seal SET time_us = time_us + 1',
    'UPDATE stream SET name = zeroblob(16) WHERE id = 1',
  ]) {
    const copy = temporaryFolder(onTestFinished)
    cpSync(data, copy, { recursive: true })
    const database = openChecked(join(copy, 'gateway-1', 'ledger.db'), {})
    expect(database.prepare(edit).run().changes, edit).toBeGreaterThan(0)
    database.close()
    const out = join(copy, 'out.jsonl')
    const range = ['--from', '1971-01-01', '--from-entry', '200']
    expect((await run('--data', copy, '--out', out, ...range)).status, edit).toBe(EXIT.ok)
    for (const against of [copy, data])
      expect((await run('--data', against, '--check', out)).status, edit).toBe(EXIT.changed)
  }
})

test.each([
  ['point', 'van km', 'van mi', /registers of stream [0-9a-f]{32} is not what the entries up to \d+ signed/],
  ['gateway', 'gateway-2', 'gateway-9', /registers of gateway [0-9a-f]{32} is not what the entries up to 0/],
])('what the state has of a %s otherwise than it was signed is found', async (_, name, other, says) => {
  const { data } = gateway(10)
  const copy = temporaryFolder(onTestFinished)
  cpSync(data, copy, { recursive: true })
  const database = openChecked(join(copy, 'gateway-1', 'ledger.db'), {})
  const values = database
    .prepare('SELECT DISTINCT value FROM state_row WHERE value IS NOT NULL')
    .pluck()
    .all() as Buffer[]
  const update = database.prepare('UPDATE state_row SET value = ? WHERE value = ?')
  for (const value of values)
    if (value.includes(name, 0, 'latin1'))
      update.run(Buffer.from(value.toString('latin1').replaceAll(name, other), 'latin1'), value)
  database.close()
  const out = join(copy, 'out.jsonl')
  expect((await run('--data', copy, '--out', out)).status).toBe(EXIT.ok)
  expect((await run('--data', data, '--check', out)).status).toBe(EXIT.changed)
  const { status, printed } = await run('--data', copy, '--check', out)
  expect([status, printed]).toEqual([EXIT.cannotTell, expect.stringMatching(says)])
})

test('what the index has of an asset otherwise than it was signed is found', async () => {
  const { data } = gateway(10)
  const copy = temporaryFolder(onTestFinished)
  cpSync(data, copy, { recursive: true })
  const database = openChecked(join(copy, 'gateway-1', 'ledger.db'), {})
  expect(database.prepare('DELETE FROM entry_asset WHERE asset = ?').run(ASSET).changes).toBeGreaterThan(0)
  database.close()
  const out = join(copy, 'out.jsonl')
  expect((await run('--data', copy, '--out', out, '--asset', ASSET)).status).toBe(EXIT.ok)
  expect((await run('--data', data, '--check', out)).status).toBe(EXIT.changed)
  const { status, printed } = await run('--data', copy, '--check', out)
  const says = expect.stringMatching(/registers of asset urn:own:van-1 is not what the entries up to/)
  expect([status, printed]).toEqual([EXIT.cannotTell, says])
})

test('an entry that was changed here, or a tree that was, tells nothing about a file', async () => {
  const { data } = gateway(20)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  const database = openChecked(join(data, 'gateway-1', 'ledger.db'), {})
  database.exec('UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE idx = 8) WHERE idx = 9')
  database.close()
  const { status, printed } = await run('--data', data, '--check', out)
  expect([status, printed]).toEqual([EXIT.cannotTell, expect.stringContaining('it is this ledger that was changed')])
})

test('a folder whose index is known to be damaged exports nothing, and still checks', async () => {
  const { data } = gateway(20)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  const firstBad = { gateway: 'gateway-1', entry: 7, reading: null, what: 'the gap', expected: '1', actual: '2' }
  const finding = { foundAtUs: 1, firstBad: { ...firstBad, derived: true as const }, acknowledged: null }
  writeFinding(join(data, 'gateway-1', 'integrity.json'), finding)
  await expect(run('--data', data, '--out', join(data, 'b.jsonl'))).rejects.toThrow(/entry 7: the gap\), so an export/)
  expect((await run('--data', data, '--check', out)).status).toBe(EXIT.unchanged)
})

test('a batch that cannot be read here tells nothing about a file that has its readings', async () => {
  const { data } = gateway(20)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  const database = openChecked(join(data, 'gateway-1', 'ledger.db'), {})
  database.exec('UPDATE payload SET bytes = zeroblob(9) WHERE id = 5')
  database.close()
  const { status, printed } = await run('--data', data, '--check', out)
  expect([status, printed]).toEqual([EXIT.cannotTell, expect.stringMatching(/batches cannot be read here: 1\. /)])
  // Nor about one that was made here since, whose rows are all equal: what is missing is not "unchanged".
  const without = join(data, 'without.jsonl')
  await run('--data', data, '--out', without)
  const found = await run('--data', data, '--check', without)
  expect([found.status, found.printed]).toEqual([
    EXIT.cannotTell,
    expect.stringMatching(/\d+ more of the range are not in it/),
  ])
})

test('an older name of a point is no name of it where it was opened anew since', async () => {
  const { data, channel, ledger } = gateway(10)
  const anew = { quantity: 'odometer', unit: 'km', label: 'van mi', fromSequence: 30 }
  commit(ledger, channel.openStream(channel.member(1), 'van', 'km', anew))
  sealAndCosign(channel, ledger)
  sealAndCosign(channel, ledger)
  const copy = temporaryFolder(onTestFinished)
  cpSync(data, copy, { recursive: true })
  const database = openChecked(join(copy, 'gateway-1', 'ledger.db'), {})
  const stored = database
    .prepare('SELECT DISTINCT value FROM state_row WHERE value IS NOT NULL')
    .pluck()
    .all() as Buffer[]
  const update = database.prepare('UPDATE state_row SET value = ? WHERE value = ?')
  for (const value of stored.filter((one) => one.includes('van mi')))
    update.run(Buffer.from(value.toString('latin1').replaceAll('van mi', 'van km'), 'latin1'), value)
  database.close()
  const out = join(copy, 'out.jsonl')
  await run('--data', copy, '--out', out)
  expect((await run('--data', copy, '--check', out)).status).toBe(EXIT.cannotTell)
  expect((await run('--data', data, '--check', out)).status).toBe(EXIT.changed)
})

test('what the head of a file claims is held against the ledger, and what stands beside a CSV is compared', async () => {
  const { data, channel } = gateway(20)
  const [out, csv] = [join(data, 'out.jsonl'), join(data, 'out.csv')]
  await run('--data', data, '--out', out)
  await run('--data', data, '--out', csv)
  const rest = readFileSync(out, 'utf8').split('\n').slice(1)
  const head = readHead(out)
  const { checkpoint, gateway: by } = head
  const [text = '', lines = ''] = checkpoint.note.split('\n\n')
  const [line = ''] = lines.split('\n')
  const changes: [string, Partial<typeof head>, RegExp][] = [
    ['name', { gateway: { ...by, name: 'gateway-9' } }, /names a gateway that is not in this ledger: "gateway-9"/],
    ['actor', { gateway: { ...by, actor: channel.member(1).actor } }, /names a gateway that is not in this ledger/],
    ['size', { checkpoint: { ...checkpoint, size: checkpoint.size - 1 } }, /is of \d+ entries with the root/],
    ['none', { checkpoint: { ...checkpoint, note: '' } }, /the checkpoint in its head is none/],
    [
      'unsigned',
      { checkpoint: { ...checkpoint, note: `${text}\n\n${line.slice(0, -4)}AAA=\n` } },
      /carries no signature of a gateway that holds/,
    ],
  ]
  for (const [what, change, says] of changes) {
    const made = JSON.parse(readFileSync(out, 'utf8').split('\n')[0] as string) as object
    const forged = join(data, `${what}.jsonl`)
    writeFileSync(forged, [JSON.stringify({ ...made, ...change }), ...rest].join('\n'))
    const { status, printed } = await run('--data', data, '--check', forged)
    expect([status, printed], what).toEqual([EXIT.changed, expect.stringMatching(says)])
  }
  const { printed } = await run('--data', data, '--check', csv)
  expect(printed).toMatch(/unchanged: .* who made the file, and when, is its own word \(\d+ rows\)\.$/m)
  const ofAsset = join(data, 'asset.csv')
  await run('--data', data, '--out', ofAsset, '--asset', ASSET)
  expect((await run('--data', data, '--check', ofAsset)).status).toBe(EXIT.unchanged)
  const beside = `${csv}.json`
  writeFileSync(beside, readFileSync(beside, 'utf8').replace('"unit": "km"', '"unit": "mi"'))
  const found = await run('--data', data, '--check', csv)
  expect([found.status, found.printed]).toEqual([
    EXIT.changed,
    expect.stringMatching(
      /its rows are those of the ledger, but \S+out\.csv\.json beside it is not what the ledger gives/,
    ),
  ])
})

test('of a bare CSV it is said whether the rows or what describes them is wrong', async () => {
  const { data } = gateway(20)
  const csv = join(data, 'out.csv')
  const beside = `${csv}.json`
  await run('--data', data, '--out', csv)
  const whole = readFileSync(beside, 'utf8')
  const check = (file = csv) => run('--data', data, '--check', file)
  const said =
    /differs from the ledger at byte \d+, in line \d+; it may be the range in \S+out\.csv\.json that was changed/
  for (const [from, to] of [
    ['"toTime": null', '"toTime": "2026-01-01T00:00:30.000000Z"'],
    ['"fromTime": null', '"fromTime": "2026-01-01T00:00:30.000000Z"'],
  ] as const) {
    writeFileSync(beside, whole.replace(from, to))
    expect(await check()).toMatchObject({ status: EXIT.changed, printed: expect.stringMatching(said) })
  }
  for (const [text, why] of [
    [whole.slice(0, 100), /^\S+out\.csv\.json, which describes the rows of \S+out\.csv, is no JSON: /],
    [whole.replace('"version": 1', '"version": 9'), /out\.csv\.json, .* is not that of an export: "version": /],
  ] as const) {
    writeFileSync(beside, text)
    await expect(check()).rejects.toThrow(why)
  }
  for (const text of [whole, JSON.stringify(JSON.parse(whole)), 'nonsense']) {
    writeFileSync(beside, text)
    await expect(check(beside)).rejects.toMatchObject({
      message: `${beside} only describes the rows, which are in ${csv}`,
      next: `Give the rows: --check ${csv}`,
    })
  }
})

test('another ledger cannot tell, and what is no export is wrong usage', async () => {
  const [mine, other] = [gateway(4), gateway(4, new TestChannel(addon, { seed: 'other' }))]
  const out = join(mine.data, 'out.jsonl')
  await run('--data', mine.data, '--out', out)
  expect(await run('--data', other.data, '--check', out)).toMatchObject({ status: EXIT.cannotTell })
  writeFileSync(join(mine.data, 'other.csv'), 'a,b\r\n')
  await expect(run('--data', mine.data, '--check', join(mine.data, 'other.csv'))).rejects.toThrow(/is no export/)
})

test('a range with nothing in it is written, and said to be empty', async () => {
  const { data } = gateway(20)
  const { status, printed } = await run('--data', data, '--out', join(data, 'out.csv'), '--to', '1971-01-01')
  expect(status).toBe(EXIT.ok)
  expect(printed).toMatch(
    /out\.csv: no readings and no gaps in this range, as of \d+ entries .*\nThese points have readings from 2026-01-01T00:00:00\.000000Z to 2026-01-01T00:01:21\.000000Z\.\n/,
  )
  const onlyGap = ['--from', '2026-01-01T00:00:36.100000Z', '--to', '2026-01-01T00:00:36.900000Z']
  const gaps = await run('--data', data, '--out', join(data, 'gap.csv'), ...onlyGap)
  expect(gaps.printed).toMatch(/gap\.csv: 0 readings and 1 gap, as of .*\nThese points have readings from 2026-01-01T/)
  const none = await run('--data', gateway(0).data, '--out', join(data, 'none.jsonl'))
  expect(none.printed).toContain('\nThere are no readings of these points yet.\n')
})

test('a day that ends a range is in it to its last microsecond, in UTC', async () => {
  const { data } = gateway(20)
  const day = ['--from', '2026-01-01', '--to', '2026-01-01']
  expect((await run('--data', data, '--out', join(data, 'day.csv'), ...day)).printed).toContain(' 140 readings and ')
  expect(readHead(join(data, 'day.csv')).range).toMatchObject({
    fromTime: '2026-01-01T00:00:00.000000Z',
    toTime: '2026-01-01T23:59:59.999999Z',
  })
  expect(helpOf(exportCommand)).toContain('a day ends with its last microsecond in UTC')
})

test('of several gateways it is said which one is read, and a number beyond the end of its log is answered', async () => {
  const { data, ledger } = gateway(4)
  cpSync(join(data, 'gateway-1'), join(data, 'gateway-2'), { recursive: true })
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  // How far it is, is told by the clock: a machine that is slow enough says it, too.
  const said = (): string[] =>
    write.mock.calls.map(([line]) => String(line)).filter((line) => !/ of about .* rows\n$/.test(line))
  await run('--data', data, '--out', join(data, 'out.csv'))
  expect(said()).toEqual(['Of 2 gateways this is gateway-1; --gateway NAME takes another: gateway-2\n'])
  write.mockClear()
  await run('--data', data, '--gateway', 'gateway-2', '--out', join(data, 'b.csv'))
  expect(said()).toEqual([])
  const prove = invocationOf(log, ['prove', '999999', '--data', join(data, 'gateway-1')])
  await expect((async () => log.run(prove as Exclude<typeof prove, 'help'>))()).rejects.toMatchObject({
    message: `there is no entry 999999: the ledger has ${ledger.size} entries`,
    next: `Give a number from 0 to ${ledger.size - 1}.`,
  })
})

test('nothing is overwritten, nothing half is left, and wrong words are named', async () => {
  const { data } = gateway(4)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  await expect(run('--data', data, '--out', out)).rejects.toThrow(/is there already/)
  await expect(run('--data', data, '--out', join(data, 'out.xls'))).rejects.toThrow(/does not say in which format/)
  const named = run('--data', data, '--out', join(data, 'b.csv'), '--format', 'pdf')
  await expect(named).rejects.toMatchObject({
    message: 'there is no format "pdf".',
    next: 'Formats: csv, jsonl, parquet.',
  })
  await expect(run('--data', data, '--check', '/nope')).rejects.toThrow(
    '/nope is no export that can be read: there is no such file',
  )
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--from', 'yesterday')).rejects.toThrow(
    /no time with its zone/,
  )
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--stream', 'x')).rejects.toThrow(/32 digits/)
  for (const [asset, next] of [
    ['nobody', `There are: ${ASSET}.`],
    [`${ASSET}1`, `Did you mean "${ASSET}"? There are: ${ASSET}.`],
  ] as const)
    await expect(run('--data', data, '--out', join(data, 'b.csv'), '--asset', asset)).rejects.toMatchObject({
      message: `there is no asset ${asset}`,
      next,
    })
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--gateway', 'gatewy-1')).rejects.toMatchObject({
    message: `there is no gateway "gatewy-1" under ${data}. Did you mean "gateway-1"?`,
    next: 'There are: gateway-1.',
  })
  await expect(run('--data', data)).rejects.toThrow(/say either where to write/)
  expect(existsSync(join(data, 'b.csv'))).toBe(false)
  rmSync(out)
  const stop = setImmediate(() => process.emit('SIGINT', 'SIGINT'))
  await expect(run('--data', data, '--out', out)).rejects.toThrow(/interrupted/)
  clearImmediate(stop)
  expect(readdirSync(data).filter((one) => one.startsWith('out.'))).toEqual([])
})
