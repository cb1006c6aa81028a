/** How the fields of calls are read, where more than one call has them. */
import { z } from 'zod'
import type {} from 'zod-openapi'
import { utf8 } from '../wire/bytes.ts'
import { MAX_TEXT_BYTES } from '../wire/limits.ts'
import { hiddenCharacter } from '../wire/plain-text.ts'

/** A number in a query string: digits only, because coercion alone would read an empty value as 0. */
const inQuery = (schema: z.ZodNumber) =>
  z
    .union([z.number(), z.string().regex(/^-?\d{1,16}$/, 'must be a whole number')])
    .transform(Number)
    .pipe(schema)
    .meta({ override: ({ jsonSchema }) => void Object.assign(jsonSchema, { type: 'integer', anyOf: undefined }) })
export const queryTime = inQuery(z.int())
export const queryCount = (max: number) => inQuery(z.int().min(0).max(max))
export const index = queryCount(Number.MAX_SAFE_INTEGER)
/** `a,b,c` of 1 to 8 stream ids: a chart carries at most eight curves. */
export const streamList = z
  .string()
  .regex(/^[0-9a-f]{32}(?:,[0-9a-f]{32}){0,7}$/, 'must be 1 to 8 stream ids, comma separated')
  .transform((text) => text.split(','))

/** JSON may carry half a surrogate pair, which has no UTF-8 form: the thread that signs would end over it. */
export const wellFormed = (text: string): boolean => text.isWellFormed()
/** Name of a person. */
export const plainName = z
  .string()
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters')
  .refine((text) => wellFormed(text) && hiddenCharacter(text) === null, {
    error: 'must be whole characters, none of which controls how text is shown',
  })
/** Texts of an event are bounded in bytes: beyond that every gateway refuses the event. */
export const ledgerText = z
  .string()
  .trim()
  .min(3)
  .max(1000)
  .refine((text) => wellFormed(text) && utf8(text).length <= MAX_TEXT_BYTES, {
    error: `must be whole characters of at most ${MAX_TEXT_BYTES} bytes`,
  })
/** The same where nothing has to be said. */
export const ledgerRemark = z
  .string()
  .trim()
  .max(1000)
  .refine((text) => wellFormed(text) && utf8(text).length <= MAX_TEXT_BYTES, {
    error: `must be whole characters of at most ${MAX_TEXT_BYTES} bytes`,
  })
