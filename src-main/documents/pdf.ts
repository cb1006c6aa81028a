/**
 * The PDF rendering: PDF/A-3b with the certificate embedded as its source. A view for people and archives; a verifier
 * takes the embedded file out and checks that.
 */
import { readCredential } from '../certificates/credential.ts'
import { SHEET_WORDS } from '../certificates/sheet-words.ts'
import { sheetOf } from '../certificates/sheet.ts'
import type { Sheet } from '../certificates/sheet.ts'
import type { RenderOptions } from './html.ts'
import { drawCurve } from './pdf-curve.ts'
import { drawBob, drawQr } from './pdf-marks.ts'
import { CONTENT_WIDTH, INK, lineHeight, PAGE, Paper, newDocument } from './pdf-page.ts'

const NOTE = { size: 8, colour: INK.second } as const
const QR_POINTS = 84

/**
 * The bytes of the PDF. The same certificate gives the same pages; dates in it are the certificate's own.
 * Rejects with StepStop or WireError for bytes that are no certificate.
 */
export async function renderPdf(certificate: Uint8Array, options: RenderOptions): Promise<Uint8Array> {
  const sheet = sheetOf(certificate, options.language)
  const signedAt = new Date(readCredential(certificate).validFrom)
  const doc = newDocument({
    subset: 'PDF/A-3b',
    pdfVersion: '1.7',
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    bufferPages: true,
    // Whoever looks for the certificate finds it without unpacking anything.
    compress: false,
    lang: sheet.language,
    info: {
      Title: `${sheet.title}, ${sheet.about[0] ?? ''}`,
      Author: sheet.issuer,
      Creator: 'Plumbline',
      CreationDate: signedAt,
      ModDate: signedAt,
    },
  })
  const bytes = collect(doc)
  embed(doc, certificate, sheet, signedAt)
  const paper = new Paper(doc, { firstPageFoot: SUMMARY_POINTS, foot: (one, page, of) => foot(one, sheet, page, of) })
  front(paper, sheet)
  back(paper, sheet)
  paper.finish()
  doc.end()
  return await bytes
}

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    doc.on('error', reject)
  })
}

/** ISO 19005-3, 6.8: an associated file says how it relates to the document; this one is its source. */
function embed(doc: PDFKit.PDFDocument, certificate: Uint8Array, sheet: Sheet, signedAt: Date): void {
  const name = `${(sheet.number || 'certificate').replace(/[^A-Za-z0-9._-]+/g, '-')}.plumb`
  const attach = doc.file.bind(doc) as (content: Buffer, options: object) => void
  attach(Buffer.from(certificate), {
    name,
    type: 'application/vc',
    description: 'Plumbline certificate: the file that a verifier reads',
    relationship: 'Source',
    creationDate: signedAt,
    modifiedDate: signedAt,
  })
}

function front(paper: Paper, sheet: Sheet): void {
  const words = SHEET_WORDS[sheet.language]
  paper.put(sheet.issuer, PAGE.left, paper.y, NOTE)
  paper.put(sheet.number, PAGE.width - PAGE.right, paper.y, NOTE, 'right')
  paper.y += 30
  paper.paragraph(sheet.title, { face: 'strong', size: 20 })
  paper.y += 6
  if (sheet.simulated !== null) simulatedMark(paper, sheet.simulated)
  for (const line of sheet.about) paper.paragraph(line, { size: 11 })
  paper.paragraph(sheet.period, { size: 11 })
  paper.y += 10
  paper.paragraph(sheet.verdict, { face: 'strong', size: 13 })
  paper.y += 8
  if (sheet.curve !== null) drawCurve(paper, sheet.curve, sheet.language)
  streams(paper, sheet)
  paper.heading(words.findings)
  if (sheet.findings.length === 0) paper.paragraph(words.none)
  for (const finding of sheet.findings) paper.paragraph(finding)
  paper.heading(words.figures)
  paper.facts(sheet.figures)
}

const SUMMARY_POINTS = 56

/** At the foot of the first page, which has the verdict on it. */
function summary(paper: Paper, sheet: Sheet): void {
  paper.y = PAGE.height - PAGE.bottom - SUMMARY_POINTS
  paper.rule()
  paper.y += 10
  drawBob(paper, PAGE.left, paper.y, 30)
  const box = { x: PAGE.left + 34, width: CONTENT_WIDTH - 34 }
  for (const line of paper.wrap(sheet.summary, box.width, NOTE)) {
    paper.put(line, box.x, paper.y, NOTE)
    paper.y += lineHeight(NOTE)
  }
}

function simulatedMark(paper: Paper, text: string): void {
  paper.doc.rect(PAGE.left, paper.y, CONTENT_WIDTH, 24).lineWidth(1.5).stroke(INK.text)
  paper.put(text, PAGE.left + 10, paper.y + 5.5, { face: 'strong' })
  paper.y += 34
}

const COLUMNS = [0.24, 0.24, 0.21, 0.11, 0.11, 0.09]

function streams(paper: Paper, sheet: Sheet): void {
  paper.y += 10
  row(paper, sheet.streams.head, NOTE)
  paper.rule()
  paper.y += 4
  for (const cells of sheet.streams.rows) {
    row(paper, cells, { size: 9 })
    paper.rule(INK.line, 0.5)
    paper.y += 4
  }
}

function row(paper: Paper, cells: string[], style: { size: number; colour?: string }): void {
  const wrapped = cells.map((cell, at) => paper.wrap(cell, COLUMNS[at]! * CONTENT_WIDTH - 8, style))
  const height = Math.max(...wrapped.map((lines) => lines.length)) * lineHeight(style)
  paper.reserve(height + 8)
  let x: number = PAGE.left
  for (const [at, lines] of wrapped.entries()) {
    const width = COLUMNS[at]! * CONTENT_WIDTH
    const right = at >= cells.length - 3
    for (const [number, line] of lines.entries()) {
      paper.put(line, right ? x + width : x, paper.y + number * lineHeight(style), style, right ? 'right' : 'left')
    }
    x += width
  }
  paper.y += height + 3
}

function back(paper: Paper, sheet: Sheet): void {
  paper.newPage()
  const words = SHEET_WORDS[sheet.language]
  const { ledger } = sheet
  paper.heading(words.certificate)
  paper.facts(sheet.facts)
  paper.heading(words.notProven)
  for (const note of sheet.notProven) paper.paragraph(note)
  if (sheet.stated.length > 0) {
    paper.heading(words.statedByIssuer)
    paper.facts(sheet.stated)
  }
  paper.heading(words.ledger)
  paper.facts([[words.entries, `${ledger.size}, ${ledger.cosigned}`]])
  const mono = { face: 'mono', size: 8 } as const
  paper.facts(
    [
      [words.seal, String(ledger.index)],
      [words.root, ledger.root],
      [words.fingerprint, ledger.fileHash],
      [words.policyFingerprint, ledger.policyFingerprint],
    ],
    mono,
  )
  closing(paper, sheet)
}

function closing(paper: Paper, sheet: Sheet): void {
  paper.reserve(QR_POINTS + 30)
  paper.y += 16
  const top = paper.y
  drawQr(paper, qrText(sheet), PAGE.width - PAGE.right - QR_POINTS, top, QR_POINTS)
  drawBob(paper, PAGE.left, top, 30)
  const box = { x: PAGE.left + 34, width: CONTENT_WIDTH - QR_POINTS - 58 }
  paper.paragraph(sheet.onlyTheFile, NOTE, box)
  paper.y += 4
  paper.paragraph(`plumbline verify ${sheet.number || 'certificate'}.plumb`, { face: 'mono', size: 8 }, box)
  paper.y = Math.max(paper.y, top + QR_POINTS)
}

/** Words, not an address: tree size and root to compare with any checkpoint of the channel, and the seal's place in it. */
export function qrText(sheet: Sheet): string {
  const { size, root, index } = sheet.ledger
  return `plumbline certificate\nsize ${size}\nroot ${root}\nindex ${index}`
}

function foot(paper: Paper, sheet: Sheet, page: number, of: number): void {
  if (page === 1) summary(paper, sheet)
  const y = PAGE.height - 40
  const words = SHEET_WORDS[sheet.language]
  paper.put(sheet.simulated ?? sheet.about[0] ?? '', PAGE.left, y, { size: 7.5, colour: INK.second })
  paper.put(words.page(page, of), PAGE.width - PAGE.right, y, { size: 7.5, colour: INK.second }, 'right')
}
