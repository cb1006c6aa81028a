/**
 * Pages of each template, byte for byte. A page follows from the certificate and the number of its template, and whoever checks one
 * draws it again: a released template that draws another byte makes every page of it "not ours".
 *
 * Template 1 is open: it is not released yet, and its files may be written anew with PLUMBLINE_WRITE_GOLDEN=1. With the release its
 * number goes into RELEASED below, and from then on nothing writes it.
 *
 * To change the page after that: add the next number to TEMPLATES and TEMPLATE_NEWEST (src-main/certificates/template.ts), keep what
 * draws the old one, and run this test once with PLUMBLINE_WRITE_GOLDEN=1, which makes golden/template-N from `GOLDEN`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { TEMPLATES } from '../../../src-main/certificates/template.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'
import { GOLDEN, sample } from './samples.ts'

/** Templates of which pages are out in the world. */
const RELEASED: readonly number[] = []
const SCRIPT = 'document.getElementById("check").dataset.verdict = "none"\n'
const LANGUAGES = ['en', 'de'] as const
const isWriting = process.env['PLUMBLINE_WRITE_GOLDEN'] === '1'

const folderOf = (template: number): string => join(import.meta.dirname, 'golden', `template-${template}`)

async function pagesOf(certificate: Uint8Array): Promise<{ pdf: Uint8Array; html: Uint8Array }> {
  return { pdf: await renderPdf(certificate, installedFonts), html: utf8(composeHtml(certificate, SCRIPT)) }
}

async function write(template: number): Promise<void> {
  mkdirSync(folderOf(template), { recursive: true })
  for (const language of LANGUAGES) {
    const certificate = await sample({ ...GOLDEN, stated: { language, template } })
    const path = join(folderOf(template), `certificate-${language}`)
    const { pdf, html } = await pagesOf(certificate)
    writeFileSync(`${path}.plumb`, certificate)
    writeFileSync(`${path}.pdf`, pdf)
    writeFileSync(`${path}.html`, html)
  }
}

describe.each(TEMPLATES)('template %i', (template) => {
  test.each(LANGUAGES)('draws the pages that it drew before, byte for byte: %s', async (language) => {
    if (isWriting && !RELEASED.includes(template) && language === 'en') await write(template)
    const path = join(folderOf(template), `certificate-${language}`)
    const { pdf, html } = await pagesOf(new Uint8Array(readFileSync(`${path}.plumb`)))
    const same = (bytes: Uint8Array, kind: string): boolean =>
      Buffer.compare(bytes, readFileSync(`${path}.${kind}`)) === 0
    const how = RELEASED.includes(template)
      ? 'a released template must not change: make the change in the next one'
      : 'the template is open: look at the page, then run with PLUMBLINE_WRITE_GOLDEN=1'
    expect({ pdf: same(pdf, 'pdf'), html: same(html, 'html') }, how).toEqual({ pdf: true, html: true })
  })
})

test('there are golden files of exactly the templates that can be drawn', () => {
  const there = readdirSync(join(import.meta.dirname, 'golden'))
  expect(there.toSorted()).toEqual(TEMPLATES.map((template) => `template-${template}`).toSorted())
  for (const template of RELEASED) expect(existsSync(folderOf(template))).toBe(true)
})
