/** A pack's folder, as a person gives it to the browser. */
import type { ProposedPack } from '../../state/packs.ts'

type Given = Extract<ProposedPack['pack'], { rule: string }>

/** Null where the folder has no `pack.json` of its own, or lacks its rule or words; what they say the gateway checks. */
export async function packInFolder(files: readonly File[]): Promise<Given | null> {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath.split('/').slice(1).join('/'), file]))
  const json = async (path: string): Promise<unknown> => {
    const file = byPath.get(path)
    return file === undefined ? undefined : (JSON.parse(await file.text()) as unknown)
  }
  const parts = [...byPath.keys()].filter((path) => path.startsWith('rule/')).toSorted()
  const sources = parts.length > 0 ? parts : ['rule.js']
  const texts = await Promise.all(sources.map(async (path) => await byPath.get(path)?.text()))
  try {
    const [pack, en, de] = await Promise.all(['pack.json', 'words/en.json', 'words/de.json'].map(json))
    if ([pack, en, de, ...texts].includes(undefined)) return null
    return { rule: texts.join(''), pack, words: { en, de } } as Given
  } catch {
    return null
  }
}
