/** What a contract found, in the words of its pack. */
import { wordsOfPack } from '../../src-main/packs/shipped-words.ts'
import { m } from '../paraglide/messages.js'
import { language } from './language.svelte.ts'

/** @param finding `pack/code`; of a pack that this console does not know, the code says what there is to say */
export function findingWords(finding: string): string {
  const [pack = '', code = ''] = finding.split('/')
  const words = wordsOfPack(pack)?.reasons[code]?.at(-1)?.[language.current]
  return words === undefined ? m.deviation_code({ code: finding }) : m.deviation_text({ pack, text: words })
}
