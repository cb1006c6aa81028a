import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../support/chromium.ts'
import { securityHeaders } from '../../../src-main/api/security-headers.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { sha256, toBase64, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import type { CheckAnswer } from '../../../src-renderer/verifier/answer.ts'
import { issue, makeVehicle } from '../certificates/vehicle.ts'

if (chromiumPath === undefined) console.warn('skipped: the check in a worker: no Chromium on this machine')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** What an HTML certificate of this build would carry: any script will do, if the worker knows its hash. */
const verifierScript = 'document.title = "verifier"'.repeat(99)

/** Serves a built folder with the headers that the gateway's own server gives to pages and workers. */
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url!, 'http://x').pathname)
    if (!existsSync(path)) return void response.writeHead(404).end()
    const kind = path.includes('/worker/') ? 'worker' : 'page'
    response.writeHead(200, { ...securityHeaders(kind), 'content-type': TYPES[extname(path)] ?? 'text/plain' })
    response.end(readFileSync(path))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

describe.skipIf(chromiumPath === undefined)('the check in a worker, under the console’s security policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-worker-'))
  let browser: Browser
  let server: Server
  let page: Page
  let file: Uint8Array
  let policy: string

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('../../../src-renderer/verifier/check-in-worker.ts', import.meta.url))
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>x</title><script type="module" src="./main.js"></script>',
    )
    writeFileSync(
      join(folder, 'main.js'),
      `import { checkInWorker } from ${JSON.stringify(entry)}\nglobalThis.checkInWorker = checkInWorker\n`,
    )
    const output = { entryFileNames: 'worker/[name]-[hash].js', chunkFileNames: 'worker/[name]-[hash].js' }
    await build({
      configFile: false,
      root: folder,
      base: './',
      logLevel: 'error',
      build: { outDir: 'built', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
      define: { OFFLINE_VERIFIER_SHA256: JSON.stringify(toHex(sha256(utf8(verifierScript)))) },
      worker: { format: 'es', rolldownOptions: { output } },
    })
    const vehicle = await makeVehicle({ days: 4 })
    file = issue(vehicle)
    policy = vehicle.channel.policy()
    server = await serve(join(folder, 'built'))
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`)
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const check = (bytes: Uint8Array, policies: string[]): Promise<CheckAnswer> =>
    page.evaluate(
      async ([base64, texts]) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.codePointAt(0)!)
        const run = (
          globalThis as unknown as {
            checkInWorker: (file: Uint8Array, fileName: string, policies: string[]) => Promise<CheckAnswer>
          }
        ).checkInWorker
        return run(bytes, '', texts).catch((error: Error) => ({ error: error.message }))
      },
      [toBase64(bytes), policies] as [string, string[]],
    )

  test('gives the verdict that Node gives, twice in a row', async () => {
    for (let turn = 0; turn < 2; turn++)
      expect(await check(file, [policy])).toMatchObject({ result: { verdict: 'unchanged', page: 'none' } })
    expect(await check(file, [])).toMatchObject({ result: { verdict: 'cannot-tell' } })
    expect(await check(file.with(99, file[99]! ^ 1), [policy])).toMatchObject({ result: { verdict: 'changed' } })
  })

  test('compares the page of an HTML file, and says of a PDF that it was not compared', async () => {
    const html = utf8(composeHtml(file, verifierScript))
    expect(await check(html, [policy])).toMatchObject({ result: { verdict: 'unchanged', page: 'ours' } })
    const at = html.length - 900
    const bent = html.with(at, html[at]! ^ 1)
    expect(await check(bent, [policy])).toMatchObject({ result: { verdict: 'cannot-tell', page: 'not-ours' } })
    const pdf = await renderPdf(file, installedFonts)
    expect(await check(pdf, [policy])).toMatchObject({
      result: { verdict: 'unchanged', page: 'ours' },
    })
  })

  test('answers that a file is no certificate', async () => {
    expect(await check(new Uint8Array(), [policy])).toMatchObject({
      refused: { code: 'no_certificate', looksLike: 'nothing' },
    })
  })

  test('rejects with the reason when a policy cannot be read', async () => {
    expect(await check(file, ['witness'])).toEqual({ error: expect.stringMatching(/trust policy cannot be read/) })
  })
})
