/** The pack of a certificate with something of the forger's own in it. */
import { readPack } from '../../../src-main/packs/pack.ts'
import type { Pack } from '../../../src-main/packs/pack.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'

/** With a rule that finds everything in order. */
export function otherRule({ files }: Pack): Pack {
  const rule = '({ judge: () => ({ verdict: "logical", reasons: [], figures: {} }) })'
  return readPack({ ...files, rule }, 'forged')
}

/** With another title, and everything else as it is. */
export function otherWords({ files }: Pack): Pack {
  const { en, de } = files.words
  return readPack(
    { ...files, words: { en: { ...(en as { [name: string]: JsonValue }), title: 'Praise' }, de } },
    'forged',
  )
}
