/** What an address asked for, as a sentence quotes it: anybody may have written it. */
const charactersMax = 60

export function asked(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')
  return plain.length > charactersMax ? `${plain.slice(0, charactersMax)} …` : plain
}
