/**
 * How a pack's result is told to people: one file for each language beside its rule. Paper, HTML and console read it, so that no other
 * place knows a pack's figures or codes. A certificate encloses its own; of a pack without words the names stand that it gives itself.
 */
import { refuse } from '../record/schema.ts'
import type { JsonValue } from '../wire/json.ts'
import { LANGUAGES } from '../wire/languages.ts'
import type { Language } from '../wire/languages.ts'
import { read } from './manifest.ts'
import type { HeadlineSource, PackManifest, Precision, ValueKind } from './manifest.ts'
import type { PackAbout, TableColumn } from './tables.ts'
import { anyText, each, listOf, named, object } from './strict-json.ts'
import type { Read } from './strict-json.ts'

/** A text in every language of a certificate. `{name}` stands for a value of the same name, shown as `values` says. */
export type Told = { readonly [L in Language]: string }

export interface FigureWords extends Precision {
  readonly label: Told
}

export interface VerdictWords<T> {
  readonly before: T
  readonly strong: T
  readonly after: T
  /** Goes on where nothing was found that has to be told. */
  readonly because: T
}

/** A table of a page with its heads. */
export interface TableWords {
  readonly name: string
  readonly title: Told
  readonly columns: readonly (TableColumn & { readonly label: Told })[]
}

export interface PackWords {
  /** Title of a certificate by this pack. */
  readonly title: Told
  /** What the asset is called on the page. */
  readonly asset: Told
  readonly verdicts: { readonly [verdict: string]: VerdictWords<Told> }
  readonly headline: HeadlineSource & { readonly reading: Told; readonly difference: Told; readonly inGap: Told }
  readonly figures: { readonly [name: string]: FigureWords }
  readonly tables: readonly TableWords[]
  readonly about: readonly (PackAbout[number] & { readonly label: Told })[]
  /** Names of quantities, where a stream has no better label. */
  readonly quantities: { readonly [name: string]: Told }
  /** What the ledger says of an asset besides, by the names that configurations use. */
  readonly attributes: { readonly [name: string]: Told }
  /** Quantity that names the asset itself. {first} is the day of its first reading, which came after the headline's. */
  readonly identity: { readonly quantity: string; readonly late: Told; readonly never: Told }
  readonly values: { readonly [name: string]: ValueKind }
  /** By code: sentences, of which the first stands whose values the reason has all. */
  readonly reasons: { readonly [code: string]: readonly Told[] }
  readonly lookedFor: Told
  /** What this pack cannot show; `{first}` is the time of the first reading. */
  readonly notProven: readonly { readonly when: 'always' | 'gaps'; readonly text: Told }[]
  readonly events: { readonly [type: string]: Told }
}

/** A rule as screens and pages speak of it. */
export interface NamedRule {
  readonly id: string
  /** null: none are known; it is told by the names that it gives itself. */
  readonly words: PackWords | null
}

/** The words of one language, as they stand in its file. */
export interface WordsFile {
  readonly title: string
  readonly asset: string
  readonly lookedFor: string
  readonly verdicts: { readonly [verdict: string]: VerdictWords<string> }
  readonly headline: { readonly reading: string; readonly difference: string; readonly inGap: string }
  readonly figures: { readonly [name: string]: string }
  /** Where `pack.json` has them. */
  readonly tables?: {
    readonly [table: string]: { readonly title: string; readonly columns: { readonly [name: string]: string } }
  }
  readonly about?: { readonly [name: string]: string }
  readonly quantities: { readonly [name: string]: string }
  readonly attributes: { readonly [name: string]: string }
  readonly identity: { readonly late: string; readonly never: string }
  readonly codes: { readonly [code: string]: readonly string[] }
  readonly notProven: { readonly [id: string]: string }
  readonly events: { readonly [type: string]: string }
}

/** The files of all languages, as JSON. */
export type WordsJson = { readonly [L in Language]: JsonValue }

const SENTENCES_MAX = 8
const NAMES_MAX = 256
const line = anyText(1_024)
/** Which names there are is the manifest's to say. */
const lines = named(/^.{1,128}$/u, NAMES_MAX, line)
const sentences: Read<readonly string[]> = (item, where) => {
  const all = listOf(SENTENCES_MAX, line)(item, where)
  return all.length > 0 ? all : refuse(where, 'holds no sentence')
}
const wordsFile: Read<WordsFile> = object(
  {
    title: line,
    asset: line,
    lookedFor: line,
    verdicts: named(/^.{1,128}$/u, NAMES_MAX, object({ before: line, strong: line, after: line, because: line })),
    headline: object({ reading: line, difference: line, inGap: line }),
    figures: lines,
    quantities: lines,
    attributes: lines,
    identity: object({ late: line, never: line }),
    codes: named(/^.{1,128}$/u, NAMES_MAX, sentences),
    notProven: lines,
    events: lines,
  },
  { tables: named(/^.{1,128}$/u, NAMES_MAX, object({ title: line, columns: lines })), about: lines },
)

/** The words of every language together. `folder` names them in errors. Throws PackError `pack_malformed`. */
export function readWords(manifest: PackManifest, json: WordsJson, folder: string): PackWords {
  const files = {} as { [L in Language]: WordsFile }
  read(folder, () =>
    each(
      LANGUAGES.map((language) => () => {
        const file = `${folder}/${language}.json`
        files[language] = wordsFile(json[language], file)
        checkNames(manifest, files[language], file)
      }),
    ),
  )
  read(folder, () => checkSentences(manifest, files, folder))
  return merged(manifest, files)
}

/** Everything that the pack can say has words, and nothing else has. */
function checkNames(manifest: PackManifest, words: WordsFile, file: string): void {
  const works: (() => never)[] = []
  const same = (section: string, wanted: readonly string[], of: object = words): void => {
    const there = Object.keys((of as { readonly [name: string]: object })[section.split('.').at(-1)!] ?? {})
    for (const name of wanted)
      if (!there.includes(name)) works.push(() => refuse(`${file}.${section}`, `lacks "${name}"`))
    for (const name of there)
      if (!wanted.includes(name))
        works.push(() => refuse(`${file}.${section}`, `has "${name}", which pack.json does not`))
  }
  same('verdicts', manifest.verdicts)
  same('figures', Object.keys(manifest.figures))
  const namesOf = (list: readonly { readonly name: string }[] = []): string[] => list.map(({ name }) => name)
  same('about', namesOf(manifest.about))
  same('tables', namesOf(manifest.tables))
  for (const { name, columns } of manifest.tables ?? [])
    same(`tables.${name}.columns`, namesOf(columns), words.tables?.[name])
  same('quantities', Object.keys(manifest.quantities))
  same('attributes', manifest.attributes)
  same('codes', manifest.codes)
  same('events', Object.keys(manifest.events))
  same(
    'notProven',
    manifest.notProven.map(({ id }) => id),
  )
  each(works)
}

/** Sentences use values that pack.json says how to show, the same in every language, and end with one that needs none. */
function checkSentences(
  { codes, values }: PackManifest,
  files: { readonly [L in Language]: WordsFile },
  folder: string,
): void {
  const [first, ...others] = LANGUAGES
  const used = (text: string | undefined): string =>
    [...(text ?? '').matchAll(/\{(\w+)\}/g)]
      .map((one) => String(one[1]))
      .toSorted()
      .join(' ')
  const works = codes.map((code) => () => {
    const place = `${folder}/${first}.json.codes.${code}`
    const all = files[first].codes[code] ?? []
    for (const name of all.flatMap((text) => used(text).split(' ')))
      if (name !== '' && !Object.hasOwn(values, name))
        refuse(place, `uses {${name}}, of which pack.json does not say how to show it`)
    if (used(all.at(-1)) !== '') refuse(place, 'ends with a sentence that needs a value')
    for (const language of others) {
      const same = files[language].codes[code] ?? []
      if (same.length !== all.length || same.some((text, at) => used(text) !== used(all[at])))
        refuse(`${folder}/${language}.json.codes.${code}`, `does not use the same values as ${first}.json`)
    }
  })
  each(works)
}

function merged(manifest: PackManifest, files: { readonly [L in Language]: WordsFile }): PackWords {
  const told = (of: (words: WordsFile) => string): Told =>
    Object.fromEntries(LANGUAGES.map((language) => [language, of(files[language])])) as Told
  /** Without a prototype: what a stranger's file asks for by the name "constructor" is not there. */
  const eachOf = <T>(names: readonly string[], of: (name: string) => T): { [name: string]: T } => {
    const all = Object.create(null) as { [name: string]: T }
    for (const name of names) all[name] = of(name)
    return all
  }
  /** `checkNames` saw that it is there. */
  const at = (section: { readonly [name: string]: string }, name: string): string => section[name] as string
  const lists = (section: 'quantities' | 'attributes' | 'events', names: readonly string[]): { [name: string]: Told } =>
    eachOf(names, (name) => told((words) => at(words[section], name)))
  return {
    title: told((words) => words.title),
    asset: told((words) => words.asset),
    lookedFor: told((words) => words.lookedFor),
    verdicts: eachOf(manifest.verdicts, (verdict) => {
      const part = (name: keyof VerdictWords<string>): Told =>
        told((words) => (words.verdicts[verdict] as VerdictWords<string>)[name])
      return { before: part('before'), strong: part('strong'), after: part('after'), because: part('because') }
    }),
    headline: {
      ...manifest.headline,
      reading: told((words) => words.headline.reading),
      difference: told((words) => words.headline.difference),
      inGap: told((words) => words.headline.inGap),
    },
    figures: eachOf(Object.keys(manifest.figures), (name) => ({
      ...(manifest.figures[name] as Precision),
      label: told((words) => at(words.figures, name)),
    })),
    tables: (manifest.tables ?? []).map(({ name, columns }) => ({
      name,
      title: told((words) => words.tables?.[name]?.title ?? ''),
      columns: columns.map((column) => ({
        ...column,
        label: told((words) => at(words.tables?.[name]?.columns ?? {}, column.name)),
      })),
    })),
    about: (manifest.about ?? []).map((pair) => ({
      ...pair,
      label: told((words) => at(words.about ?? {}, pair.name)),
    })),
    quantities: lists('quantities', Object.keys(manifest.quantities)),
    attributes: lists('attributes', manifest.attributes),
    identity: {
      ...manifest.identity,
      late: told((words) => words.identity.late),
      never: told((words) => words.identity.never),
    },
    values: manifest.values,
    reasons: eachOf(manifest.codes, (code) =>
      (files.en.codes[code] ?? []).map((_, i) =>
        told((words) => (words.codes[code] as readonly string[])[i] as string),
      ),
    ),
    notProven: manifest.notProven.map(({ id, when }) => ({ when, text: told((words) => at(words.notProven, id)) })),
    events: lists('events', Object.keys(manifest.events)),
  }
}
