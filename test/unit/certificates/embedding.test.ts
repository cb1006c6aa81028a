import { describe, expect, test } from 'vitest'
import { carriedCertificate } from '../../../src-main/certificates/embedding.ts'
import { CertificateError } from '../../../src-main/certificates/errors.ts'
import { fromUtf8, toBase64, utf8 } from '../../../src-main/wire/bytes.ts'
import { attached, plainPdf } from '../../support/plain-pdf.ts'

/** The test's own timeout is what an endless search runs into. */
describe('a file made to be slow is answered at once', () => {
  const many = (text: string): string => text.repeat(1_000_000)
  test.each([
    ['tags that never end', `<!doctype html>${many('<script id="plumb"')}`],
    ['tags that end together', `<!doctype html>${many('<script id="plumb"')}>`],
    ['blocks that never close', `<!doctype html>${many('<script id="plumb">')}`],
    ['ids without end', `<a ${many('id =')}${many(' ')}`],
    ['quotes without end', `<a id=${many('"')}${many(' ')}`],
    ['dictionaries that never end', `%PDF-1.7\n${many('<<')}`],
    ['streams that never end', `%PDF-1.7\n${many('stream\n{"@context"')}`],
    ['one stream among names in codes', `%PDF-1.7\nstream\n{"@context"\nendstream ${many('/#45mbedded')}`],
  ])('%s', (_name, text) => {
    expect(outcome(utf8(text))).toMatch(/^(?:ambiguous|nothing_embedded|several_embedded)$/)
  })
})

function outcome(bytes: Uint8Array): string {
  try {
    return carriedCertificate(bytes).isAmbiguous ? 'ambiguous' : 'found'
  } catch (error) {
    return error instanceof CertificateError ? error.code : String(error)
  }
}

describe('the certificate that a file carries', () => {
  const certificate = utf8('{"@context":["a"],"proof":{"@context":["a"]}}')

  test('is the file itself when it is neither PDF nor HTML', () => {
    for (const bytes of [certificate, utf8('log text'), new Uint8Array()]) {
      expect(carriedCertificate(bytes)).toMatchObject({ kind: 'plumb', certificate: bytes, isAmbiguous: false })
    }
  })

  test('is one certificate in HTML even where its proof looks like the beginning of another', () => {
    for (const shift of ['', ' ', '  ']) {
      const shifted = utf8(`{"@context":["a${shift}"],"proof":{"@context":["a"]}}`)
      const page = `<html><script type="text/plain" id="plumb">${toBase64(shifted)}</script>`
      expect(carriedCertificate(utf8(page))).toEqual({
        kind: 'html',
        certificate: shifted,
        verifierScript: null,
        isAmbiguous: false,
      })
    }
  })

  test('ends in a PDF where its stream ends, whatever words stand in it', () => {
    const data = utf8('{"@context":["endstream startxref /EmbeddedFile /EF"]}')
    const pdf = plainPdf('x', ...attached({ dictionary: '/Type /EmbeddedFile', data }))
    const carried = carriedCertificate(pdf)
    expect(fromUtf8(carried.certificate)).toBe(fromUtf8(data))
    expect(carried).toMatchObject({ kind: 'pdf', isAmbiguous: false })
  })

  test('is looked for in a PDF whose mark comes late, as readers of PDF do', () => {
    expect(() => carriedCertificate(utf8(`${' '.repeat(900)}x%PDF-1.7`))).toThrow(/no certificate is found in this PDF/)
  })
})
