/** The pack that `plumbline pack new` writes: it is one, and decides what its comments say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writePackTemplate } from '../../../src-main/cli/pack-template.ts'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { loadRule } from '../../../src-main/gateway/channel/channel-packs.ts'
import { packFolder } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import { defaultParameters } from '../../../src-main/packs/manifest.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('is a pack whose rule judges by its limits, says so where evidence is missing, and asks for its own event first', async () => {
  const folder = join(temporaryFolder(onTestFinished), 'torque')
  writePackTemplate(folder, 'torque')
  const pack = packFolder(folder, 'torque')
  expect(pack.manifest).toMatchObject({ id: 'torque', version: '0.1' })
  expect(readFileSync(join(folder, 'rule.js'), 'utf8')).toContain("'torque.seen'")
  const host = await createPackHost(loadEngine())
  const stream = (gaps: JsonValue[], ...values: number[]): JsonValue => ({
    stream: 's',
    quantity: 'example',
    gaps,
    readings: values.map((value, sequence) => ({ sequence, value: { kind: 'float', value } })),
  })
  const verdict = (...streams: JsonValue[]): JsonValue =>
    (
      host.run(pack.files.rule, 'judge', { parameters: defaultParameters(pack.manifest), streams }) as {
        verdict: string
      }
    ).verdict
  expect(verdict(stream([], 1, 9))).toBe('pass')
  expect(verdict(stream([], 1, 11))).toBe('fail')
  expect(verdict(stream([{ reason: 'power' }], 1))).toBe('no-judgement')
  expect(verdict()).toBe('no-judgement')
  const engine = await loadRule(pack)
  const asked = (type: string, seen: JsonValue | null): object =>
    engine.call({ statement: { type }, assets: ['a'], signer: { member: 'gw' } }, () => seen)
  expect(asked('asset.bound', null)).toMatchObject({ answer: { refuse: 'not-seen' } })
  expect(asked('asset.bound', { by: 'gw' })).toMatchObject({ answer: {} })
  expect(asked('torque.seen', null)).toMatchObject({ answer: { set: [['seen', 'a', { by: 'gw' }]] } })
})
