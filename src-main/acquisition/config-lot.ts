/** How a source says which of its tags carries the lot, and what the lots that are registered by it look like. */
import { z } from 'zod'
import { naming } from './config-naming.ts'
import { oneOf, strictShape, text } from './config-parts.ts'

/** What an asset's id may hold: printable ASCII, no blanks at its ends (record/kinds/asset.ts). */
const PREFIX = /^[\x21-\x7e][\x20-\x7e]*$/
const TAGS_MAX = 200
const PACKS_MAX = 8
const ATTRIBUTES_MAX = 32

const attributes = z
  .record(
    text('The name of an attribute', 100),
    text('An attribute', 500),
    'lotFrom.attributes must be names with texts.',
  )
  .refine(
    (given) => Object.keys(given).length <= ATTRIBUTES_MAX,
    `A lot may have at most ${ATTRIBUTES_MAX} attributes.`,
  )

export const lotFromSchema = strictShape('lotFrom', {
  tag: text('The tag of lotFrom', 64).describe('Tag of this source, a text or an integer, whose value is the lot'),
  tags: z
    .array(text('A tag of lotFrom.tags', 64), 'lotFrom.tags must be a list of tags of this source.')
    .min(1, 'lotFrom.tags is empty: name the tags that belong to the lot, or leave it out for all of the source.')
    .max(TAGS_MAX, `lotFrom.tags may name at most ${TAGS_MAX} tags.`)
    .optional()
    .describe('Tags whose readings belong to the lot (default: all of the source that have no asset of their own)'),
  prefix: text('lotFrom.prefix', 100)
    .regex(PREFIX, 'lotFrom.prefix may hold printable ASCII and begins with no blank, for example "urn:plant:lot:".')
    .describe('Stands before the value in the id of the lot: no value names an asset that does not begin so'),
  scheme: oneOf('lotFrom.scheme', ['own', 'LGTIN']).default('own'),
  type: text('lotFrom.type', 64).default('lot'),
  name: naming('The name of a lot', 100)
    .default({ en: 'Lot', de: 'Los' })
    .describe('Stands before the value in its name'),
  attributes: attributes.default({}),
  packs: z
    .array(text('A pack', 64), 'lotFrom.packs must be a list of packs.')
    .max(PACKS_MAX, `A lot may have at most ${PACKS_MAX} packs.`)
    .default([])
    .describe('Rule packs that judge the lot'),
})

export type LotFrom = z.output<typeof lotFromSchema>

/** Tags of a source whose readings belong to its lot. The one that carries it is always among them. */
export function lotTags(
  tags: readonly { readonly id: string; readonly asset?: string | undefined }[],
  { tag, tags: named }: Pick<LotFrom, 'tag' | 'tags'>,
): string[] {
  const isOf = ({ id, asset }: { id: string; asset?: string | undefined }): boolean =>
    id === tag || (named === undefined ? asset === undefined : named.includes(id))
  return tags.filter(isOf).map(({ id }) => id)
}
