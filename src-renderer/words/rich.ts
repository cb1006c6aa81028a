/** A sentence with one deciding word: `*unchanged*` stands out. Nothing else is markup, and nothing is ever HTML. */
export interface Span {
  text: string
  strong: boolean
}

export function spans(sentence: string): Span[] {
  return sentence
    .split('*')
    .map((text, position) => ({ text, strong: position % 2 === 1 }))
    .filter((span) => span.text !== '')
}
