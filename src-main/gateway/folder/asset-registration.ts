/** An asset as a configuration or a command names it, and the event that registers it. */
import { z } from 'zod'
import { mainText, naming, translationsOf } from '../../acquisition/config-naming.ts'
import { strictShape } from '../../acquisition/config-parts.ts'
import { wordIssue } from '../../acquisition/config-words.ts'
import type { AssetRegistered } from '../../record/asset-fields.ts'
import { nameOf } from '../../wire/languages.ts'

export const assetSchema = strictShape('an asset', {
  id: z.string().min(1).max(200).describe('Identity of the asset in its own scheme, such as a VIN'),
  scheme: z.enum(['VIN', 'SGTIN', 'SSCC', 'LGTIN', 'ISO6346', 'own']).describe('Scheme the identity belongs to'),
  type: z.string().min(1).max(64),
  name: naming('The name of an asset', 200),
  attributes: z.record(z.string(), z.string().max(500)).default({}),
  packs: z.array(z.string()).default([]).describe('Rule packs that judge this asset'),
  simulated: z.boolean().default(false),
})

/** What is wrong with it in words, a sentence each; or the event's body. */
export function readAsset(given: unknown): { problems: string[] } | { body: AssetRegistered } {
  const parsed = assetSchema.safeParse(given, { error: wordIssue })
  return parsed.success
    ? { body: registrationOf(parsed.data) }
    : { problems: parsed.error.issues.map(({ message }) => message) }
}

export function registrationOf({ id, name, ...asset }: z.output<typeof assetSchema>): AssetRegistered {
  return { asset: id, ...nameOf({ name: mainText(name), names: translationsOf(name) }), ...asset }
}
