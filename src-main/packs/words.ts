/**
 * How a pack's result is told to people. Each pack keeps one table beside its source; paper, HTML and console read it, so that no
 * other place knows a pack's figures or codes (`shipped-words.ts` finds them). A pack without a table is still printed, with the
 * names that it gives itself.
 */

/** A text in every language of a certificate. `{name}` stands for a value of the same name, shown as `values` says. */
export interface Told {
  en: string
  de: string
}

/** How a value inside a sentence is shown; `decimals` is the precision that is printed, padded. */
export type ValueKind = { unit: string; decimals: number } | 'text' | 'time'

export interface FigureWords {
  label: Told
  /** UCUM-like unit as printed; empty for a count. */
  unit: string
  decimals: number
}

export interface PackWords {
  /** Title of a certificate by this pack. */
  title: Told
  /** What the asset is called on the page. */
  asset: Told
  /** The sentence of each verdict; `because` goes on where nothing was found that has to be told. */
  verdicts: Readonly<Record<string, { before: Told; strong: Told; after: Told; because: Told }>>
  /** Quantity whose curve and readings are printed. `first`, `last` and `total` name figures; they may be missing in a result. */
  headline: {
    quantity: string
    reading: Told
    difference: Told
    inGap: Told
    decimals: number
    first: string
    last: string
    total: string
    days: string
    leftOut: string
  }
  figures: Readonly<Record<string, FigureWords>>
  /** Names of quantities, where a stream has no better label. */
  quantities: Readonly<Record<string, Told>>
  /** What the ledger says of an asset besides, by the names that configurations use. */
  attributes: Readonly<Record<string, Told>>
  /** Quantity that names the asset itself. {first} is the day of its first reading, which came after the headline's. */
  identity: { quantity: string; late: Told; never: Told }
  values: Readonly<Record<string, ValueKind>>
  /** By code: sentences, of which the first stands whose values the reason has all. */
  reasons: Readonly<Record<string, readonly Told[]>>
  lookedFor: Told
  /** What this pack cannot show; `{first}` is the time of the first reading. */
  notProven: readonly { when: 'always' | 'gaps'; text: Told }[]
  events: Readonly<Record<string, Told>>
}
