/** What a page shows, as plain texts and places: PDF and HTML draw this and decide nothing. */
import type { Language } from '../wire/languages.ts'
import type { VerdictParts } from './sheet-words.ts'

export interface Pair {
  label: string
  value: string
  strong?: boolean
}

export interface Cell {
  text: string
  /** A second line, smaller. */
  small?: string
  strong?: boolean
}

export interface Column {
  label: string
  /** Share of the table's width; all of a table make 1. */
  share: number
  align: 'left' | 'right'
}

/** A row of cells, or one line across all of them, hatched: where something is missing. */
export type Row = { cells: Cell[] } | { across: string }

export interface SheetSection {
  title: string
  aside: string
  /** Stands before the table, or instead of it. */
  text: string
  columns: Column[]
  rows: Row[]
}

export interface SheetCurve {
  title: string
  aside: string
  /** What it shows, for whoever cannot see it. */
  alt: string
  fromUs: number
  toUs: number
  /** [time, value] in order; at most CURVE_POINTS_MAX. */
  points: [timeUs: number, value: number][]
  /** `label` is empty for what was not recorded. */
  gaps: { fromUs: number; toUs: number; label: string }[]
  /** Times of the readings that the table prints. */
  ticks: number[]
  axis: { timeUs: number; label: string }[]
  firstLabel: string
  lastLabel: string
}

export interface SheetCheck {
  title: string
  /** Rows of dark and light squares. */
  code: boolean[][]
  codeText: string
  codeAlt: string
  /** Set in a typewriter face: addresses, fingerprints. */
  bytes: Pair[]
  lines: string[]
}

export interface Sheet {
  template: number
  language: Language
  title: string
  /** Title and what it is about, for a window or a list of files. */
  documentTitle: string
  issuer: { name: string; lines: string[] }
  number: { label: string; text: string; issued: string }
  /** Head of every page but the first. */
  running: { left: string; right: string }
  simulated: { long: string; short: string } | null
  about: Pair[]
  when: Pair[]
  verdict: VerdictParts
  /** Label, value, and a line under it; four a row. */
  figures: { label: string; value: string; note: string }[]
  curve: SheetCurve | null
  /** What the pack prints in rows. */
  tables: SheetSection[]
  readings: SheetSection | null
  gaps: SheetSection
  findings: SheetSection
  sources: SheetSection
  released: { title: string; pairs: Pair[] }
  notProven: { title: string; lines: string[] }
  check: SheetCheck
  foot: { left: string; middle: string }
  convenience: string
  /** Of the attached certificate. */
  fileName: string
  signedAtUs: number
}
