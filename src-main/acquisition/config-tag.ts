import { z } from 'zod'
import { STREAM_KINDS } from '../wire/stream-words.ts'
import type { StreamKind } from '../wire/stream-words.ts'
import { lotFromSchema } from './config-lot.ts'
import { naming } from './config-naming.ts'
import { bounds, finite, identifier, oneOf, strictShape, text, unit, whole } from './config-parts.ts'

/** What a tag's value is; a stream keeps its kind for life. */
export type ValueKind = StreamKind

/** Fields that every tag has, whatever its driver. */
export const tagShape = {
  id: identifier('tag'),
  label: naming('The label of a tag', 120),
  unit,
  kind: oneOf('kind', STREAM_KINDS),
  /** What is measured, for example `temperature` or `mass flow`. */
  quantity: text('The quantity of a tag', 60).default('value'),
  /** What the instrument can show; a value outside fails. In the tag's unit. */
  range: bounds('range').optional(),
  /** What the process normally shows; a value outside is suspect. In the tag's unit. */
  normal: bounds('normal').optional(),
  /** Largest believable change per second, in the tag's unit. */
  rate: strictShape('rate', {
    suspect: finite('rate.suspect').positive('rate.suspect must be above 0.').optional(),
    fail: finite('rate.fail').positive('rate.fail must be above 0.').optional(),
  }).optional(),
  /** Departure from the median of the last five good values that counts as a spike. In the tag's unit. */
  spike: finite('spike').positive('spike must be above 0.').optional(),
  /** A live sensor moves: without change beyond `tolerance` for `afterS` seconds it is called flat. */
  flatLine: strictShape('flatLine', {
    afterS: whole('flatLine.afterS', 1, 604_800),
    tolerance: finite('flatLine.tolerance').nonnegative('flatLine.tolerance must not be negative.').default(0),
  }).optional(),
  /** The asset this tag is evidence about, for example `vin:WPLUMB0TEST000001`. */
  asset: text('The asset of a tag', 200).optional(),
  /** True for values that a simulator made; it is recorded and printed. */
  simulated: z.boolean('simulated must be true or false.').optional(),
}

/** Fields that every source has, whatever its driver. */
export const sourceShape = {
  id: identifier('source'),
  name: naming('The name of a source', 120),
  /** Default of every tag's `simulated`. */
  simulated: z.boolean('simulated must be true or false.').default(false),
  /** Into which channel its readings go, by name or by the first 16 digits of its id; without it the gateway's first. */
  channel: text('The channel of a source', 256).optional(),
  /** Which of its tags carries the lot: with its value, the lot changes to which the readings belong. */
  lotFrom: lotFromSchema.optional(),
}

/** Linear scaling, value = raw x scale + offset, in decimal so that 0.1 means one tenth exactly. */
export const scalingShape = {
  scale: finite('scale')
    .refine((scale) => scale !== 0, 'scale must not be 0.')
    .optional(),
  offset: finite('offset').optional(),
}
