/** A gateway whose clock nothing confirms, as a real daemon: its channel was founded 40 days ago, and it did not run since. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { checkConfig } from '../../src-main/gateway/folder/config.ts'
import { gatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { prepareAlone } from '../../src-main/gateway/folder/setup.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { pause, plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const FORTY_DAYS_US = 40 * 86_400_000_000

interface Clocks {
  clocks: { name: string; shows: string; doubt: string | null; confirmed: boolean }[]
}

function entriesOf(file: string): { kind: string; type: string | null; timeUs: number }[] {
  const reader = openReader(file)
  try {
    return reader.entries.entries(0, 1_000).map(({ kind, type, timeUs }) => ({ kind, type, timeUs }))
  } finally {
    reader.close()
  }
}

it('seals nothing until plumbline time confirm, which the ledger records', async () => {
  const folder = temporaryFolder(onTestFinished)
  const data = join(folder, 'gw-hall')
  mkdirSync(data)
  const config = join(folder, 'gateway.yaml')
  writeFileSync(config, `name: gw-hall\nconsole: { port: ${await freePort()} }\n`)
  const checked = checkConfig(`name: gw-hall\n`).config
  if (checked === null) throw new Error('the configuration is wrong')
  prepareAlone(data, checked, Date.now() * 1_000 - FORTY_DAYS_US)
  const { ledger } = gatewayFolder(data)
  const gateway = Running.start(['start', '--config', config, '--data', data])
  try {
    await gateway.line(/Console: http/)
    const time = (...more: string[]) => plumblineJson<Clocks>('time', ...more, '--data', data)
    await until(
      'an answer',
      20_000,
      () => plumbline('time', '--data', data),
      ({ status }) => status !== 3,
    )
    expect(await time()).toMatchObject({
      status: 2,
      document: { clocks: [{ name: 'gw-hall', doubt: 'after-seal', confirmed: false }] },
    })
    expect((await plumbline('time', '--data', data)).stdout).toContain('plumbline time confirm --gateway gw-hall')
    await until(
      'a sign of life',
      20_000,
      async () => entriesOf(ledger),
      (entries) => entries.some(({ type }) => type === 'gateway.alive'),
    )
    await pause(2_000)
    expect(entriesOf(ledger).map(({ kind }) => kind)).not.toContain('seal')
    expect(await plumbline('time', 'confirm', '--gateway', 'gw-other', '--data', data)).toMatchObject({ status: 64 })
    expect(await time('confirm', '--as', 'M. Lindner')).toMatchObject({
      status: 0,
      document: { clocks: [{ doubt: 'after-seal', confirmed: true }] },
    })
    const entries = await until(
      'a seal',
      20_000,
      async () => entriesOf(ledger),
      (all) => all.some(({ kind }) => kind === 'seal'),
    )
    const seal = entries.find(({ kind }) => kind === 'seal')
    expect(Math.abs((seal?.timeUs ?? 0) - Date.now() * 1_000)).toBeLessThan(120_000_000)
    expect(entries.filter(({ type }) => type === 'alarm.acknowledged')).toHaveLength(1)
    const after = await until('the doubt to end', 10_000, time, ({ document }) => document.clocks[0]?.doubt === null)
    expect(after.status).toBe(0)
    expect(existsSync(join(data, 'clock.json'))).toBe(process.platform === 'linux')
    expect(await time('confirm')).toMatchObject({
      status: 0,
      document: { clocks: [{ doubt: null, confirmed: false }] },
    })
  } finally {
    gateway.signal('SIGTERM')
  }
  expect(await gateway.ended).toBe(0)
}, 400_000)
