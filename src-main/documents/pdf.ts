/**
 * The PDF rendering: PDF/A-3b with the certificate embedded as its source, tagged for readers of screens. A view for people and
 * archives; a verifier takes the embedded file out and checks that. Runs in Node and in a browser.
 */
import { escapeHtml } from '../certificates/html-escape.ts'
import { SHEET_WORDS } from '../certificates/sheet-words.ts'
import type { Sheet } from '../certificates/sheet-model.ts'
import { sheetOf } from '../certificates/sheet.ts'
import { concatBytes, sha256 } from '../wire/bytes.ts'
import type { FontSource } from './font-source.ts'
import { drawCheck, drawFoot, drawReleased, drawRunningHead } from './pdf-back.ts'
import { section } from './pdf-blocks.ts'
import { drawCurve } from './pdf-curve.ts'
import { drawFront } from './pdf-front.ts'
import { drawCord } from './pdf-marks.ts'
import { newDocument, Paper } from './pdf-page.ts'
import { loadFonts } from './typefaces.ts'

export type { FontSource } from './font-source.ts'

const FILE_ID_BYTES = 16

/**
 * The bytes of the PDF. They follow from the certificate's bytes and the typefaces alone: whoever has both draws the same file.
 * Rejects with StepStop or WireError for bytes that are no certificate, TemplateUnknown for a later program's.
 */
export async function renderPdf(certificate: Uint8Array, fonts: FontSource): Promise<Uint8Array> {
  const sheet = sheetOf(certificate)
  const page = SHEET_WORDS[sheet.language].page
  const doc = documentOf(sheet, certificate)
  const bytes = collect(doc)
  embed(doc, certificate, sheet)
  const paper = new Paper(doc, await loadFonts(JSON.stringify(sheet), fonts), (one) => drawRunningHead(one, sheet))
  drawFront(paper, sheet)
  if (sheet.curve !== null) drawCurve(paper, sheet.curve)
  for (const one of [...sheet.tables, sheet.readings, sheet.gaps, sheet.findings, sheet.sources])
    if (one !== null) section(paper, one)
  drawReleased(paper, sheet)
  drawCheck(paper, sheet.check)
  const of = paper.page
  for (let at = 1; at <= of; at++) {
    doc.switchToPage(at - 1)
    paper.artifact(() => {
      drawCord(paper, at, of)
      drawFoot(paper, sheet, page(at, of))
    }, 'Pagination')
  }
  paper.root.end()
  doc.end()
  return await bytes
}

function documentOf(sheet: Sheet, certificate: Uint8Array): PDFKit.PDFDocument {
  const signedAt = new Date(Math.floor(sheet.signedAtUs / 1000))
  const doc = newDocument({
    subset: 'PDF/A-3b',
    pdfVersion: '1.7',
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    bufferPages: true,
    // Programs compress differently, and these bytes must not depend on which one did.
    compress: false,
    tagged: true,
    displayTitle: true,
    lang: sheet.language,
    info: {
      Title: sheet.documentTitle,
      Author: sheet.issuer.name,
      Creator: 'Plumbline',
      CreationDate: signedAt,
      ModDate: signedAt,
    },
  })
  // ISO 32000-1, 14.4: an identifier of this file. pdfkit would make it of the clock.
  ;(doc as unknown as { _id: Uint8Array })._id = sha256(certificate).slice(0, FILE_ID_BYTES)
  escapeMetadata(doc)
  return doc
}

/** pdfkit writes title and author into the XMP packet as they are; "Weiß & Söhne" would make it no XML, and the file no PDF/A. */
function escapeMetadata(doc: PDFKit.PDFDocument): void {
  const inside = doc as unknown as { _addInfo: () => void; info: PDFKit.DocumentInfo }
  const write = inside._addInfo.bind(doc)
  inside._addInfo = () => {
    const { info } = inside
    inside.info = { ...info, Title: escapeHtml(info.Title ?? ''), Author: escapeHtml(info.Author ?? '') }
    write()
    inside.info = info
  }
}

function collect(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    doc.on('end', () => resolve(concatBytes(...chunks)))
    doc.on('error', reject)
  })
}

/** ISO 19005-3, 6.8: an associated file says how it relates to the document; this one is its source. */
function embed(doc: PDFKit.PDFDocument, certificate: Uint8Array, sheet: Sheet): void {
  const signedAt = new Date(Math.floor(sheet.signedAtUs / 1000))
  const attach = doc.file.bind(doc) as unknown as (content: Uint8Array, options: object) => void
  attach(certificate, {
    name: sheet.fileName,
    type: 'application/vc',
    description: 'Plumbline certificate: the file that a verifier reads',
    relationship: 'Source',
    creationDate: signedAt,
    modifiedDate: signedAt,
  })
}
