import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../support/chromium.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { parseCheckpoint } from '../../../src-main/proof/checkpoint.ts'
import { toBase64, utf8 } from '../../../src-main/wire/bytes.ts'
import { issue, makeVehicle, materialOf } from '../certificates/vehicle.ts'

if (chromiumPath === undefined) console.warn('skipped: the HTML certificate in a browser: no Chromium on this machine')

describe.skipIf(chromiumPath === undefined)('the HTML certificate in a browser without a network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-html-'))
  let browser: Browser
  let script: string
  let file: Uint8Array
  let german: Uint8Array
  let policy: string
  let checkpoint: string
  const said: string[] = []

  beforeAll(async () => {
    const configFile = fileURLToPath(new URL('../../../vite.verifier.config.ts', import.meta.url))
    await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: false } })
    script = readFileSync(join(folder, 'offline.js'), 'utf8')
    const vehicle = await makeVehicle({ days: 8 })
    const material = materialOf(vehicle)
    file = issue(vehicle, { ...material, stated: { releasedBy: '<i>slanted</i>' } })
    german = issue(vehicle, { ...material, stated: { releasedBy: '<i>slanted</i>', language: 'de' } })
    policy = vehicle.channel.policy()
    checkpoint = vehicle.channel.checkpoint()
    browser = await launchChromium()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(html: string): Promise<Page> {
    const path = join(folder, 'page.html')
    writeFileSync(path, html)
    const context = await browser.newContext({ offline: true })
    const page = await context.newPage()
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) said.push(request.url())
    })
    await page.goto(pathToFileURL(path).href)
    await page.waitForSelector('#check[data-verdict], #check .said')
    return page
  }
  const verdict = (page: Page): Promise<string | null> => page.getAttribute('#check', 'data-verdict')
  const states = (page: Page): Promise<(string | null)[]> =>
    page
      .locator('.steps li')
      .evaluateAll((items: { getAttribute(name: string): string | null }[]) =>
        items.map((item) => item.getAttribute('data-state')),
      )

  test('cannot tell by itself, and is unchanged under a policy that is brought along', async () => {
    const page = await open(composeHtml(file, script))
    expect(await verdict(page)).toBe('cannot-tell')
    expect(await page.textContent('#check > section:first-child h2')).toBe('What the file claims')
    expect(await states(page)).toEqual([
      'holds',
      'holds',
      'waits',
      'not-run',
      'not-run',
      'not-run',
      'not-run',
      'not-run',
    ])
    await page.setInputFiles('input[type=file]', {
      name: 'policy.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(policy),
    })
    await page.waitForSelector('#check[data-verdict=unchanged]')
    expect(await page.textContent('.sentence')).toBe('This certificate is unchanged.')
    const sections = await page.locator('#check > section').allTextContents()
    expect(sections[0]).toMatch(/^What was certified.*PLBZZZ1KZ00000001.*hall GmbH.*by the issuer’s clock$/)
    expect(sections[1]).toMatch(/this verifier cannot vouch for the page that it came with/)
    expect(await page.textContent('.by-whom')).toContain('3 gateways of 3 independent members and 0 outside witnesses')
    expect(await page.textContent('#convenience')).toContain('It is a convenience.')
    expect(said).toEqual([])
    await page.context().close()
  })

  test('says what is wrong with a text that is no policy', async () => {
    const page = await open(composeHtml(file, script))
    await page.fill('textarea', 'quorum of friends')
    await page.click('.policy button')
    await expect
      .poll(() => page.textContent('.said'))
      .toMatch(/^This is not a trust policy\. .*the pinned trust policy cannot be read/)
    expect(await verdict(page)).toBe('cannot-tell')
    const photo = { name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(100_000, 0xff) }
    await page.setInputFiles('input[type=file]', photo)
    await expect.poll(() => page.textContent('.said')).toMatch(/^This is not a trust policy\. .*is none\.$/)
    expect(await verdict(page)).toBe('cannot-tell')
    await page.context().close()
  })

  test('never calls changed what is no certificate, in the language of the page', async () => {
    const page = await open(composeHtml(german, script).replace(toBase64(german), toBase64(utf8('root:x:0:0'))))
    await expect
      .poll(() => page.textContent('.said'))
      .toMatch(/^Das ist kein Plumbline-Zertifikat\. Sie sieht aus wie ein Text\. In dieser Seite/)
    expect(await page.locator('#check[data-verdict]').count()).toBe(0)
    await page.context().close()
  })

  test('names the step at which a changed certificate stops, in German too', async () => {
    const changed = german.with(german.length - 200, german[german.length - 200]! ^ 1)
    const html = composeHtml(german, script).replace(toBase64(german), toBase64(changed))
    const page = await open(html)
    expect(await verdict(page)).toBe('changed')
    expect(await page.textContent('.sentence')).toBe('Dieses Zertifikat ist verändert.')
    expect((await states(page)).filter((state) => state === 'stops')).toHaveLength(1)
    expect(await page.locator('.certified').count(), 'nothing of its content is said').toBe(0)
    expect(await page.locator('i').count()).toBe(0)
    await page.context().close()
  })

  test('under the policy of the ledger that it says it continues cannot tell, and says whose word that is', async () => {
    const { origin, size, root } = parseCheckpoint(checkpoint)
    const vehicle = await makeVehicle({ days: 4, continues: { origin, size, root } })
    const page = await open(composeHtml(issue(vehicle), script))
    expect(await page.textContent('.certified')).toMatch(
      /^What the file claims.*Ledger continuesplumbline\.local\/.*founder’s word/,
    )
    await page.setInputFiles('input[type=file]', {
      name: 'policy.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(policy),
    })
    await expect.poll(() => page.textContent('#check')).toMatch(/continues the one whose trust policy you pinned/)
    expect(await verdict(page)).toBe('cannot-tell')
    await page.context().close()
  })

  test('runs no script but its own', async () => {
    const html = composeHtml(file, script)
    const page = await open(html.replace('</main>', '</main><script>document.title = "owned"</script>'))
    expect(await page.title()).not.toBe('owned')
    await page.context().close()
  })
})
