/** The console of a running demo plant in a real browser: every screen in both languages, a reading proven, a certificate made and dropped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatewaysUnder } from '../../src-main/gateway/folder/data-folder.ts'
import { readRuntime } from '../../src-main/gateway/folder/runtime-file.ts'
import { freePort } from '../../src-main/cli/free-port.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { isLong } from '../support/long.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'

const SCREENS = ['overview', 'sources', 'trends', 'ledger', 'peers', 'certificates']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
if (chromiumPath === undefined) console.warn('skipped: the console in a browser: no Chromium on this machine')

describe.skipIf(chromiumPath === undefined)('the console of the demo plant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-console-'))
  const data = join(folder, 'data')
  let demo: Running
  let browser: Browser

  beforeAll(async () => {
    demo = Running.start(['demo', '--data', data, '--port', String(await freePort())])
    await demo.line(/Console: http/)
    browser = await launchChromium('--disable-background-networking')
    const ask = () => plumblineJson<{ verdict: string; readings: number }>('status', '--data', data)
    await until(
      'an unchanged record',
      60_000,
      ask,
      ({ document }) => document.verdict === 'unchanged' && document.readings > 500,
    )
  })

  afterAll(async () => {
    await browser?.close()
    demo.signal('SIGTERM')
    await demo.ended
    rmSync(folder, { recursive: true, force: true })
  })

  /** A page that is signed in, and everything that went wrong in it. */
  async function signedIn(locale: string): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
    const { document } = await plumblineJson<{ url: string }>('console', '--as', 'M. Lindner', '--data', data)
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale,
      timezoneId: 'Europe/Berlin',
    })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(document.url)
    await page.locator('h1, .statement').first().waitFor()
    return { page, context, problems }
  }

  async function show(page: Page, screen: string): Promise<void> {
    await page.evaluate(`location.hash = '/${screen}'`)
    await page.waitForTimeout(1_500)
  }

  for (const locale of isLong ? ['en-GB', 'de-DE'] : ['de-DE']) {
    it(`shows every screen without an error, an overflow or an accessibility fault (${locale})`, async () => {
      const { page, context, problems } = await signedIn(locale)
      try {
        for (const screen of SCREENS) {
          await show(page, screen)
          const width = await page.evaluate<number>('document.documentElement.scrollWidth')
          expect([screen, width]).toEqual([screen, 1280])
          await page.evaluate(axe)
          const faults = await page.evaluate(async () => {
            const { violations } = await (
              globalThis as unknown as {
                axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
              }
            ).axe.run()
            return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
          })
          expect([screen, faults]).toEqual([screen, []])
        }
        expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2))
        expect(problems).toEqual([])
      } finally {
        await context.close()
      }
    })
  }

  it('says that the record is unchanged, and proves one reading of a batch step by step', async () => {
    const { page, context } = await signedIn('en-GB')
    try {
      await show(page, 'overview')
      await page.getByText(/readings since .* are unchanged/).waitFor({ timeout: 30_000 })
      await show(page, 'ledger')
      const verify = page.getByRole('button', { name: /^Verify/ })
      if ((await verify.count()) === 0) await page.locator('.c3 tbody tr').first().click()
      await page
        .getByText(/This reading is unchanged|unchanged/)
        .first()
        .waitFor({ timeout: 15_000 })
      for (const step of ['File read', 'Fingerprint', 'In batch', 'In block', 'Peers agree', 'Key valid then'])
        expect(await page.getByText(step).first().isVisible()).toBe(true)
    } finally {
      await context.close()
    }
  })

  it('checks a dropped certificate in the page, without a log-in: unchanged, and changed after one byte', async () => {
    const { document } = await plumblineJson<{ assets: { id: string }[] }>('status', '--data', data)
    const file = join(folder, 'vehicle.plumb')
    await until(
      'a certificate',
      60_000,
      () =>
        plumbline(
          'certificate',
          'issue',
          '--asset',
          document.assets[0]?.id ?? '',
          '--out',
          file,
          '--reason',
          'the plant was being set up',
          '--data',
          data,
        ),
      (ended) => ended.status === 0,
    )
    const bytes = readFileSync(file)
    bytes[2_000] = (bytes[2_000] as number) ^ 0x01
    writeFileSync(join(folder, 'changed.plumb'), bytes)
    const { document: link } = await plumblineJson<{ url: string }>('console', '--data', data)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
    try {
      await page.goto(`${link.url.split('#')[0]}#/verify`)
      const input = page.locator('input[type=file]').first()
      await input.setInputFiles(file)
      await page
        .getByText(/is unchanged/)
        .first()
        .waitFor({ timeout: 60_000 })
      await input.setInputFiles(join(folder, 'changed.plumb'))
      await page
        .getByText(/(is|was) changed/)
        .first()
        .waitFor({ timeout: 60_000 })
    } finally {
      await page.close()
    }
  })

  it('exports from Trends, and by command; rows are proven by its own calls, and the file byte by byte, while it records on', async () => {
    const { page, context } = await signedIn('en-GB')
    try {
      await show(page, 'trends')
      await page.keyboard.press('Control+s')
      await page.locator('.export [role=status] p').waitFor()
      await page.locator('[role=radio]', { hasText: 'JSON lines' }).click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('dialog button', { hasText: /^Export$/ }).click(),
      ])
      const shown = join(folder, 'shown.jsonl')
      await file.saveAs(shown)
      // The console of the demo is that of one of its gateways: its address says which.
      const port = Number(new URL(page.url()).port)
      const gateway = gatewaysUnder(data).find((one) => readRuntime(one.runtime)?.port === port)
      if (gateway === undefined) throw new Error(`no gateway runs at port ${port}`)
      const { root } = gateway
      const runtime = readRuntime(gateway.runtime)
      const rows = readFileSync(shown, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; entry: number; position: number; value: unknown })
      expect(rows.at(-1)?.kind).toBe('end')
      const readings = rows.filter(({ kind }) => kind === 'reading')
      expect(readings.length).toBeGreaterThan(20)
      for (const { entry, position, value } of [readings[0], readings.at(-1)].flatMap((row) => row ?? [])) {
        const answer = await fetch(`http://127.0.0.1:${runtime?.port}/api/ledger/verify`, {
          method: 'POST',
          headers: { authorization: `Bearer ${runtime?.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ entry, position }),
        })
        const { verdict, reading } = (await answer.json()) as { verdict: string; reading: { text: string } }
        expect([verdict, Math.fround(Number(reading.text))]).toEqual(['unchanged', Math.fround(Number(value))])
      }
      expect((await plumbline('export', '--data', root, '--check', shown)).status).toBe(0)
      const all = join(folder, 'all.parquet')
      expect((await plumbline('export', '--data', root, '--out', all)).status).toBe(0)
      expect((await plumbline('export', '--data', root, '--check', all)).status).toBe(0)
    } finally {
      await context.close()
    }
  })
})
