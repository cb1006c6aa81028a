import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import decodeQr from 'qr/decode.js'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sheetOf } from '../../../src-main/certificates/sheet.ts'
import { carriedCertificate } from '../../../src-main/certificates/embedding.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { pieces, SCRIPT_RANGES } from '../../../src-main/documents/typefaces.ts'
import { woffToSfnt } from '../../../src-main/documents/woff.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { sample, SAMPLE_VIN, SAMPLES } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-renderings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let file: Uint8Array
let pdf: Uint8Array
const pdfPath = join(folder, 'certificate.pdf')
beforeAll(async () => {
  file = await sample(SAMPLES['gaps']!)
  pdf = await renderPdf(file, installedFonts)
  writeFileSync(pdfPath, pdf)
})

function has(tool: string): boolean {
  const found = spawnSync(tool, ['--version']).error === undefined
  if (!found) console.warn(`skipped: ${tool} is not on this machine`)
  return found
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const pagesOf = (bytes: Uint8Array): number => latin1(bytes).match(/\/Type \/Page\b/g)!.length

/** What a page says, as another program reads it. */
function textOf(bytes: Uint8Array): string {
  const path = join(folder, 'read.pdf')
  writeFileSync(path, bytes)
  return execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' })
}

/** The text of the code on a page, read from its picture. */
function codeOf(bytes: Uint8Array, page: number): string | undefined {
  const path = join(folder, 'code.pdf')
  writeFileSync(path, bytes)
  execFileSync('pdftoppm', ['-r', '200', '-f', `${page}`, '-l', `${page}`, '-singlefile', path, join(folder, 'page')])
  const ppm = readFileSync(join(folder, 'page.ppm'))
  const header = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.subarray(0, 40).toString('latin1'))!
  const [width, height] = [Number(header[1]), Number(header[2])]
  const pixels = new Uint8Array(width * height * 4).fill(255)
  for (let at = 0; at < width * height; at++) {
    for (let channel = 0; channel < 3; channel++) pixels[at * 4 + channel] = ppm[header[0].length + at * 3 + channel]!
  }
  return decodeQr({ width, height, data: pixels })
}

describe('the PDF', () => {
  test.skipIf(!has('qpdf'))('is sound to qpdf', () => {
    expect(execFileSync('qpdf', ['--check', pdfPath], { encoding: 'utf8' })).toContain(
      'No syntax or stream encoding errors',
    )
  })

  test.skipIf(!has('pdfdetach'))('gives the certificate back, byte for byte, to another reader', () => {
    const out = join(folder, 'detached.plumb')
    const list = execFileSync('pdfdetach', ['-list', pdfPath], { encoding: 'utf8' })
    expect(list).toMatch(/^1 embedded files\n1: QH-2026-000216\.plumb\n/)
    execFileSync('pdfdetach', ['-save', '1', '-o', out, pdfPath])
    expect(Buffer.compare(readFileSync(out), file)).toBe(0)
  })

  test('says that it is PDF/A-3b and what the embedded file is to it', () => {
    const text = latin1(pdf)
    expect(text).toContain('<pdfaid:part>3</pdfaid:part>')
    expect(text).toContain('<pdfaid:conformance>B</pdfaid:conformance>')
    expect(text).toMatch(/\/AFRelationship \/Source/)
    expect(text).toMatch(/\/AF \[\d+ 0 R\]/)
  })

  test('keeps its metadata XML whatever the issuer is called', async () => {
    const owners = ['Weiß & Söhne <a>', 'Weiß & Söhne <a>', 'Weiß & Söhne <a>']
    const text = Buffer.from(await renderPdf(await sample({ days: 12, owners }), installedFonts)).toString('utf8')
    expect(text).toContain('<rdf:li>Weiß &amp; Söhne &lt;a&gt;</rdf:li>')
    const packet = /<\?xpacket begin[^]*<\?xpacket end/.exec(text)![0]
    expect(packet).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)|<a>/)
  })

  test('compresses nothing, so that no compressor decides about its bytes', () => {
    expect(latin1(pdf)).not.toContain('/FlateDecode')
    expect(Buffer.from(pdf).includes(Buffer.from(file))).toBe(true)
  })

  test('is the same bytes at another time, and names itself by the certificate’s hash', async () => {
    vi.useFakeTimers({ now: Date.UTC(2031, 1, 1), toFake: ['Date'] })
    try {
      expect(Buffer.compare(await renderPdf(file, installedFonts), pdf)).toBe(0)
    } finally {
      vi.useRealTimers()
    }
    const id = toHex(sha256(file)).slice(0, 32)
    expect(/\/ID \[<(\w+)> <(\w+)>\]/.exec(latin1(pdf))!.slice(1)).toEqual([id, id])
  })

  test.skipIf(!has('pdffonts'))('embeds every typeface it uses', () => {
    const rows = execFileSync('pdffonts', [pdfPath], { encoding: 'utf8' }).trim().split('\n').slice(2)
    expect(rows.length).toBeGreaterThan(1)
    for (const row of rows) expect(row).toMatch(/IBMPlex.*\byes yes yes\b/)
  })

  test.skipIf(!has('pdfinfo'))('is tagged: titles, tables, and figures with what they show', () => {
    const structure = execFileSync('pdfinfo', ['-struct-text', pdfPath], { encoding: 'utf8' })
    expect(structure).toMatch(/^Document\n/)
    expect(structure.match(/^ *H1/gm)).toHaveLength(1)
    expect(structure.match(/^ *H2/gm)!.length).toBeGreaterThanOrEqual(7)
    expect(structure.match(/^ *TH:/gm)!.length).toBeGreaterThan(10)
    expect(structure.match(/^ *Figure/gm)).toHaveLength(2)
    const info = execFileSync('pdfinfo', [pdfPath], { encoding: 'utf8' })
    expect(info).toMatch(/Title: +Certificate of mileage history, VIN WPLUMB42TEST00017/)
    expect(info).toMatch(/Author: +Quellhof Getränke GmbH/)
    expect(info).toMatch(/Tagged: +yes/)
    const text = latin1(pdf)
    expect(text).toMatch(/\/Alt \(Odometer over time: 33,179\.9 km at the beginning/)
    expect(text).toContain('/DisplayDocTitle true')
    expect(text).toContain('/Lang (en)')
  })

  test('leaves no content outside the structure tree and the decoration', () => {
    const streams = latin1(pdf).match(/stream\n1 0 0 -1 0 841\.89 cm[^]*?endstream/g)!
    expect(streams).toHaveLength(2)
    for (const stream of streams) {
      let depth = 0
      for (const line of stream.split('\n')) {
        if (/ (?:BDC|BMC)$/.test(line)) depth++
        if (line === 'EMC') depth--
        if (/ (?:TJ|Tj)$|^(?:S|f|B)$/.test(line)) expect(depth, line).toBe(1)
      }
      expect(depth).toBe(0)
    }
  })

  test.skipIf(!has('pdftoppm'))('carries a code that opens the issuer’s address with the place in the ledger', () => {
    const text = codeOf(pdf, 2)
    expect(text).toBe(sheetOf(file).check.codeText)
    expect(text).toMatch(/^https:\/\/quellhof\.example\/c\/QH-2026-000216#root=[A-Za-z0-9_-]{43}&index=60$/)
    expect(textOf(pdf)).toContain('The code opens the issuer’s page')
  })

  test.skipIf(!has('pdftoppm'))(
    'carries number and fingerprint in the code where there is no address, and says so',
    async () => {
      const bytes = await sample({ days: 12, stated: { publicUrl: null } })
      const paper = await renderPdf(bytes, installedFonts)
      expect(codeOf(paper, pagesOf(paper))).toBe(
        `QH-2026-000216\nSHA-256 ${toHex(sha256(bytes)).toUpperCase().match(/.{4}/g)!.join(' ')}`,
      )
      expect(textOf(paper)).toContain('it opens nothing')
    },
  )

  test('takes two pages for a life of months with gaps, simulated or not, in both languages', async () => {
    for (const options of Object.values(SAMPLES)) {
      for (const language of ['en', 'de'] as const) {
        const bytes = await sample({ ...options, stated: { ...options.stated, language } })
        expect(pagesOf(await renderPdf(bytes, installedFonts))).toBe(2)
      }
    }
  }, 180_000)

  test.skipIf(!has('pdftotext'))('goes over pages when there is much to say, and numbers them', async () => {
    const gaps = Array.from({ length: 40 }, (_, at) => ({
      day: 2 + at * 3,
      hours: 30,
      reason: 'the gateway was not recording',
      said: `door ${at} stayed closed ${'and closed '.repeat(9)}`,
    }))
    const long = await renderPdf(await sample({ days: 130, gaps }), installedFonts)
    const pages = pagesOf(long)
    expect(pages).toBeGreaterThan(3)
    const text = textOf(long)
    for (let page = 1; page <= pages; page++) expect(text).toContain(`page ${page} of ${pages}`)
    expect(text).toContain('door 39')
  })

  test('is not made of bytes that are no certificate, nor by a template that is not there', async () => {
    await expect(renderPdf(utf8('{}'), installedFonts)).rejects.toThrow(/not a Plumbline certificate/)
    const later = await sample({ days: 12, stated: { template: 9 } })
    await expect(renderPdf(later, installedFonts)).rejects.toMatchObject({ code: 'template_unknown' })
  })
})

describe('the typefaces', () => {
  test('set names in Latin, Greek and Cyrillic, and show what they lack as a question mark', () => {
    expect(pieces('Łódź Ωmega Жук')).toEqual([
      { script: 'latin-ext', text: 'Ł' },
      { script: 'latin', text: 'ód' },
      { script: 'latin-ext', text: 'ź' },
      { script: 'latin', text: ' ' },
      { script: 'greek', text: 'Ω' },
      { script: 'latin', text: 'mega ' },
      { script: 'cyrillic', text: 'Жук' },
    ])
    expect(pieces('車\n')).toEqual([{ script: 'latin', text: '? ' }])
  })

  test('cover what the package says that they cover', () => {
    const ranges = createRequire(import.meta.url)('@fontsource/ibm-plex-sans/unicode.json') as Record<string, string>
    for (const [script, text] of SCRIPT_RANGES) expect(text, script).toBe(ranges[script])
  })

  test('are refused where a file is none, or unpacks to more than it says', async () => {
    expect(() => woffToSfnt(new Uint8Array(60))).toThrow(/not a WOFF/)
    const woff = await installedFonts('ibm-plex-sans-latin-400-normal.woff')
    const view = new DataView(woff.buffer, woff.byteOffset)
    view.setUint32(44 + 12, view.getUint32(44 + 12) + 1)
    expect(() => woffToSfnt(woff)).toThrow(/font table/)
  })

  test.skipIf(!has('pdftotext'))('are loaded for the scripts that a page needs', async () => {
    const bytes = await sample({ days: 12, assetName: 'Λεωφορείο Жук Łódź' })
    expect(textOf(await renderPdf(bytes, installedFonts))).toContain('Λεωφορείο Жук Łódź')
  })
})

describe('taking the certificate out', () => {
  test('of the PDF and of itself gives the same bytes', () => {
    for (const bytes of [pdf, file]) expect(Buffer.compare(carriedCertificate(bytes).certificate, file)).toBe(0)
  })

  test('is refused when there is none, more than one, or a damaged one', () => {
    const code = (bytes: Uint8Array): unknown => {
      try {
        return carriedCertificate(bytes).certificate
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(code(utf8('%PDF-1.7\n'))).toBe('nothing_embedded')
    expect(code(utf8('<!doctype html><p>no certificate'))).toBe('nothing_embedded')
    expect(code(Buffer.concat([pdf, pdf]))).toBe('several_embedded')
  })
})

test('a vehicle’s number stands on the page', () => {
  expect(sheetOf(file).about.map(({ value }) => value)).toContain(SAMPLE_VIN)
})
