import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { alarmFile, type KeptAlarms } from '../../../../src-main/gateway/alarms/alarm-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const log = pino({ level: 'silent' })
const alarm = {
  code: 'queue-full' as const,
  place: 'gw-1',
  sinceUs: 1,
  lastUs: 2,
  facts: { reason: 'x', n: 3 },
  closedAtUs: null,
  acknowledged: { name: 'A', reason: '', atUs: 3 },
  said: true,
  entry: null,
}

test('comes back as it was written, and what another version named is passed over', () => {
  const path = join(temporaryFolder(onTestFinished), 'alarms.json')
  const kept: KeptAlarms = { alarms: [alarm], shelves: [], unsaid: [{ type: 'alarm.raised', body: { place: 'gw-1' } }] }
  expect(alarmFile(path, log).load()).toEqual({ alarms: [], shelves: [], unsaid: [] })
  alarmFile(path, log).save(kept)
  expect(alarmFile(path, log).load()).toMatchObject(kept)
  const written = JSON.parse(readFileSync(path, 'utf8')) as { alarms: object[] }
  written.alarms.push({ ...alarm, code: 'of-another-version' })
  writeFileSync(path, JSON.stringify(written))
  expect(alarmFile(path, log).load().alarms).toEqual([alarm])
})

test('a damaged file is put aside, and nothing counts as acknowledged', () => {
  const path = join(temporaryFolder(onTestFinished), 'alarms.json')
  writeFileSync(path, '{"version":1,"alarms":[{')
  expect(alarmFile(path, log).load().alarms).toEqual([])
  expect(existsSync(path)).toBe(false)
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe('{"version":1,"alarms":[{')
})

test('a folder that cannot be written is said, and stops nothing', () => {
  const path = join(temporaryFolder(onTestFinished), 'no-folder', 'alarms.json')
  const said: string[] = []
  const warn = (_: object, message: string) => void said.push(message)
  alarmFile(path, { warn, error: warn } as unknown as typeof log).save({ alarms: [], shelves: [], unsaid: [] })
  expect(said).toEqual([expect.stringMatching(/could not be kept/)])
})
