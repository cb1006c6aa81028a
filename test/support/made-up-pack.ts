/** Packs that no release has, for tests and figures: the words of a shipped one, and an `accept` of their own. */
import { shippedPacks } from '../../src-main/gateway/folder/shipped-packs.ts'
import { readPack } from '../../src-main/packs/pack.ts'
import type { Pack } from '../../src-main/packs/pack.ts'
import type { JsonValue } from '../../src-main/wire/json.ts'

type Members = { [name: string]: JsonValue }

/**
 * A pack whose `accept` has this body, with the codes NOTED, SEEN and no-more, the fact `<id>.said` {n: 0 to 9} and the act `<id>.done`
 * of owner or holder.
 */
export function madeUpPack(id: string, accept: string, more: Members = {}): Pack {
  const [shipped] = shippedPacks()
  const { words, pack } = structuredClone(shipped!.files) as { words: { en: Members; de: Members }; pack: Members }
  for (const language of [words.en, words.de]) {
    Object.assign(language['codes'] as Members, { NOTED: ['noted'], SEEN: ['seen'], 'no-more': ['no more'] })
    language['events'] = { [`${id}.said`]: 'said', [`${id}.done`]: 'done' }
  }
  const said = {
    codes: ['NOTED', 'SEEN', 'no-more', ...(pack['codes'] as string[])],
    events: {
      [`${id}.said`]: { body: { record: { required: { n: { integer: [0, 9] } } } } },
      [`${id}.done`]: { body: { record: { required: {} } }, by: 'holder', act: true },
    },
    reads: [],
    parameters: {},
  }
  const rule = `;({ judge: () => 0, accept: (call) => { ${accept} } })`
  return readPack({ rule, pack: { ...pack, id, ...said, ...more }, words }, id)
}
