import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import decodeQr from 'qr/decode.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { carriedCertificate } from '../../../src-main/certificates/embedding.ts'
import { composeHtml, escapeHtml } from '../../../src-main/certificates/render-html.ts'
import { sheetOf } from '../../../src-main/certificates/sheet.ts'
import { qrText, renderPdf } from '../../../src-main/documents/pdf.ts'
import { pieces } from '../../../src-main/documents/typefaces.ts'
import { woffToSfnt } from '../../../src-main/documents/woff.ts'
import { fromUtf8, sha256, toBase64, utf8 } from '../../../src-main/wire/bytes.ts'
import { issue, makeVehicle, materialOf, VIN } from '../certificates/vehicle.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-renderings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let file: Uint8Array
const pdfPath = join(folder, 'certificate.pdf')
beforeAll(async () => {
  file = issue(await makeVehicle({ simulated: true, days: 40 }))
  writeFileSync(pdfPath, await renderPdf(file, { language: 'en' }))
})

function has(tool: string): boolean {
  const found = spawnSync(tool, ['--version']).error === undefined
  if (!found) console.warn(`skipped: ${tool} is not on this machine`)
  return found
}

describe('the PDF', () => {
  test.skipIf(!has('qpdf'))('is sound to qpdf', () => {
    expect(execFileSync('qpdf', ['--check', pdfPath], { encoding: 'utf8' })).toContain(
      'No syntax or stream encoding errors',
    )
  })

  test.skipIf(!has('pdfdetach'))('gives the certificate back, byte for byte, to another reader', () => {
    const out = join(folder, 'detached.plumb')
    expect(execFileSync('pdfdetach', ['-list', pdfPath], { encoding: 'utf8' })).toContain('PL-2026-0311-0001.plumb')
    execFileSync('pdfdetach', ['-save', '1', '-o', out, pdfPath])
    expect(Buffer.compare(readFileSync(out), file)).toBe(0)
  })

  test('says that it is PDF/A-3b and what the embedded file is to it', () => {
    const text = readFileSync(pdfPath).toString('latin1')
    expect(text).toContain('<pdfaid:part>3</pdfaid:part>')
    expect(text).toContain('<pdfaid:conformance>B</pdfaid:conformance>')
    expect(text).toMatch(/\/AFRelationship \/Source/)
    expect(text).toMatch(/\/AF \[\d+ 0 R\]/)
  })

  test.skipIf(!has('pdffonts'))('embeds every typeface it uses', () => {
    const rows = execFileSync('pdffonts', [pdfPath], { encoding: 'utf8' }).trim().split('\n').slice(2)
    expect(rows.length).toBeGreaterThan(1)
    for (const row of rows) expect(row).toMatch(/IBMPlex.*\byes yes yes\b/)
  })

  test.skipIf(!has('pdftotext'))('says in words what the certificate says, in English and German', async () => {
    const german = join(folder, 'german.pdf')
    writeFileSync(german, await renderPdf(file, { language: 'de' }))
    const read = (path: string): string => execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' })
    expect(read(pdfPath)).toContain('The mileage history is logical.')
    expect(read(pdfPath)).toContain('Unchanged is not the same as true')
    expect(read(pdfPath)).toContain('SIMULATED: from a simulator')
    expect(read(german)).toContain('Der Verlauf der Kilometerstände ist schlüssig.')
    expect(read(german)).toContain('SIMULIERT: aus einem Simulator')
    for (const path of [pdfPath, german]) expect(read(path)).toContain(VIN)
  })

  test.skipIf(!has('pdftoppm'))('carries a QR code with tree size, root and index', () => {
    const size = 1654
    const args = ['-r', '200', '-f', '2', '-l', '2', '-singlefile', pdfPath, join(folder, 'page')]
    execFileSync('pdftoppm', args)
    const ppm = readFileSync(join(folder, 'page.ppm'))
    const header = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.subarray(0, 40).toString('latin1'))!
    const [width, height] = [Number(header[1]), Number(header[2])]
    expect(Math.abs(width - size)).toBeLessThan(3)
    const pixels = new Uint8Array(width * height * 4).fill(255)
    for (let at = 0; at < width * height; at++) {
      for (let channel = 0; channel < 3; channel++) pixels[at * 4 + channel] = ppm[header[0].length + at * 3 + channel]!
    }
    const text = qrText(sheetOf(file, 'en'))
    expect(decodeQr({ width, height, data: pixels })).toBe(text)
    expect(text).toMatch(/^plumbline certificate\nsize \d+\nroot [A-Za-z0-9+/]{43}=\nindex \d+$/)
  })

  test('is the same for the same certificate, byte for byte', async () => {
    const again = await renderPdf(file, { language: 'en' })
    expect(Buffer.compare(again, readFileSync(pdfPath))).toBe(0)
  })

  test('sets names in Latin, Greek and Cyrillic, and shows what it lacks as a question mark', () => {
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
    expect(() => woffToSfnt(new Uint8Array(60))).toThrow(/not a WOFF/)
  })

  test('goes over pages when there is much to say', async () => {
    const vehicle = await makeVehicle({ days: 4 })
    const material = materialOf(vehicle)
    const reasons = Object.fromEntries(
      Array.from({ length: 120 }, (_, at) => [`gap ${at}`, `acknowledged: ${'door stayed closed '.repeat(9)}`]),
    )
    const long = await renderPdf(issue(vehicle, { ...material, stated: reasons }), { language: 'en' })
    expect(
      Buffer.from(long)
        .toString('latin1')
        .match(/\/Type \/Page\b/g)!.length,
    ).toBeGreaterThan(5)
  })

  test('is not made of bytes that are no certificate', async () => {
    await expect(renderPdf(utf8('{}'), { language: 'en' })).rejects.toThrow(/is no certificate/)
  })
})

describe('the HTML file', () => {
  const script = 'document.title = "x"'

  test('admits its own script and style by hash and nothing else', () => {
    const html = composeHtml(file, { language: 'en', verifierScript: script })
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`'sha256-${toBase64(sha256(utf8(script)))}'`)
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/)
    const style = /<style>([^]*?)<\/style>/.exec(html)![1]!
    expect(policy).toContain(`style-src 'sha256-${toBase64(sha256(utf8(style)))}'`)
    expect(html).not.toMatch(/ style="| on[a-z]+="|https?:\/\/(?!www\.w3\.org\/2000\/svg)/)
  })

  test('says that checking itself is a convenience and names verifiers that did not travel with it', () => {
    for (const language of ['en', 'de'] as const) {
      const html = composeHtml(file, { language, verifierScript: script })
      expect(html).toContain('plumbline verify')
      expect(html).toContain('eddsa-jcs-2022')
      expect(html).toContain(language === 'en' ? 'It is a convenience.' : 'Das ist nur bequem.')
      expect(html).toContain(`<html lang="${language}">`)
    }
  })

  test('shows names as text, whatever they hold', async () => {
    const evil = `<img src=x onerror=alert(1)>"'&`
    const vehicle = await makeVehicle({ days: 4 })
    const bytes = issue(vehicle, { ...materialOf(vehicle), stated: { [evil]: evil } })
    const html = composeHtml(bytes, { language: 'en', verifierScript: script })
    expect(html).not.toContain('<img')
    expect(html).toContain(escapeHtml(evil))
    expect(fromUtf8(carriedCertificate(utf8(html)).certificate)).toContain('onerror')
  })

  test('refuses a script that would end its own element', () => {
    expect(() => composeHtml(file, { language: 'en', verifierScript: '"</SCRIPT>"' })).toThrow(/would end it/)
  })
})

describe('taking the certificate out', () => {
  test('of PDF, HTML and itself gives the same bytes', () => {
    const html = utf8(composeHtml(file, { language: 'de', verifierScript: '0' }))
    for (const bytes of [new Uint8Array(readFileSync(pdfPath)), html, file]) {
      expect(Buffer.compare(carriedCertificate(bytes).certificate, file)).toBe(0)
    }
  })
})
