/**
 * What a pack says of itself, in `pack.json`: docs/FORMATS.md, "Packs". It is read strictly, by whoever ships it, activates it or
 * finds it in a certificate; every error names the file and the place in it.
 */
import { checkPackId, PACK_ID } from '../record/pack-fields.ts'
import { refuse } from '../record/schema.ts'
import type { Form } from '../record/schema.ts'
import { WireError } from '../wire/errors.ts'
import type { JsonValue } from '../wire/json.ts'
import { LANGUAGES } from '../wire/languages.ts'
import { FIELD_NAME, readSchema } from './body-schema.ts'
import { PackError } from './errors.ts'
import { readAbout, readTables } from './tables.ts'
import type { PackAbout, PackTables } from './tables.ts'
import { anyText, choice, each, listOf, named, object, setOf, textLike, whole } from './strict-json.ts'
import type { Read } from './strict-json.ts'

/** How a value inside a sentence is shown; `decimals` is the precision that is printed, padded. */
export type ValueKind = Precision | 'text' | 'time'

/** A number as it is printed; `unit` is UCUM-like and empty for a count. */
export interface Precision {
  readonly unit: string
  readonly decimals: number
}

/** A value that a channel sets when it activates the pack. */
export interface Parameter {
  readonly form: Form<unknown>
  readonly unit: string
  readonly default: JsonValue
}

/** An event of the pack's own; its type begins with the pack's id and a dot. */
export interface PackEvent {
  readonly body: Form<unknown>
  /** Who may sign one: whoever has a relation to each asset that it names, or of those only owner or holder. */
  readonly by: 'related' | 'holder'
  /** Whether contracts may refuse it; what is noted is never refused. */
  readonly act: boolean
}

/** The curve and the readings that a page prints; the others name figures, which may be missing in a result. */
export interface HeadlineSource {
  readonly quantity: string
  readonly decimals: number
  readonly first: string
  readonly last: string
  readonly total: string
  readonly days: string
  readonly leftOut: string
}

export interface PackManifest {
  readonly id: string
  readonly version: string
  /** Types of assets that it is made for. */
  readonly assets: readonly string[]
  readonly parameters: { readonly [name: string]: Parameter }
  readonly events: { readonly [type: string]: PackEvent }
  /** Types of events besides its own that `judge` reads: one that is not shown leaves it no judgement. */
  readonly reads: readonly string[]
  /** Packs whose state `accept` may ask for. */
  readonly uses: readonly string[]
  /** How far back it wants to see where an asset came from. */
  readonly ancestry: number
  readonly verdicts: readonly string[]
  /** Reasons of verdicts, findings and refusals. */
  readonly codes: readonly string[]
  /** Values that stand in the sentences of codes. */
  readonly values: { readonly [name: string]: ValueKind }
  readonly figures: { readonly [name: string]: Precision }
  /** What a page prints in rows, and beside the asset's name. */
  readonly tables?: PackTables
  readonly about?: PackAbout
  readonly headline: HeadlineSource
  /** Quantity that names the asset itself. */
  readonly identity: { readonly quantity: string }
  /** `counts`: it only ever goes up, and has no normal range. */
  readonly quantities: { readonly [name: string]: { readonly counts?: 'up' } }
  readonly attributes: readonly string[]
  /** What it cannot show, sentence by sentence. */
  readonly notProven: readonly { readonly id: string; readonly when: 'always' | 'gaps' }[]
}

const VERSION = /^[0-9]+(?:\.[0-9]+){1,2}$/
const CODE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const TYPE = /^[a-z][a-z0-9-]{0,31}(?:\.[a-z][a-z0-9-]{0,63})+$/
const NAME = /^[A-Za-z][A-Za-z0-9 _-]{0,63}$/
const MANY = 64
/** The code that every pack has: its rule did not come to an answer. */
export const TRAP = 'trap'

const precision: Read<Precision> = object({ unit: anyText(32), decimals: whole(0, 9) })
const valueKind: Read<ValueKind> = (item, where) => (item === 'text' || item === 'time' ? item : precision(item, where))

const parameter: Read<Parameter> = (item, where) => {
  const {
    unit,
    schema,
    default: standard,
  } = object({
    unit: anyText(32),
    schema: readSchema,
    default: (value: JsonValue) => value,
  })(item, where)
  schema.fromJson(standard, `${where}.default`)
  return { form: schema, unit, default: standard }
}

const event: Read<PackEvent> = (item, where) => {
  const said = object(
    { body: readSchema },
    {
      by: choice(['related', 'holder']),
      act: (value: JsonValue, at: string) => value === true || refuse(at, 'is not true'),
    },
  )(item, where)
  return { body: said.body, by: said.by ?? 'related', act: said.act ?? false }
}

const fieldName = textLike(FIELD_NAME, 64)
const manifest = object(
  {
    id: textLike(PACK_ID, 32),
    version: textLike(VERSION, 32),
    assets: setOf(MANY, anyText(64)),
    parameters: named(FIELD_NAME, MANY, parameter),
    events: named(TYPE, MANY, event),
    reads: setOf(MANY, textLike(TYPE, 128)),
    uses: setOf(MANY, textLike(PACK_ID, 32)),
    ancestry: whole(0, 16),
    verdicts: setOf(MANY, textLike(NAME, 64)),
    codes: setOf(256, textLike(CODE, 64)),
    values: named(FIELD_NAME, MANY, valueKind),
    figures: named(FIELD_NAME, MANY, precision),
    headline: object({
      quantity: anyText(128),
      decimals: whole(0, 9),
      first: fieldName,
      last: fieldName,
      total: fieldName,
      days: fieldName,
      leftOut: fieldName,
    }),
    identity: object({ quantity: anyText(128) }),
    quantities: named(NAME, MANY, object({}, { counts: choice(['up']) })),
    attributes: setOf(MANY, textLike(NAME, 64)),
    notProven: listOf(MANY, object({ id: fieldName, when: choice(['always', 'gaps']) })),
    words: setOf(LANGUAGES.length, choice(LANGUAGES)),
  },
  { tables: readTables, about: readAbout },
)

/** `file` names it in errors. Throws PackError `pack_malformed`. */
export function readManifest(json: JsonValue, file: string): PackManifest {
  return read(file, () => {
    const { words, ...said } = manifest(json, file)
    const missing = LANGUAGES.filter((language) => !words.includes(language))
    const foreign = Object.keys(said.events).filter((type) => !type.startsWith(`${said.id}.`))
    const ids = said.notProven.map(({ id }) => id)
    each<unknown>([
      ...missing.map((language) => () => refuse(`${file}.words`, `lacks "${language}"`)),
      () => checkPackId(said.id, file),
      ...foreign.map(
        (type) => () => refuse(`${file}.events`, `has "${type}", which does not begin with "${said.id}."`),
      ),
      () => said.uses.includes(said.id) && refuse(`${file}.uses`, 'names the pack itself'),
      () => said.codes.includes(TRAP) && refuse(`${file}.codes`, `holds "${TRAP}", which every pack has`),
      () => new Set(ids).size !== ids.length && refuse(`${file}.notProven`, 'has an id twice'),
    ])
    return said
  })
}

/** Whether the pack has to see an event of this type before it judges. */
export function readsEvent({ id, reads }: Pick<PackManifest, 'id' | 'reads'>, type: string): boolean {
  return type.startsWith(`${id}.`) || reads.includes(type)
}

/** Parameters as a channel sets them. Throws PackError `pack_malformed`. */
export function checkParameters({ id, parameters }: PackManifest, given: JsonValue): void {
  const where = `parameters of ${id}`
  read(where, () => {
    const members = named(FIELD_NAME, MANY, (value: JsonValue) => value)(given, where)
    for (const [name, value] of Object.entries(members)) {
      const known = Object.hasOwn(parameters, name) ? parameters[name] : undefined
      if (known === undefined) refuse(where, `hold "${name}", which this pack does not have`)
      else known.form.fromJson(value, `${where}.${name}`)
    }
  })
}

/** Parameters where the channel sets none. */
export function defaultParameters({ parameters }: Pick<PackManifest, 'parameters'>): { [name: string]: JsonValue } {
  return Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, one.default]))
}

/** Those that are set already, where the pack still has them and takes them; all others as it has them itself. */
export function parametersKept(
  manifest: Pick<PackManifest, 'parameters'>,
  set: JsonValue,
): { [name: string]: JsonValue } {
  const values = defaultParameters(manifest)
  const given = typeof set === 'object' && set !== null && !Array.isArray(set) ? set : {}
  for (const [name, { form }] of Object.entries(manifest.parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined) continue
    try {
      form.fromJson(value, name)
      values[name] = value
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
  }
  return values
}

/** What is refused inside is the pack's fault. */
export function read<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof WireError)
      throw new PackError(
        'pack_malformed',
        error.message.startsWith(file) ? error.message : `${file}: ${error.message}`,
      )
    throw error
  }
}
