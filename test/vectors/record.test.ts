/** Golden bytes of the record's layouts (docs/FORMATS.md, sections 4 and 6), computed apart from this code: here and in a browser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { bundled } from './bundled.ts'
import { recordAnswers } from './record-answers.ts'
import type { RecordVectors } from './record-answers.ts'

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'record.json'), 'utf8')) as RecordVectors

test('event leaves, chains of changes, what a new key signs, and state values with their places; the roots of both', () => {
  expect(recordAnswers(vectors)).toEqual(vectors)
  expect([vectors.eventLeaves.length, vectors.changes.length, vectors.values.length]).toEqual([5, 2, 5])
})

if (chromiumPath === undefined)
  console.warn('skipped: golden bytes in the browser: no Chromium on this machine (apt-get install chromium)')

test.skipIf(chromiumPath === undefined)('the same in Chromium', async () => {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ content: await bundled('record-answers.ts') })
    const made = await page.evaluate(
      (given) =>
        (globalThis as unknown as { vectors: { recordAnswers: typeof recordAnswers } }).vectors.recordAnswers(given),
      vectors,
    )
    expect(made).toEqual(vectors)
  } finally {
    await browser.close()
  }
})
