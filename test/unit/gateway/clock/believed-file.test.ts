import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BelievedFile } from '../../../../src-main/gateway/clock/believed-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('what was believed is there for a next run in the same boot, and for no other', () => {
  const folder = temporaryFolder(onTestFinished)
  const path = join(folder, 'clock.json')
  expect(new BelievedFile(path, 'a').read()).toBeNull()
  new BelievedFile(path, 'a').write(-5)
  new BelievedFile(path, 'a').write(1_767_225_600_000_000)
  expect([new BelievedFile(path, 'a').read(), new BelievedFile(path, 'b').read()]).toEqual([
    1_767_225_600_000_000,
    null,
  ])
  expect(readdirSync(folder)).toEqual(['clock.json'])
})

test('where nothing names the boot nothing is kept, and a damaged file says nothing', () => {
  const folder = temporaryFolder(onTestFinished)
  const path = join(folder, 'clock.json')
  new BelievedFile(path, null).write(5)
  expect(readdirSync(folder)).toEqual([])
  for (const text of ['', '{"boot": "a"}', '{"boot": "a", "offsetUs": 1.5}', '{"boot": null, "offsetUs": 1}']) {
    writeFileSync(path, text)
    expect(new BelievedFile(path, 'a').read(), text).toBeNull()
    expect(new BelievedFile(path, null).read(), text).toBeNull()
  }
})

test('a folder that takes no file ends nothing', () => {
  const file = new BelievedFile(join(temporaryFolder(onTestFinished), 'gone', 'clock.json'), 'a')
  expect(() => file.write(5)).not.toThrow()
  expect(file.read()).toBeNull()
})
