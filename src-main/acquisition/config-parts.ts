import { z } from 'zod'
import { parseUnit } from '../wire/units.ts'
import { didYouMean } from '../wire/near-match.ts'
import { isLeftOut, leftOut, wordChoice } from './config-words.ts'
import { messageOf } from '../wire/plumbline-error.ts'

/** Every identifier in a configuration: it becomes part of stream ids, so it is plain ASCII and stays as written. */
const IDENTIFIER = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/

type Shape = Record<string, z.ZodType>

/**
 * An object that refuses keys it does not know and names the nearest known one.
 * `noun` is what the message calls it, for example `tag`.
 */
export function strictShape<T extends Shape>(noun: string, shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys
          .map((key) => `Unknown key "${key}" in ${noun}.${didYouMean(key, known)} Known keys: ${known.join(', ')}.`)
          .join(' ')
      }
      if (issue.code !== 'invalid_type') return undefined
      if (isLeftOut(issue.input)) return leftOut(noun, issue.input, `it with the keys ${known.join(', ')}`)
      return `Expected ${noun} with the keys ${known.join(', ')}.`
    },
  })
}

/** One of some words; the message lists them and names the nearest. */
export function oneOf<const T extends readonly [string, ...string[]]>(noun: string, words: T) {
  return z.enum(words, { error: (issue) => wordChoice(noun, issue.input, words) })
}

/** A non-empty text of at most `max` characters. */
export function text(noun: string, max = 200): z.ZodString {
  return z
    .string({
      error: ({ input }) => (isLeftOut(input) ? leftOut(noun, input, 'a text') : `${noun} must be a text.`),
    })
    .min(1, `${noun} is empty: write a text.`)
    .max(max, `${noun} is longer than ${max} characters: shorten it.`)
}

/** A whole number within limits. */
export function whole(noun: string, min: number, max: number): z.ZodInt {
  const message = `${noun} must be a whole number from ${min} to ${max}.`
  const error = ({ input }: { input?: unknown }): string =>
    isLeftOut(input) ? leftOut(noun, input, `a whole number from ${min} to ${max}`) : message
  return z.int({ error }).min(min, message).max(max, message)
}

/** A finite number. JSON and YAML write NaN in ways that no limit can use, so it is refused. */
export function finite(noun: string): z.ZodNumber {
  return z.number({
    error: ({ input }) => (isLeftOut(input) ? leftOut(noun, input, 'a number') : `${noun} must be a number.`),
  })
}

export const identifier = (noun: string) =>
  text(`The id of a ${noun}`, 64).regex(
    IDENTIFIER,
    `The id of a ${noun} may hold a-z, 0-9, dot, dash and underscore, and starts and ends with a letter or digit, for example "filler-1".`,
  )

/** A TCP port. */
export const port = whole('A port', 1, 65535)

/** Host name or address, as the system's resolver takes it. */
export const host = text('A host', 253).regex(
  /^[A-Za-z0-9.:_-]+$/,
  'A host is a name or an address, for example 10.20.4.13; write the port under "port".',
)

/** UCUM code; `1` for a pure number. */
export const unit = text('A unit', 40).superRefine((code, context) => {
  try {
    parseUnit(code)
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) })
  }
})

/** Lower and upper bound, in the tag's unit. */
export const bounds = (noun: string) =>
  z
    .tuple(
      [finite(`The lower bound of ${noun}`), finite(`The upper bound of ${noun}`)],
      `${noun} must be two numbers, for example [0, 100].`,
    )
    .refine(([low, high]) => low < high, `${noun} must rise: write the lower bound first.`)

/** Milliseconds between two readings or polls. */
export const intervalMs = (noun: string) => whole(noun, 50, 3_600_000)
