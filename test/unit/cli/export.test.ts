import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { invocationOf } from '../../../src-main/cli/command.ts'
import { EXIT } from '../../../src-main/cli/exit-status.ts'
import { exportCommand } from '../../../src-main/cli/export.ts'
import { writeFinding } from '../../../src-main/gateway/integrity.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { TestChannel } from '../../support/channel.ts'
import { addon, commit } from '../ledger/drive.ts'
import { recorded, sealAndCosign } from '../ledger/recorded.ts'
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
    expect.stringMatching(/CHANGED: it differs from the ledger at byte \d+/),
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

test('another ledger cannot tell, and what is no export is wrong usage', async () => {
  const [mine, other] = [gateway(4), gateway(4, new TestChannel(addon, { seed: 'other' }))]
  const out = join(mine.data, 'out.jsonl')
  await run('--data', mine.data, '--out', out)
  expect(await run('--data', other.data, '--check', out)).toMatchObject({ status: EXIT.cannotTell })
  writeFileSync(join(mine.data, 'other.csv'), 'a,b\r\n')
  await expect(run('--data', mine.data, '--check', join(mine.data, 'other.csv'))).rejects.toThrow(/is no export/)
})

test('nothing is overwritten, nothing half is left, and wrong words are named', async () => {
  const { data } = gateway(4)
  const out = join(data, 'out.jsonl')
  await run('--data', data, '--out', out)
  await expect(run('--data', data, '--out', out)).rejects.toThrow(/is there already/)
  await expect(run('--data', data, '--out', join(data, 'out.xls'))).rejects.toThrow(/does not say in which format/)
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--from', 'yesterday')).rejects.toThrow(
    /no time with its zone/,
  )
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--stream', 'x')).rejects.toThrow(/32 digits/)
  await expect(run('--data', data, '--out', join(data, 'b.csv'), '--asset', 'nobody')).rejects.toThrow(
    /there is no asset nobody/,
  )
  await expect(run('--data', data)).rejects.toThrow(/say either where to write/)
  expect(existsSync(join(data, 'b.csv'))).toBe(false)
  rmSync(out)
  const stop = setImmediate(() => process.emit('SIGINT', 'SIGINT'))
  await expect(run('--data', data, '--out', out)).rejects.toThrow(/interrupted/)
  clearImmediate(stop)
  expect(readdirSync(data).filter((one) => one.startsWith('out.'))).toEqual([])
})
