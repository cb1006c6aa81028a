/** Setting type on A4: lines, paragraphs, rules, two-column facts. Units are points; y grows downwards. */
import PdfKitDocument from 'pdfkit'
import { fontBytes, fontName, pieces } from './typefaces.ts'
import type { Face } from './typefaces.ts'

export const PAGE = { width: 595.28, height: 841.89, left: 56, right: 56, top: 56, bottom: 64 } as const
export const CONTENT_WIDTH = PAGE.width - PAGE.left - PAGE.right
export const INK = { text: '#1B1F23', second: '#434A51', line: '#C1C6CB', rule: '#6F777F' } as const

export interface TextStyle {
  face?: Face
  size?: number
  colour?: string
}

const BODY: Required<TextStyle> = { face: 'regular', size: 9.5, colour: INK.text }
const LEADING = 1.42

/** Distance from one line to the next. */
export function lineHeight(style: TextStyle = {}): number {
  return (style.size ?? BODY.size) * LEADING
}

/** What stands at the foot of each page, drawn when their number is known. */
export interface PageFeet {
  /** Room kept free above the first page's foot. */
  firstPageFoot: number
  foot(paper: Paper, page: number, of: number): void
}

export class Paper {
  readonly doc: PDFKit.PDFDocument
  y: number = PAGE.top
  readonly #feet: PageFeet
  #pages = 0

  constructor(doc: PDFKit.PDFDocument, feet: PageFeet) {
    this.doc = doc
    this.#feet = feet
    this.newPage()
  }

  newPage(): void {
    this.doc.addPage()
    this.#pages++
    this.y = PAGE.top
  }

  /** Begins a new page unless so much room is left. */
  reserve(height: number): void {
    const foot = this.#pages === 1 ? this.#feet.firstPageFoot : 0
    if (this.y + height > PAGE.height - PAGE.bottom - foot) this.newPage()
  }

  finish(): void {
    const { count } = this.doc.bufferedPageRange()
    for (let page = 0; page < count; page++) {
      this.doc.switchToPage(page)
      this.#feet.foot(this, page + 1, count)
    }
  }

  width(text: string, style: TextStyle = {}): number {
    const { face, size } = { ...BODY, ...style }
    let width = 0
    for (const piece of pieces(text)) {
      this.doc.font(this.#font(face, piece.script)).fontSize(size)
      width += this.doc.widthOfString(piece.text)
    }
    return width
  }

  /** One line at a place; no wrapping, no moving of y. */
  put(text: string, x: number, y: number, style: TextStyle = {}, align: 'left' | 'right' = 'left'): void {
    const { face, size, colour } = { ...BODY, ...style }
    let at = align === 'right' ? x - this.width(text, style) : x
    for (const piece of pieces(text)) {
      this.doc.font(this.#font(face, piece.script)).fontSize(size).fillColor(colour)
      this.doc.text(piece.text, at, y, { lineBreak: false })
      at += this.doc.widthOfString(piece.text)
    }
  }

  /** A paragraph within a width; moves y. */
  paragraph(text: string, style: TextStyle = {}, box: { x?: number; width?: number } = {}): void {
    const { x = PAGE.left, width = CONTENT_WIDTH } = box
    for (const line of this.wrap(text, width, style)) {
      this.reserve(lineHeight(style))
      this.put(line, x, this.y, style)
      this.y += lineHeight(style)
    }
  }

  /** Lines of a text that fit a width; a word longer than a line is cut. */
  wrap(text: string, width: number, style: TextStyle = {}): string[] {
    const lines: string[] = []
    let line = ''
    for (const word of text.split(/\s+/).flatMap((one) => this.#cut(one, width, style))) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && this.width(longer, style) > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    return [...lines, line]
  }

  #cut(word: string, width: number, style: TextStyle): string[] {
    if (this.width(word, style) <= width) return [word]
    const parts: string[] = []
    let part = ''
    for (const character of word) {
      if (part !== '' && this.width(part + character, style) > width) {
        parts.push(part)
        part = ''
      }
      part += character
    }
    return [...parts, part]
  }

  rule(colour: string = INK.rule, width = 0.75): void {
    this.doc
      .moveTo(PAGE.left, this.y)
      .lineTo(PAGE.width - PAGE.right, this.y)
      .lineWidth(width)
      .stroke(colour)
  }

  /** A section's head: hairline, a short beam at its left end, the word. */
  heading(text: string): void {
    this.reserve(60)
    this.y += 16
    this.rule()
    this.doc.rect(PAGE.left, this.y - 0.4, 14, 2).fill(INK.text)
    this.y += 7
    this.put(text, PAGE.left, this.y, { face: 'strong' })
    this.y += lineHeight() + 3
  }

  /** Name on the left, value on the right, a hairline under each. */
  facts(facts: readonly (readonly [label: string, value: string])[], valueStyle: TextStyle = {}): void {
    for (const [label, value] of facts) {
      const lines = this.wrap(value, CONTENT_WIDTH - this.width(label) - 24, valueStyle)
      this.reserve(lines.length * lineHeight() + 6)
      this.put(label, PAGE.left, this.y, { colour: INK.second })
      for (const line of lines) {
        this.put(line, PAGE.width - PAGE.right, this.y, valueStyle, 'right')
        this.y += lineHeight()
      }
      this.y += 2
      this.rule(INK.line, 0.5)
      this.y += 4
    }
  }

  #font(face: Face, script: Parameters<typeof fontName>[1]): string {
    return registerFont(this.doc, face, script)
  }
}

const registered = new WeakMap<PDFKit.PDFDocument, Set<string>>()

/** Registers a font when it is first used: a PDF embeds only what it shows. */
function registerFont(doc: PDFKit.PDFDocument, face: Face, script: Parameters<typeof fontName>[1]): string {
  const name = fontName(face, script)
  let known = registered.get(doc)
  if (known === undefined) registered.set(doc, (known = new Set()))
  if (!known.has(name)) {
    doc.registerFont(name, Buffer.from(fontBytes(face, script)))
    known.add(name)
  }
  return name
}

/** pdfkit's constructor; `font: ''` keeps it from loading a typeface that is not embedded. */
export function newDocument(options: PDFKit.PDFDocumentOptions): PDFKit.PDFDocument {
  return new PdfKitDocument({ ...options, font: '' })
}
