/** How two versions of a pack differ, as a person has to see it before agreeing. */
import { diffLines } from 'diff'
import type { PackDifference } from '../../endpoints/pack-calls.ts'
import { parametersKept } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import { canonicalJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import { LANGUAGES } from '../../wire/languages.ts'
import { printable } from '../../wire/printable.ts'

type Line = PackDifference['files'][number]['lines'][number]
type Compared = Pick<PackDifference, 'parameters' | 'files' | 'words' | 'wordsLeftOut'>

/** Shared lines that are shown before and after one that differs. */
const AROUND = 2
/** Of lines that are new, and of all others. */
const LINES_MAX = 1_000
const LINE_CHARS_MAX = 1_000
/** A text of more lines is not compared line by line: nobody waits for it. */
const LINES_COMPARED_MAX = 20_000
const COMPARE_MS_MAX = 1_000
const WORDS_MAX = 250
/** Whoever writes a whole text anew has it shown as another one. */
const EDITS_MAX = 2_000

/**
 * @param was what decides; null where nothing does under this id
 * @param set parameters by which it decides
 */
export function packDifference(was: Pack | null, is: Pack, set: JsonValue): Compared {
  const words = LANGUAGES.map((language) => wordsOf(language, was, is))
  return {
    parameters: parametersOf(was, is, set),
    files: [
      { name: 'rule.js', ...lines(was?.files.rule ?? '', is.files.rule) },
      { name: 'pack.json', ...lines(was === null ? '' : shownJson(was.files.pack), shownJson(is.files.pack)) },
    ],
    // Of each language: what one says is not cut for the other.
    words: words.flatMap((some) => some.slice(0, WORDS_MAX)),
    wordsLeftOut: words.reduce((sum, some) => sum + Math.max(0, some.length - WORDS_MAX), 0),
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

/** What is new is never cut for what is gone; and where there is too much of both, all of it stands as another text. */
function lines(was: string, is: string): { lines: Line[]; leftOut: number } {
  const isShort = Math.max(linesOf(was).length, linesOf(is).length) <= LINES_COMPARED_MAX
  const found = isShort ? diffLines(was, is, { maxEditLength: EDITS_MAX, timeout: COMPARE_MS_MAX }) : undefined
  const parts = found ?? [
    { value: is, added: true, removed: false },
    { value: was, added: false, removed: true },
  ]
  let [before, after] = [0, 0]
  const all = parts.flatMap(({ value, added, removed }): Line[] =>
    linesOf(value).map((line) => {
      const text = printable(line.slice(0, LINE_CHARS_MAX))
      if (added) return { was: null, is: ++after, text }
      if (removed) return { was: ++before, is: null, text }
      return { was: ++before, is: ++after, text }
    }),
  )
  const shown = aroundChanges(all)
  let [added, others] = [0, 0]
  const kept = shown.filter((line) => (line.was === null ? ++added : ++others) <= LINES_MAX)
  return { lines: kept, leftOut: shown.length - kept.length }
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
    if (one === other) return []
    const shown = (text: string | null): string | null =>
      text === null ? null : printable(text.slice(0, LINE_CHARS_MAX))
    return [{ language, place: printable(place), was: shown(one), is: shown(other) }]
  })
}

/** Every text of a words file by where it stands. */
function textsIn(value: unknown, place = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'string') into.set(place, value)
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) textsIn(member, place === '' ? name : `${place}.${name}`, into)
  return into
}
