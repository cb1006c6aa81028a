import { describe, expect, test } from 'vitest'
import { embeddedInHtml, embeddedInPdf, PDF_DICTIONARY_CHARS_MAX } from '../../../src-main/certificates/embedding.ts'
import { DocumentError } from '../../../src-main/documents/errors.ts'
import { embeddedCertificate } from '../../../src-main/documents/embedded.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'
import { certificateIn, EmbeddedFileError } from '../../../src-renderer/state/embedded-file.ts'

/** The test's own timeout is what an endless search runs into: each of these took minutes or never ended. */
describe('a file made to be slow is answered at once', () => {
  const many = (text: string): string => text.repeat(1_000_000)
  test.each([
    ['tags that never end', `<!doctype html>${many('<script id="plumb"')}`],
    ['tags that end together', `<!doctype html>${many('<script id="plumb"')}>`],
    ['blocks that never close', `<!doctype html>${many('<script id="plumb">')}`],
    ['dictionaries that never end', `%PDF-1.7\n${many('<<')}`],
    ['marks that never end', `%PDF-1.7\n${many('<</Type /EmbeddedFile')}`],
    ['one mark after many dictionaries', `%PDF-1.7\n${many('<<')}/Type /EmbeddedFile${many('>> ')}`],
    ['white space after a mark', `%PDF-1.7\n${many('/Type ')}${many(' ')}`],
    ['white space before the data', `%PDF-1.7\n1 0 obj<</Type /EmbeddedFile>>${many('  ')}`],
  ])('%s', async (_name, text) => {
    expect(() => embeddedCertificate(utf8(text))).toThrow(DocumentError)
    await expect(certificateIn(utf8(text))).rejects.toThrow(EmbeddedFileError)
  })
})

describe('the certificate in a page', () => {
  const block = '<script type="text/plain" id="plumb"> YQ== </script>'
  test('is the text of the one block of that id', () => {
    expect(embeddedInHtml(`<p>x</p><script>var a = 1 < 2</script>${block}<script>1</script>`)).toEqual({
      found: 'YQ==',
    })
    expect(embeddedInHtml(`${block}${block}`)).toEqual({ trouble: 'several_embedded' })
    for (const other of [
      '<script data-id="plumb">YQ==</script>',
      '<script id="plumber">YQ==</script>',
      '<p id="plumb">',
    ]) {
      expect(embeddedInHtml(other)).toEqual({ trouble: 'nothing_embedded' })
    }
  })
})

describe('the certificate in a PDF', () => {
  const pdf = (dictionary: string, data = 'abc'): string =>
    `%PDF-1.7\n9 0 obj\n<<${dictionary}>>\nstream\n${data}\nendstream`

  test('lies where its dictionary ends and is as long as that says', () => {
    const text = pdf('/Type /EmbeddedFile /Filter /FlateDecode /Params <</Size 9>> /Length 3')
    const start = text.indexOf('abc')
    expect(embeddedInPdf(text)).toEqual({ found: { start, length: 3, isDeflated: true } })
    expect(embeddedInPdf(pdf('/Length 3 /Type/EmbeddedFile'))).toMatchObject({
      found: { length: 3, isDeflated: false },
    })
  })

  test.each([
    ['a length that stands elsewhere', pdf('/Type /EmbeddedFile /Length 12 0 R')],
    ['a length beyond the file', pdf('/Type /EmbeddedFile /Length 4000')],
    ['a dictionary of another object', pdf('/Type /EmbeddedFile endobj 10 0 obj <</Length 3')],
    ['a dictionary that is too long', pdf(`/Type /EmbeddedFile /Length 3 ${' '.repeat(PDF_DICTIONARY_CHARS_MAX)}`)],
  ])('cannot be read with %s', (_name, text) => {
    expect(embeddedInPdf(text)).toEqual({ trouble: 'unreadable' })
  })
})
