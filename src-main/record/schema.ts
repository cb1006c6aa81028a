/**
 * Forms of what a statement's body holds. Each says one thing four ways: from and to CBOR, as it is signed, and from and to JSON,
 * as people and programs write and read it (bytes and ids in lower-case hex). What one refuses the other refuses.
 */
import { fromHex, toHex, utf8 } from '../wire/bytes.ts'
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import type { WireErrorCode } from '../wire/errors.ts'
import { cborOfJson, jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { ID_BYTES, MAX_NAME_BYTES } from '../wire/limits.ts'
import { hiddenCharacter } from '../wire/plain-text.ts'

const CODE: WireErrorCode = 'malformed_event'

export interface Form<T> {
  encode(value: T): CborInput
  /** Throws WireError `malformed_event` naming `where`. */
  decode(item: CborValue, where: string): T
  toJson(value: T): JsonValue
  /** Throws WireError `malformed_event` naming `where`. */
  fromJson(item: JsonValue, where: string): T
}

/** A field of a record that may be left out. */
export interface Optional<T> extends Form<T> {
  readonly optional: true
}

type FieldForms = { readonly [name: string]: Form<unknown> | Optional<unknown> }
type ValueOf<F> = F extends Form<infer T> ? T : never
type OptionalNames<F extends FieldForms> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F]

/** What a record of these fields is in the program. */
export type RecordOf<F extends FieldForms> = {
  readonly [K in Exclude<keyof F, OptionalNames<F>>]: ValueOf<F[K]>
} & { readonly [K in OptionalNames<F>]?: ValueOf<F[K]> }

export function refuse(where: string, what: string): never {
  throw new WireError(CODE, `${where} ${what}`)
}

/** What stands in CBOR and in JSON as itself. */
function plain<T extends string | number | boolean>(read: (item: unknown, where: string) => T): Form<T> {
  return { encode: (value) => value, decode: read, toJson: (value) => value, fromJson: read }
}

/** Of at most `maxBytes` bytes in UTF-8, without characters that would show something else than what is there. */
export function text(maxBytes: number = MAX_NAME_BYTES): Form<string> {
  return plain((item, where) => {
    if (typeof item !== 'string') return refuse(where, 'is not text')
    // A UTF-16 unit takes at most three bytes: cheap when short, exact when it matters.
    if (item.length * 3 > maxBytes && utf8(item).length > maxBytes)
      return refuse(where, `is longer than ${maxBytes} bytes`)
    const hidden = hiddenCharacter(item)
    return hidden === null ? item : refuse(where, `holds ${hidden}, which no name may hold`)
  })
}

export function oneOf<const T extends string>(choices: readonly T[]): Form<T> {
  return plain(
    (item, where) => choices.find((choice) => choice === item) ?? refuse(where, `is none of ${choices.join(', ')}`),
  )
}

export const boolean: Form<boolean> = plain((item, where) =>
  typeof item === 'boolean' ? item : refuse(where, 'is not true or false'),
)

/** Safe integers from `least` to `most`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Form<number> {
  return plain((item, where) =>
    Number.isSafeInteger(item) && (item as number) >= least && (item as number) <= most
      ? (item as number)
      : refuse(where, `is not an integer from ${least} to ${most}`),
  )
}

/** A count, index, size or sequence. */
export const count: Form<number> = integer(0)
/** Microseconds since the epoch. */
export const timeUs: Form<number> = integer(Number.MIN_SAFE_INTEGER)

/** `least` bytes, or up to `most`. */
export function bytes(least: number, most: number = least): Form<Uint8Array> {
  const length = least === most ? `${least}` : `${least} to ${most}`
  const check = (item: CborValue, where: string): Uint8Array =>
    item instanceof Uint8Array && item.length >= least && item.length <= most
      ? item
      : refuse(where, `is not a byte string of ${length}`)
  return {
    encode: (value) => value,
    decode: check,
    toJson: toHex,
    fromJson: (item, where) => check(hexOf(item, where), where),
  }
}

/** Ids that are hex in the program and 16 bytes in CBOR. */
export function id<T extends string>(parse: (bytes: Uint8Array) => T): Form<T> {
  return {
    encode: (value) => fromHex(value),
    decode: (item, where) => parse(bytes(ID_BYTES).decode(item, where)),
    toJson: (value) => value,
    fromJson: (item, where) => parse(bytes(ID_BYTES).fromJson(item, where)),
  }
}

export function nullable<T>(form: Form<T>): Form<T | null> {
  return {
    encode: (value) => (value === null ? null : form.encode(value)),
    decode: (item, where) => (item === null ? null : form.decode(item, where)),
    toJson: (value) => (value === null ? null : form.toJson(value)),
    fromJson: (item, where) => (item === null ? null : form.fromJson(item, where)),
  }
}

export function list<T>(form: Form<T>, most: number): Form<readonly T[]> {
  const of = <Item>(items: unknown, where: string, read: (item: Item, where: string) => T): T[] => {
    if (!Array.isArray(items)) return refuse(where, 'is not an array')
    if (items.length > most) refuse(where, `has ${items.length} items; at most ${most}`)
    return items.map((item: Item, i) => read(item, `${where}[${i}]`))
  }
  return {
    encode: (values) => values.map(form.encode),
    decode: (item, where) => of(item, where, form.decode),
    toJson: (values) => values.map(form.toJson),
    fromJson: (item, where) => of(item, where, form.fromJson),
  }
}

/** Whatever JSON can say; `check` refuses some of it. */
export function json<T extends JsonValue>(check: (value: JsonValue, where: string) => T): Form<T> {
  return {
    encode: cborOfJson,
    decode: (item, where) => check(jsonOfCbor(item, where), where),
    toJson: (value) => value,
    // Through CBOR, so that a number has the one form that it will come back in.
    fromJson: (item, where) => {
      refuseRounded(item, where)
      return check(jsonOfCbor(cborOfJson(item) as CborValue, where), where)
    },
  }
}

export function optional<T>(form: Form<T>): Optional<T> {
  return { ...form, optional: true }
}

/** Fields by name; what is not among them is refused. */
export function record<const F extends FieldForms>(fields: F): Form<RecordOf<F>> {
  const forms = Object.entries(fields) as [string, Form<unknown> & { optional?: true }][]
  const read = <Item>(
    given: ReadonlyMap<unknown, Item>,
    where: string,
    of: (form: Form<unknown>, item: Item, where: string) => unknown,
  ): RecordOf<F> => {
    for (const name of given.keys())
      if (!Object.hasOwn(fields, name as string))
        refuse(where, `holds the unknown key ${JSON.stringify(String(name).slice(0, 40))}`)
    const values: [string, unknown][] = []
    for (const [name, form] of forms) {
      const item = given.get(name)
      if (item !== undefined) values.push([name, of(form, item, `${where} "${name}"`)])
      else if (form.optional !== true) refuse(where, `lacks "${name}"`)
    }
    return Object.fromEntries(values) as RecordOf<F>
  }
  const written = <Item>(value: RecordOf<F>, of: (form: Form<unknown>, member: unknown) => Item) => {
    const items: { [name: string]: Item } = {}
    for (const [name, form] of forms) {
      const member = (value as Record<string, unknown>)[name]
      if (member !== undefined) items[name] = of(form, member)
    }
    return items
  }
  return {
    encode: (value) => written(value, (form, member) => form.encode(member)),
    decode: (item, where) =>
      item instanceof Map
        ? read(item as ReadonlyMap<unknown, CborValue>, where, (form, member, at) => form.decode(member, at))
        : refuse(where, 'is not a map'),
    toJson: (value) => written(value, (form, member) => form.toJson(member)),
    fromJson: (item, where) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? read(new Map(Object.entries(item)), where, (form, member, at) => form.fromJson(member, at))
        : refuse(where, 'is not an object'),
  }
}

/** Fields by place: an array in CBOR, in this order; a record everywhere else. None may be left out. */
export function tuple<const F extends { readonly [name: string]: Form<unknown> }>(fields: F): Form<RecordOf<F>> {
  const names = Object.keys(fields)
  const form = record(fields)
  return {
    ...form,
    encode: (value) => Object.values(form.encode(value) as { [name: string]: CborInput }),
    decode: (item, where) =>
      Array.isArray(item) && item.length === names.length
        ? form.decode(new Map(names.map((name, i) => [name, item[i] as CborValue])), where)
        : refuse(where, `is not an array of ${names.length}`),
  }
}

/** A form whose parts must fit each other. `check` throws, by `refuse`. */
export function checked<T>(form: Form<T>, check: (value: T, where: string) => void): Form<T> {
  const judged = (value: T, where: string): T => {
    check(value, where)
    return value
  }
  return {
    ...form,
    decode: (item, where) => judged(form.decode(item, where), where),
    fromJson: (item, where) => judged(form.fromJson(item, where), where),
  }
}

/** An integer beyond 2^53 is another one by the time it was read: whoever means it writes it as text. */
function refuseRounded(item: JsonValue, where: string): void {
  if (typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item))
    refuse(where, `holds the number ${item}, which JSON does not carry exactly: write it as text`)
  if (item !== null && typeof item === 'object') for (const part of Object.values(item)) refuseRounded(part, where)
}

function hexOf(item: JsonValue, where: string): Uint8Array {
  if (typeof item === 'string' && item.length % 2 === 0 && /^[0-9a-f]*$/.test(item)) return fromHex(item)
  return refuse(where, 'is not hex: digits of 0-9 and a-f, two a byte')
}
