/**
 * Setting type on A4, for eyes and for readers of screens: what says something stands in the structure tree, the rest is marked as
 * decoration. Units are points; y grows downwards.
 */
import PdfKitDocument from 'pdfkit'
import { fontName, pieces } from './typefaces.ts'
import type { Face, Fonts, Piece } from './typefaces.ts'

export const PAGE = { width: 595.28, height: 841.89, left: 54, right: 42, top: 30, bottom: 792 } as const
export const CONTENT_WIDTH = PAGE.width - PAGE.left - PAGE.right
export const INK = { text: '#1B1F23', second: '#434A51', line: '#C1C6CB', rule: '#6F777F' } as const

export interface TextStyle {
  face?: Face
  size?: number
  colour?: string
}

export const BODY: Required<TextStyle> = { face: 'regular', size: 9, colour: INK.text }
export const NOTE = { size: 9, colour: INK.second } as const
export const SMALL = { size: 8.25, colour: INK.second } as const
const LEADING = 1.34

/** Distance from one line to the next. */
export function lineHeight(style: TextStyle = {}): number {
  return (style.size ?? BODY.size) * LEADING
}

export type Element = PDFKit.PDFStructureElement

/** pdfkit takes more than its types tell: the place of a figure, and which cells a head speaks of. */
export interface ElementOptions {
  alt?: string
  scope?: 'Column' | 'Row'
  bbox?: [number, number, number, number]
  placement?: 'Block'
  /** Columns that a cell spans. */
  columns?: number
}

export class Paper {
  readonly doc: PDFKit.PDFDocument
  readonly root: Element
  y: number = PAGE.top
  /** Where the cord of a page has knots, by page. */
  readonly knots: number[][] = []
  readonly #fonts: Fonts
  readonly #registered = new Set<string>()
  /** Draws the head of every page but the first and returns where its text begins. */
  readonly #runningHead: (paper: Paper) => number

  constructor(doc: PDFKit.PDFDocument, fonts: Fonts, runningHead: (paper: Paper) => number) {
    this.doc = doc
    this.#fonts = fonts
    this.#runningHead = runningHead
    this.root = doc.struct('Document')
    doc.addStructure(this.root)
    this.newPage()
  }

  newPage(): void {
    this.doc.addPage()
    this.knots.push([])
    this.y = PAGE.top
    if (this.knots.length > 1) this.artifact(() => (this.y = this.#runningHead(this)))
  }

  get page(): number {
    return this.knots.length
  }

  /** Begins a new page unless so much room is left; true if it did. */
  reserve(height: number): boolean {
    if (this.y + height <= PAGE.bottom) return false
    this.newPage()
    return true
  }

  /** A structure element under `parent`. */
  element(type: string, parent: Element = this.root, options: ElementOptions = {}): Element {
    const element = this.doc.struct(type, options)
    // ISO 32000-1, 14.8.5.7: an attribute that pdfkit has no option for.
    if (options.columns !== undefined) dataOf(element)['A'] = { O: 'Table', ColSpan: options.columns }
    parent.add(element)
    return element
  }

  /** What `draw` draws is content of the element: one line, because readers run what stands together into one word. */
  within(element: Element, draw: () => void): void {
    element.add(draw)
  }

  /** What `draw` draws says nothing: rules, knots, the feet of pages. */
  artifact(draw: () => void, type: 'Layout' | 'Pagination' = 'Layout'): void {
    this.doc.markContent('Artifact', { type })
    draw()
    this.doc.endMarkedContent()
  }

  width(text: string, style: TextStyle = {}): number {
    const { face, size } = { ...BODY, ...style }
    let width = 0
    for (const piece of pieces(text)) {
      this.#use(face, piece).fontSize(size)
      width += this.doc.widthOfString(piece.text)
    }
    return width
  }

  /** One line at a place; no wrapping, no moving of y. */
  put(text: string, x: number, y: number, style: TextStyle = {}, align: 'left' | 'right' | 'centre' = 'left'): void {
    const { face, size, colour } = { ...BODY, ...style }
    const before = align === 'left' ? 0 : this.width(text, style) / (align === 'right' ? 1 : 2)
    let at = x - before
    for (const piece of pieces(text)) {
      this.#use(face, piece).fontSize(size).fillColor(colour)
      this.doc.text(piece.text, at, y, { lineBreak: false })
      at += this.doc.widthOfString(piece.text)
    }
  }

  /** Lines of a text that fit a width; a word longer than a line is cut. */
  wrap(text: string, width: number, style: TextStyle = {}): string[] {
    const lines: string[] = []
    let line = ''
    for (const word of text.split(/[^\S\u00A0]+/).flatMap((one) => this.#cut(one, width, style))) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && this.width(longer, style) > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    return [...lines, line]
  }

  rule(
    y: number = this.y,
    colour: string = INK.rule,
    width = 0.6,
    x: number = PAGE.left,
    to: number = PAGE.width - PAGE.right,
  ): void {
    this.artifact(() => this.doc.moveTo(x, y).lineTo(to, y).lineWidth(width).stroke(colour))
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

  /** Registers a font when it is first used: a PDF embeds only what it shows. */
  #use(face: Face, piece: Piece): PDFKit.PDFDocument {
    const script = face === 'mono' ? 'latin' : piece.script
    const name = fontName(face, script)
    if (!this.#registered.has(name)) {
      this.doc.registerFont(name, this.#fonts.get(name))
      this.#registered.add(name)
    }
    return this.doc.font(name)
  }
}

/** An element's dictionary as it will be written. */
function dataOf(element: Element): Record<string, unknown> {
  return (element as unknown as { dictionary: { data: Record<string, unknown> } }).dictionary.data
}

/** pdfkit's constructor; `font: ''` keeps it from loading a typeface that is not embedded. */
export function newDocument(options: PDFKit.PDFDocumentOptions): PDFKit.PDFDocument {
  return new PdfKitDocument({ ...options, font: '' })
}
