import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { inRoot, packagedNode } from '../../../../src-main/cli/launch/root.mjs'

test('a ZIP is the same bytes in every time zone: whoever checks one sits elsewhere than who made it', () => {
  const program = `
    const { CsvWriter } = await import(${JSON.stringify(inRoot('src-main/gateway/export/csv-writer.ts'))})
    const writer = new CsvWriter('rfc4180', Date.UTC(2026, 2, 29, 1, 30) * 1000)
    writer.begin({})
    writer.end({}, {})
    process.stdout.write(Buffer.from(writer.take(0)).toString('hex'))`
  const made = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Europe/Berlin'].map((TZ) => {
    const { stdout, stderr } = spawnSync(packagedNode, ['--input-type=module', '--eval', program], {
      env: { ...process.env, TZ },
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    return stdout
  })
  expect(made[0]!.length).toBeGreaterThan(200)
  expect(new Set(made).size).toBe(1)
})
