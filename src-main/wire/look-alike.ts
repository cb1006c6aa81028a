/**
 * When two names cannot be told apart: their skeletons are one (UTS 39, 4, by a table of our own). A skeleton is what is left without
 * case, width, dots, hyphens and spaces, with the Greek and Cyrillic letters that look like Latin ones read as these, and `l`, `I` and
 * `1` as one, `o` and `0` as well.
 */

/** Each Latin letter with those of other alphabets that look like it. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  A: 'АΑ',
  a: 'аαɑ',
  B: 'ВΒ',
  b: 'вβ',
  C: 'СϹ',
  c: 'сϲ',
  d: 'ԁ',
  E: 'ЕΕ',
  e: 'еε',
  g: 'ɡ',
  H: 'НΗҺ',
  h: 'нһ',
  I: 'ІΙӀ',
  i: 'іιıӏ',
  J: 'ЈͿ',
  j: 'јϳ',
  K: 'КΚ',
  k: 'кκ',
  l: 'ǀ',
  M: 'МΜ',
  m: 'м',
  N: 'Ν',
  n: 'η',
  O: 'ОΟ',
  o: 'оο',
  P: 'РΡ',
  p: 'рρ',
  Q: 'Ԛ',
  q: 'ԛ',
  S: 'Ѕ',
  s: 'ѕ',
  T: 'ТΤ',
  t: 'тτ',
  u: 'υμ',
  V: 'Ѵ',
  v: 'νѵ',
  W: 'Ԝ',
  w: 'ԝω',
  X: 'ХΧ',
  x: 'хχ',
  Y: 'УΥ',
  y: 'уγ',
  Z: 'Ζ',
}
const READ_AS = new Map(Object.entries(LOOKS_LIKE).flatMap(([latin, like]) => [...like].map((one) => [one, latin])))

/** The same for names that a person takes for one another. */
export function skeleton(name: string): string {
  return (
    [...name.normalize('NFKD')]
      .map((letter) => READ_AS.get(letter) ?? letter)
      .join('')
      // There and back, so that `ß` and `SS` are one.
      .toUpperCase()
      .toLowerCase()
      .replaceAll(/[i1|]/g, 'l')
      .replaceAll('0', 'o')
      // Dots above and below a letter, and whatever stands between letters.
      .replaceAll(/[\u0307\u0323\p{P}\p{Z}]/gu, '')
  )
}
