import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'vite'
import { afterAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../support/chromium.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { fromBase64, toBase64 } from '../../../src-main/wire/bytes.ts'
import { sample, SAMPLES } from './samples.ts'

if (chromiumPath === undefined) console.warn('skipped: the PDF in a browser: no Chromium on this machine')

describe.skipIf(chromiumPath === undefined)('the PDF in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-pdf-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is the same bytes as in Node', async () => {
    const entry = fileURLToPath(new URL('../../../src-main/documents/pdf.ts', import.meta.url))
    writeFileSync(
      join(folder, 'main.js'),
      `import { renderPdf } from ${JSON.stringify(entry)}\nglobalThis.drawing = { renderPdf }\n`,
    )
    const lib = { entry: join(folder, 'main.js'), formats: ['es' as const], fileName: () => 'drawing.js' }
    await build({ configFile: false, root: folder, logLevel: 'error', build: { outDir: 'built', minify: false, lib } })
    const asked = new Map<string, string>()
    const certificate = await sample(SAMPLES['simulated']!)
    const inNode = await renderPdf(certificate, async (name) => {
      const bytes = await installedFonts(name)
      asked.set(name, toBase64(bytes))
      return bytes
    })
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      const script = readFileSync(join(folder, 'built', 'drawing.js'), 'utf8')
      await page.route('**/*', (route) =>
        route.request().url().endsWith('drawing.js')
          ? route.fulfill({ contentType: 'text/javascript', body: script })
          : route.fulfill({
              contentType: 'text/html',
              body: '<!doctype html><script type="module" src="drawing.js"></script>',
            }),
      )
      await page.goto('http://localhost/')
      await page.waitForFunction(() => 'drawing' in globalThis)
      const drawn = await page.evaluate(
        async ([text, fonts]) => {
          const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (one) => one.codePointAt(0)!)
          const { drawing } = globalThis as unknown as {
            drawing: {
              renderPdf: (file: Uint8Array, fonts: (name: string) => Promise<Uint8Array>) => Promise<Uint8Array>
            }
          }
          const pdf = await drawing.renderPdf(bytesOf(text), (name) => Promise.resolve(bytesOf(fonts[name]!)))
          let binary = ''
          for (const byte of pdf) binary += String.fromCharCode(byte)
          return btoa(binary)
        },
        [toBase64(certificate), Object.fromEntries(asked)] as [string, Record<string, string>],
      )
      expect(Buffer.compare(fromBase64(drawn), inNode)).toBe(0)
    } finally {
      await browser.close()
    }
  }, 180_000)
})
