/** Strict readers of JSON that somebody else wrote: each says what it takes, and an error names the place. */
import type { JsonValue } from '../wire/json.ts'
import { integer, oneOf, refuse, text } from '../record/schema.ts'
import { WireError } from '../wire/errors.ts'

/** So many of the things that are wrong with one are told at once, whatever they are in. */
const PROBLEMS_MAX = 20

/**
 * Does all of it, whatever is wrong with some: whoever writes a pack is told of every fault at once.
 *
 * @throws {WireError} of what one work threw, or a line for each of several
 */
export function each<T>(works: Iterable<() => T>): T[] {
  const done: T[] = []
  const wrong: WireError[] = []
  let lines: string[] = []
  for (const work of works) {
    try {
      done.push(work())
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      wrong.push(error)
      lines = [...lines, ...error.message.split('\n')]
      // All levels together: whoever answers nonsense does not have it counted.
      if (lines.length >= PROBLEMS_MAX) break
    }
  }
  const [first] = wrong
  if (first === undefined) return done
  if (wrong.length === 1) throw first
  throw new WireError(first.code, lines.slice(0, PROBLEMS_MAX).join('\n'))
}

/** Throws WireError `malformed_event` naming `where`, with a line for each thing that is wrong. */
export type Read<T> = (item: JsonValue, where: string) => T

type Reads<T> = { readonly [K in keyof T]: Read<T[K]> }
type JsonMembers = { readonly [name: string]: JsonValue }

export function membersOf(item: JsonValue, where: string): JsonMembers {
  return typeof item === 'object' && item !== null && !Array.isArray(item) ? item : refuse(where, 'is not an object')
}

/** An object of exactly these members; those of `may` can be left out. */
export function object<Must, May = object>(must: Reads<Must>, may?: Reads<May>): Read<Must & Partial<May>> {
  const required = Object.entries(must) as [string, Read<unknown>][]
  const optional = Object.entries(may ?? {}) as [string, Read<unknown>][]
  return (item, where) => {
    const members = membersOf(item, where)
    const isKnown = (name: string): boolean =>
      Object.hasOwn(must, name) || (may !== undefined && Object.hasOwn(may, name))
    const unknown = Object.keys(members).filter((name) => !isKnown(name))
    const missing = required.filter(([name]) => !Object.hasOwn(members, name))
    const present = [...required, ...optional].filter(([name]) => Object.hasOwn(members, name))
    const values = each<[string, unknown]>([
      ...unknown.map((name) => () => refuse(where, `holds the unknown member ${JSON.stringify(name.slice(0, 40))}`)),
      ...missing.map(
        ([name]) =>
          () =>
            refuse(where, `lacks "${name}"`),
      ),
      ...present.map(([name, read]) => (): [string, unknown] => [
        name,
        read(members[name] as JsonValue, `${where}.${name}`),
      ]),
    ])
    return Object.fromEntries(values) as Must & Partial<May>
  }
}

/** An object whose members have names of one form, at most `most` of them. */
export function named<T>(names: RegExp, most: number, read: Read<T>): Read<{ readonly [name: string]: T }> {
  return (item, where) => {
    const members = Object.entries(membersOf(item, where))
    if (members.length > most) refuse(where, `has ${members.length} members; at most ${most}`)
    const works = members.map(([name, value]) => (): [string, T] => {
      if (!names.test(name))
        refuse(where, `has the member ${JSON.stringify(name.slice(0, 80))}, whose name is none that may stand there`)
      return [name, read(value, `${where}.${name}`)]
    })
    return Object.fromEntries(each(works))
  }
}

export function listOf<T>(most: number, read: Read<T>): Read<readonly T[]> {
  return (item, where) => {
    if (!Array.isArray(item)) return refuse(where, 'is not a list')
    if (item.length > most) refuse(where, `has ${item.length} items; at most ${most}`)
    return each(item.map((one, at) => () => read(one, `${where}[${at}]`)))
  }
}

/** A list in which nothing stands twice. */
export function setOf(most: number, read: Read<string>): Read<readonly string[]> {
  const list = listOf(most, read)
  return (item, where) => {
    const items = list(item, where)
    const twice = items.find((one, at) => items.indexOf(one) !== at)
    return twice === undefined ? items : refuse(where, `holds ${JSON.stringify(twice)} twice`)
  }
}

export const anyText = (maxBytes: number): Read<string> => text(maxBytes).fromJson

/** A text of one form. */
export function textLike(form: RegExp, maxBytes: number): Read<string> {
  const read = anyText(maxBytes)
  return (item, where) => {
    const value = read(item, where)
    return form.test(value) ? value : refuse(where, `is ${JSON.stringify(value)}, which is none that may stand there`)
  }
}

export const whole = (least: number, most: number): Read<number> => integer(least, most).fromJson
export const choice = <const T extends string>(choices: readonly T[]): Read<T> => oneOf(choices).fromJson
