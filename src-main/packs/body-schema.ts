/**
 * How a pack says what its parameters and the bodies of its events hold: docs/FORMATS.md, "Packs". The subset is small on purpose (no
 * patterns, unions or defaults), so that every program can check it and every screen can ask for it.
 *
 *   "boolean" | "time" | {"text": bytes} | {"integer": [least, most]} | {"decimal": places} | {"bytes": most} | {"enum": [text...]}
 *   | {"ref": "asset" | "document" | "statement" | "actor"} | {"list": {"of", "max"}} | {"record": {"required", "optional"}}
 */
import {
  boolean,
  bytes,
  checked,
  id,
  integer,
  list,
  oneOf,
  optional,
  record,
  refuse,
  text,
  timeUs,
} from '../record/schema.ts'
import type { Form, Optional } from '../record/schema.ts'
import { actorIdOf } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES, MAX_TEXT_BYTES } from '../wire/limits.ts'
import { anyText, choice, listOf, membersOf, named, object, setOf, whole } from './strict-json.ts'
import type { Read } from './strict-json.ts'

/** Lists and records within each other. */
export const SCHEMA_DEPTH_MAX = 4
const FIELDS_MAX = 64
const ITEMS_MAX = 1_024
const CHOICES_MAX = 64
const BYTES_MAX = 4_096
const PLACES_MAX = 9
const DIGITS_MAX = 18
export const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,63}$/

type AnyForm = Form<unknown>

const WORDS: { readonly [word: string]: AnyForm } = { boolean, time: timeUs }

const REFS: { readonly [to: string]: AnyForm } = {
  asset: text(),
  document: bytes(HASH_BYTES),
  statement: bytes(HASH_BYTES),
  actor: id(actorIdOf),
}

/** The form that a schema stands for. Throws WireError `malformed_event` naming the place. */
export const readSchema: Read<AnyForm> = (item, where) => schemaAt(item, where, SCHEMA_DEPTH_MAX)

function schemaAt(item: JsonValue, where: string, levels: number): AnyForm {
  if (typeof item === 'string')
    return (
      (Object.hasOwn(WORDS, item) ? WORDS[item] : undefined) ??
      refuse(where, `is ${JSON.stringify(item)}, which is no schema`)
    )
  const [member, ...others] = Object.entries(membersOf(item, where))
  if (member === undefined || others.length > 0)
    return refuse(where, 'is not one word, or one member that says what stands there')
  const [word, given] = member
  const at = `${where}.${word}`
  const nested = (inner: JsonValue, place: string): AnyForm =>
    levels === 0
      ? refuse(place, `lies deeper than ${SCHEMA_DEPTH_MAX} lists and records`)
      : schemaAt(inner, place, levels - 1)
  switch (word) {
    case 'text':
      return text(whole(1, MAX_TEXT_BYTES)(given, at))
    case 'integer':
      return integerForm(given, at)
    case 'decimal':
      return decimal(whole(1, PLACES_MAX)(given, at))
    case 'bytes':
      return bytes(0, whole(1, BYTES_MAX)(given, at))
    case 'enum':
      return oneOf(setOf(CHOICES_MAX, anyText(64))(given, at))
    case 'ref':
      return REFS[choice(Object.keys(REFS))(given, at)] as AnyForm
    case 'list': {
      const { of, max } = object({ of: nested, max: whole(1, ITEMS_MAX) })(given, at)
      return list(of, max)
    }
    case 'record': {
      const fields = named(FIELD_NAME, FIELDS_MAX, nested)
      const { required, optional: others_ } = object({ required: fields }, { optional: fields })(given, at)
      return recordForm(required, others_ ?? {}, at)
    }
    default:
      return refuse(where, `says ${JSON.stringify(word.slice(0, 40))}, which is no schema`)
  }
}

function integerForm(given: JsonValue, at: string): AnyForm {
  const bound = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const bounds = listOf(2, bound)(given, at)
  const [least, most] = bounds
  if (least === undefined || most === undefined) return refuse(at, 'is not [least, most]')
  return least <= most ? integer(least, most) : refuse(at, `goes from ${least} to ${most}`)
}

function recordForm(
  required: { readonly [name: string]: AnyForm },
  others: { readonly [name: string]: AnyForm },
  at: string,
): AnyForm {
  const both = Object.keys(required).find((name) => Object.hasOwn(others, name))
  if (both !== undefined) return refuse(at, `requires "${both}" and lets it be left out`)
  const left: { [name: string]: Optional<unknown> } = {}
  for (const [name, form] of Object.entries(others)) left[name] = optional(form)
  return record({ ...required, ...left })
}

/** A decimal number as text, with exactly so many places: each number has one spelling. */
export function decimal(places: number): Form<string> {
  const spelt = new RegExp(`^-?(?:0|[1-9][0-9]{0,${DIGITS_MAX - places - 1}})\\.[0-9]{${places}}$`)
  return checked(text(DIGITS_MAX + 2), (value, where) => {
    if (!spelt.test(value)) refuse(where, `is not a decimal number with ${places} places, as text`)
    if (/^-[0.]+$/.test(value)) refuse(where, 'is a negative zero')
  })
}
