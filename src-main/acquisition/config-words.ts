/** What is said of a field of a configuration whose schema has no words of its own: what it is called, what is wrong, what to write. */
import type { z } from 'zod'
import { didYouMean } from '../wire/near-match.ts'

/** By zod's names of types. */
const WRITE: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'keys with their values',
  record: 'keys with their values',
}
const SHOWN_CHARS_MAX = 40

/** The error map for parsing a configuration. */
export function wordIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const name = nameOf(issue.path ?? [])
  switch (issue.code) {
    case 'invalid_type': {
      const write = WRITE[issue.expected] ?? issue.expected
      return isLeftOut(issue.input)
        ? leftOut(name, issue.input, write)
        : `${name} must be ${write}, not ${shown(issue.input)}.`
    }
    case 'invalid_value':
      return wordChoice(name, issue.input, issue.values.map(String))
    case 'too_small':
      if (issue.origin === 'string') return leftOut(name, null, 'a text')
      return `${name} must be at least ${issue.minimum}, not ${shown(issue.input)}.`
    case 'too_big':
      if (issue.origin === 'string') return `${name} is longer than ${issue.maximum} characters: shorten it.`
      return `${name} must be at most ${issue.maximum}, not ${shown(issue.input)}.`
    default:
      return undefined
  }
}

/** A key that is not there, or that has nothing behind its colon. */
export function isLeftOut(input: unknown): input is undefined | null {
  return input === undefined || input === null
}

/** `write` is what to write, such as `a text`. */
export function leftOut(name: string, input: undefined | null, write: string): string {
  return `${name} is ${input === undefined ? 'missing' : 'empty'}: write ${write}.`
}

/** One of some words was to be written. */
export function wordChoice(name: string, input: unknown, words: readonly string[]): string {
  const write = `one of: ${words.join(', ')}`
  if (isLeftOut(input)) return leftOut(name, input, write)
  const near = typeof input === 'string' ? didYouMean(input, words) : ''
  return `Unknown ${name} ${shown(input)}.${near} Write ${write}.`
}

/** Numbers in a path count from 0, people from 1. */
function nameOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1)
  if (last === undefined) return 'the configuration'
  return typeof last === 'number' ? `number ${last + 1} of ${String(path.at(-2) ?? 'the list')}` : String(last)
}

function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object' && input !== null) return 'keys with their values'
  const text = JSON.stringify(input) ?? String(input)
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)} …` : text
}
