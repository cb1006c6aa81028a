import { beforeAll, describe, expect, test } from 'vitest'
import { escapeHtml } from '../../../src-main/certificates/html-escape.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { sheetOf } from '../../../src-main/certificates/sheet.ts'
import { carriedCertificate } from '../../../src-main/certificates/embedding.ts'
import { fromUtf8, sha256, toBase64, utf8 } from '../../../src-main/wire/bytes.ts'
import { sample, SAMPLES } from './samples.ts'

let file: Uint8Array
beforeAll(async () => {
  file = await sample(SAMPLES['fraud']!)
})

describe('the HTML file', () => {
  const script = 'document.title = "x"'

  test('admits its own script and style by hash and nothing else', () => {
    const html = composeHtml(file, script)
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`'sha256-${toBase64(sha256(utf8(script)))}'`)
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/)
    const style = /<style>([^]*?)<\/style>/.exec(html)![1]!
    expect(policy).toContain(`style-src 'sha256-${toBase64(sha256(utf8(style)))}'`)
    expect(html).not.toMatch(/ style="| on[a-z]+="|(?:href|src)=/)
  })

  test('says that checking itself is a convenience and names verifiers that did not travel with it', async () => {
    for (const language of ['en', 'de'] as const) {
      const html = composeHtml(await sample({ days: 12, stated: { language } }), script)
      expect(html).toContain('plumbline verify')
      expect(html).toContain('eddsa-jcs-2022')
      expect(html).toContain(language === 'en' ? 'It is a convenience.' : 'Das ist nur bequem.')
      expect(html).toContain(`<html lang="${language}">`)
    }
  })

  test('says every text that the paper says', () => {
    const { code: _, ...check } = sheetOf(file).check
    const { curve, template: _t, signedAtUs: _s, running: _r, language: _l, fileName: _f, ...sheet } = sheetOf(file)
    const html = composeHtml(file, script)
    const texts = (value: unknown): string[] => {
      if (typeof value === 'string') return [value]
      return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []
    }
    const marks = new Set(['left', 'right'])
    const said = [
      ...texts({ ...sheet, check: { ...check, codeText: '', codeAlt: check.codeAlt } }),
      ...texts([curve!.title, curve!.alt]),
    ]
    for (const text of said) if (!marks.has(text)) expect(html, text).toContain(escapeHtml(text))
  })

  test('shows names as text, whatever they hold', async () => {
    const evil = `<img src=x onerror=alert(1)>"'&`
    const bytes = await sample({ days: 12, assetName: evil, label: evil, stated: { number: evil, releasedBy: evil } })
    const html = composeHtml(bytes, script)
    expect(html).not.toContain('<img')
    expect(html).toContain(escapeHtml(evil))
    expect(fromUtf8(carriedCertificate(utf8(html)).certificate)).toContain('onerror')
  })

  test('is the same for the same certificate', () => {
    expect(composeHtml(file, script)).toBe(composeHtml(file, script))
  })

  test('refuses a script that would end its own element', () => {
    expect(() => composeHtml(file, '"</SCRIPT>"')).toThrow(/would end it/)
  })

  test('gives the certificate back; not where there are several or it is damaged', () => {
    const html = composeHtml(file, '0')
    expect(Buffer.compare(carriedCertificate(utf8(html)).certificate, file)).toBe(0)
    expect(() => carriedCertificate(utf8(html + html)).certificate).toThrow(/different programs/)
    expect(() => carriedCertificate(utf8(html.replace('id="plumb">', 'id="plumb">*')))).toThrow(/base64/)
  })
})
