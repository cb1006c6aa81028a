/** How two versions of a pack differ, as a person has to see it before agreeing. */
import { diffLines } from 'diff'
import type { PackDifference } from '../../endpoints/pack-calls.ts'
import { parametersKept } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import { canonicalJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import { LANGUAGES } from '../../wire/languages.ts'

type Line = PackDifference['files'][number]['lines'][number]
type Compared = Pick<PackDifference, 'parameters' | 'files' | 'words' | 'wordsLeftOut'>

/** Shared lines that are shown before and after one that differs. */
const AROUND = 2
const LINES_MAX = 2_000
const WORDS_MAX = 500
/** Whoever writes a whole text anew has it shown as another one, and nobody waits for it. */
const EDITS_MAX = 5_000

/**
 * @param was what decides; null where nothing does under this id
 * @param set parameters by which it decides
 */
export function packDifference(was: Pack | null, is: Pack, set: JsonValue): Compared {
  const words = LANGUAGES.flatMap((language) => wordsOf(language, was, is))
  return {
    parameters: parametersOf(was, is, set),
    files: [
      { name: 'rule.js', ...lines(was?.files.rule ?? '', is.files.rule) },
      { name: 'pack.json', ...lines(was === null ? '' : shownJson(was.files.pack), shownJson(is.files.pack)) },
    ],
    words: words.slice(0, WORDS_MAX),
    wordsLeftOut: Math.max(0, words.length - WORDS_MAX),
  }
}

function parametersOf(was: Pack | null, is: Pack, set: JsonValue): Compared['parameters'] {
  const before = was === null ? {} : parametersKept(was.manifest, set)
  const after = parametersKept(is.manifest, set)
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => ({
    name,
    unit: (is.manifest.parameters[name] ?? was?.manifest.parameters[name])?.unit ?? '',
    was: before[name] ?? null,
    is: after[name] ?? null,
  }))
}

function shownJson(json: JsonValue): string {
  return JSON.stringify(JSON.parse(canonicalJson(json)), null, 2)
}

function lines(was: string, is: string): { lines: Line[]; leftOut: number } {
  const parts = diffLines(was, is, { maxEditLength: EDITS_MAX }) ?? [
    { value: was, added: false, removed: true },
    { value: is, added: true, removed: false },
  ]
  let [before, after] = [0, 0]
  const all = parts.flatMap(({ value, added, removed }): Line[] =>
    linesOf(value).map((text) => {
      if (added) return { was: null, is: ++after, text }
      if (removed) return { was: ++before, is: null, text }
      return { was: ++before, is: ++after, text }
    }),
  )
  const shown = aroundChanges(all)
  return { lines: shown.slice(0, LINES_MAX), leftOut: Math.max(0, shown.length - LINES_MAX) }
}

function linesOf(text: string): string[] {
  const all = text.split('\n')
  return all.at(-1) === '' ? all.slice(0, -1) : all
}

function aroundChanges(all: readonly Line[]): Line[] {
  const kept = new Uint8Array(all.length)
  for (const [at, { was, is }] of all.entries())
    if (was === null || is === null) kept.fill(1, Math.max(0, at - AROUND), at + AROUND + 1)
  return all.filter((_, at) => kept[at] === 1)
}

function wordsOf(language: (typeof LANGUAGES)[number], was: Pack | null, is: Pack): Compared['words'] {
  const before = was === null ? new Map<string, string>() : textsIn(was.files.words[language])
  const after = textsIn(is.files.words[language])
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((place) => {
    const [one, other] = [before.get(place) ?? null, after.get(place) ?? null]
    return one === other ? [] : [{ language, place, was: one, is: other }]
  })
}

/** Every text of a words file by where it stands. */
function textsIn(value: unknown, place = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'string') into.set(place, value)
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) textsIn(member, place === '' ? name : `${place}.${name}`, into)
  return into
}
