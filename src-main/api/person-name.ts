/**
 * Names of people, and when two of them cannot be told apart.
 *
 * Two rules. A word with a Latin, Greek or Cyrillic letter has no letter of another script (UTS 39, 5.1, for the scripts that share shapes).
 * And no two names have one skeleton (UTS 39, 4, by a table of our own): what is left without case, width, dots, hyphens and spaces, with
 * the letters that look like another one read as that one (wire/look-alike.ts).
 *
 * Not caught: a word that is written whole in a fourth script (Cherokee, Lisu) and looks like a Latin one; letters that look like another
 * one together (`rn` and `m`); look-alikes within other scripts. Accents count: Muller and Müller are two people.
 */
import { z } from 'zod'
import { skeleton } from '../wire/look-alike.ts'
import { meant, nearMatches } from '../wire/near-match.ts'
import { hiddenCharacter } from '../wire/plain-text.ts'

export const nameSchema = z
  .string()
  .min(1, 'a name is not empty')
  .max(64, 'a name has at most 64 characters')
  .regex(/^\S(.*\S)?$/u, 'a name neither begins nor ends with a space')
  .refine((name) => name.isWellFormed() && hiddenCharacter(name) === null, 'a name holds no control characters')
  .refine((name) => !/\p{Default_Ignorable_Code_Point}/u.test(name), 'a name holds no characters that nobody sees')

/** A name that is given from now on: letters with their marks, digits, single kinds of space and what names are written with. Symbols may be blank. */
export const newNameSchema = nameSchema.regex(
  /^[\p{L}\p{M}\p{N} .,'’()/&+_@#\p{Pd}]*$/u,
  "a name holds letters, digits, spaces and . , - ' ( ) / & + _ @ # only",
)

/** What two spellings of one name have in common (UAX 15, compatibility forms). */
export function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

/** ` Did you mean "a"?` of the names that a person takes for this one, else of those that are near; an empty text where there are none. */
export function likeNames(name: string, names: readonly string[]): string {
  const looks = skeleton(name)
  const same = names.filter((one) => skeleton(one) === looks)
  return meant(same.length > 0 ? same : nearMatches(name, names))
}

const SHARED_SHAPES = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u]

/** Whether a word of it has letters of two scripts. */
export function mixesScripts(name: string): boolean {
  return name
    .normalize('NFKC')
    .split(/[\s\p{Pd}]+/u)
    .some((word) => {
      const letters = word.match(/(?=\p{L})[^\p{Script=Common}\p{Script=Inherited}]/gu) ?? []
      return SHARED_SHAPES.some(
        (one) => letters.some((letter) => one.test(letter)) && !letters.every((letter) => one.test(letter)),
      )
    })
}
