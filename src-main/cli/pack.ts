import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { PackDifference, PackReplay, Packs } from '../endpoints/pack-calls.ts'
import type { SaidByPerson } from '../endpoints/person-calls.ts'
import { loadRule } from '../gateway/channel/channel-packs.ts'
import { packFolder } from '../gateway/folder/shipped-packs.ts'
import { PackError } from '../packs/errors.ts'
import type { Pack } from '../packs/pack.ts'
import { partsOf } from '../packs/recorded-pack.ts'
import { CORE_NAMES, PACK_ID } from '../record/pack-fields.ts'
import { toHex } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { parseStrictJson, type JsonValue } from '../wire/json.ts'
import { MAX_EFFECT_VALUE_BYTES } from '../wire/limits.ts'
import { nearest } from '../wire/near-match.ts'
import { printable, printed } from '../wire/printable.ts'
import { channelOption, type Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { writePackTemplate } from './pack-template.ts'
import { readNamed } from './read-file.ts'
import { runningChannel } from './running-gateway.ts'
import { requiredSigner, sayAs, signer, signerOptions, tell } from './signer-option.ts'

const DAY_US = 86_400_000_000
const DAYS_MAX = 366
/** So many digits name a version among those that there are. */
const DIGITS_MIN = 6
const DIGITS_SHOWN = 16

const ACTIONS: { [what: string]: (invocation: Invocation, names: string[]) => Promise<number> } = {
  new: create,
  check,
  list,
  diff: difference,
  replay,
  propose,
  activate,
  retire,
}

export const pack: Command = {
  name: 'pack',
  usage:
    'pack new DIR | pack check DIR | pack list | pack propose DIR --reason TEXT [--as NAME] | pack diff HASH | pack replay HASH [--days N] | pack activate HASH --as NAME [--parameters FILE] | pack retire ID --as NAME --reason TEXT',
  summary:
    'The rules by which assets are judged. new: writes a pack to begin with into DIR, whose name is its id. check: whether DIR is a pack that this release takes; no gateway is asked.\npropose: puts all of a pack onto the ledger, where every voter loads it. diff: how it differs from the version in force. replay: what it would\nhave said of the last N days (default 7), beside what the one in force says; nothing is decided by it.\nactivate: from then on it decides in the place of the version before; what was said before stays said. retire: a pack decides nothing any\nmore, and may still judge what was before. Both take effect once as many others have agreed as has to be (plumbline pending). Of HASH the\nfirst digits do. An admin signs.\nExit status: 0 done or recorded, 1 refused, no pack, or a replay that differs (under --json {"refused": CODE, ...} where it is refused),\n2 signed and waiting for a majority, 3 the gateway does not answer or does not take it, 64 wrong usage, or no gateway runs.',
  options: {
    days: { type: 'string', value: 'N', help: 'replay: so many days up to now (default: 7)' },
    parameters: {
      type: 'string',
      value: 'FILE',
      help: 'activate: JSON with a value for each parameter that is to be another (default: as in force, else as the pack has it)',
    },
    reason: { type: 'string', value: 'TEXT', help: 'propose, retire: why' },
    ...signerOptions,
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, ...names] = invocation.positionals
    const action = what === undefined || !Object.hasOwn(ACTIONS, what) ? undefined : ACTIONS[what]
    if (action !== undefined) return await action(invocation, names)
    throw new UsageError(
      printed`say what to do: ${Object.keys(ACTIONS).join(', ')}.${what === undefined ? '' : nearest(what, Object.keys(ACTIONS))}`,
      'See: plumbline pack --help',
    )
  },
}

function only(names: readonly string[], what: string, which: string): string {
  const [name, ...more] = names
  if (name === undefined || more.length > 0) throw new UsageError(`pack ${what} takes ${which}, and nothing else`)
  return name
}

/** Throws UsageError where the folder is none. */
function folderOf(names: readonly string[], what: string): string {
  const folder = resolve(only(names, what, 'the folder of a pack'))
  if (!existsSync(join(folder, 'pack.json')))
    throw new UsageError(
      printed`${folder} has no pack.json`,
      'A pack is a folder with pack.json, rule.js and words/: CONTRIBUTING.md, Add a contract.',
    )
  return folder
}

/** Throws (rejects) PackError, WireError for what is no pack. */
async function readChecked(folder: string): Promise<Pack> {
  const read = packFolder(folder, folder)
  await loadRule(read)
  return read
}

/** Null where it was said why it is none. */
async function packIn(invocation: Invocation, folder: string): Promise<Pack | null> {
  try {
    return await readChecked(folder)
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    if (!(cause instanceof PackError || cause instanceof WireError || isMissing)) throw cause
    const why = isMissing
      ? `there is no ${(cause as NodeJS.ErrnoException).path ?? 'such file'}`
      : (cause as Error).message
    const [first = '', ...others] = why.split('\n').map(printable)
    const text = others.length === 0 ? `: ${first}` : `:\n${[first, ...others].map((line) => `  ${line}`).join('\n')}`
    invocation.print({ refused: 'pack_malformed', folder, reason: why }, printed`${folder} is no pack` + text)
    return null
  }
}

async function create(invocation: Invocation, names: string[]): Promise<number> {
  const folder = resolve(only(names, 'new', 'the folder of a pack that is to be written'))
  const id = basename(folder)
  if (existsSync(folder)) throw new UsageError(printed`${folder} is there already`, 'Name a folder that is not there.')
  if (!PACK_ID.test(id) || CORE_NAMES.includes(id))
    throw new UsageError(
      printed`"${id}" is no id of a pack`,
      'Its folder is called as the pack: small letters, digits and hyphens, at most 32, a letter first.',
    )
  writePackTemplate(folder, id)
  invocation.print(
    { id, folder },
    printed`${id} is in ${folder}: rule.js judges, pack.json says what it has, words/ how that is called.\nplumbline pack check ${folder} says what is wrong with it.`,
  )
  return EXIT.ok
}

async function check(invocation: Invocation, names: string[]): Promise<number> {
  const folder = folderOf(names, 'check')
  const read = await packIn(invocation, folder)
  if (read === null) return EXIT.changed
  const { manifest, hash, ruleHash, files } = read
  const parts = partsOf(read)
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const { id, version } = manifest
  invocation.print(
    { id, version, hash: toHex(hash), ruleHash: toHex(ruleHash), bytes, parts: parts.length },
    [
      printed`${id} ${version} is a pack.`,
      `  hash  ${toHex(hash)}`,
      `  rule  ${toHex(ruleHash)}`,
      printed`  for assets of type ${manifest.assets.join(', ')}`,
      `  ${Object.keys(manifest.parameters).length} parameters, ${Object.keys(manifest.events).length} events of its own, ${files.rule.length} characters of rule`,
      `  ${bytes} bytes: ${parts.length} parts on a ledger`,
    ].join('\n'),
  )
  return EXIT.ok
}

async function list(invocation: Invocation, names: string[]): Promise<number> {
  if (names.length > 0) throw new UsageError('pack list takes nothing else')
  const runtime = runningChannel(invocation)
  const told = await call<Packs>(runtime, 'GET', '/api/packs')
  const lines = [
    ...told.packs.map(packLine),
    ...told.proposed.filter(({ inForce }) => !inForce).map(proposedLine),
    ...told.shipped.map(
      ({ hash, id, version }) => printed`${id} ${version}  ${hash.slice(0, DIGITS_SHOWN)}  comes with this release`,
    ),
  ]
  invocation.print(told, lines.length === 0 ? 'No pack decides here.' : lines.join('\n'))
  return EXIT.ok
}

function packLine({ id, versions, retired, assets }: Packs['packs'][number]): string {
  const [now] = versions
  const since = `since entry ${now?.from ?? '?'}`
  const until = retired === null ? 'in force' : `retired by entry ${retired.entry}`
  return printed`${id} ${now?.version ?? '?'}  ${now?.hash.slice(0, DIGITS_SHOWN) ?? ''}  ${until}, ${since}, ${assets} assets`
}

function proposedLine({ id, version, hash, proposer, missing, whyNot, act }: Packs['proposed'][number]): string {
  const stands =
    missing.length > 0
      ? `not loaded yet by ${missing.join(', ')}`
      : act === null
        ? 'loaded by every voter'
        : `waits for others as act ${act.slice(0, DIGITS_SHOWN)}`
  const why = whyNot === null ? '' : `; this gateway cannot: ${whyNot}`
  return printed`${id} ${version}  ${hash.slice(0, DIGITS_SHOWN)}  proposed by ${proposer}: ${stands}${why}`
}

/** The version of which the hash begins so. Throws UsageError where none does, or several do. */
function versionNamed(told: Packs, digits: string): { hash: string; id: string; version: string } {
  if (!/^[0-9a-f]{1,64}$/.test(digits) || digits.length < DIGITS_MIN)
    throw new UsageError(
      `which version? Give the first ${DIGITS_MIN} digits of its hash or more`,
      'plumbline pack list prints them.',
    )
  const decided = told.packs.flatMap(({ id, versions }) => versions.map(({ hash, version }) => ({ hash, id, version })))
  const all = new Map([...told.shipped, ...decided, ...told.proposed].map((one) => [one.hash, one]))
  const [found, ...others] = [...all.values()].filter(({ hash }) => hash.startsWith(digits))
  if (found === undefined || others.length > 0)
    throw new UsageError(
      found === undefined ? `no version begins with ${digits}` : `several versions begin with ${digits}`,
      'plumbline pack list prints them.',
    )
  return found
}

async function named(
  invocation: Invocation,
  names: string[],
  what: string,
): Promise<{ runtime: Reached; told: Packs; hash: string; id: string; version: string }> {
  const digits = only(names, what, 'the hash of a version')
  const runtime = runningChannel(invocation)
  const told = await call<Packs>(runtime, 'GET', '/api/packs')
  return { runtime, told, ...versionNamed(told, digits) }
}

async function difference(invocation: Invocation, names: string[]): Promise<number> {
  const { runtime, hash } = await named(invocation, names, 'diff')
  const told = await call<PackDifference>(runtime, 'GET', `/api/packs/${hash}/difference`)
  const { id, version, against, parameters, files, words, wordsLeftOut } = told
  const shown = (value: unknown): string => (value === null ? 'not there' : JSON.stringify(value))
  invocation.print(
    told,
    [
      printed`${id} ${version} ${against === null ? 'is new: nothing decides under its id.' : `instead of ${against.version}`}`,
      ...parameters
        .filter((one) => JSON.stringify(one.was) !== JSON.stringify(one.is))
        .map(({ name, unit, was, is }) => printed`  ${name}: ${shown(was)} to ${shown(is)} ${unit}`.trimEnd()),
      ...files.flatMap(({ name, lines, leftOut }) =>
        lines.length === 0
          ? [printed`${name}: equal`]
          : [
              printed`${name}:`,
              ...lines.map(
                ({ was, is, text }) =>
                  printed`${was === null ? '+' : is === null ? '-' : ' '} ${String(is ?? was).padStart(5)}  ${text}`,
              ),
              ...(leftOut === 0 ? [] : [`  and ${leftOut} lines more`]),
            ],
      ),
      words.length === 0 ? 'words: equal' : 'words:',
      ...words.map(({ language, place, was, is }) => printed`  ${language} ${place}: ${shown(was)} to ${shown(is)}`),
      ...(wordsLeftOut === 0 ? [] : [`  and ${wordsLeftOut} more`]),
    ].join('\n'),
  )
  return EXIT.ok
}

async function replay(invocation: Invocation, names: string[]): Promise<number> {
  const days = Number(invocation.text('days') ?? 7)
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    throw new UsageError(`--days is a whole number from 1 to ${DAYS_MAX}`)
  const { runtime, hash } = await named(invocation, names, 'replay')
  const toUs = Date.now() * 1000
  const told = await call<PackReplay>(runtime, 'POST', `/api/packs/${hash}/replay`, {
    fromUs: toUs - days * DAY_US,
    toUs,
  })
  const { id, was, is, assets, looked, equal, different, cannotRun, rows } = told
  invocation.print(
    told,
    [
      printed`${id} ${was} and ${is} over the last ${days} days: ${looked} of ${assets} assets, ${equal} equal, ${different} different, ${cannotRun} cannot run.`,
      ...rows.map(
        ({ asset, was: one, is: other, codes, why }) =>
          printed`  ${asset}  ${why ?? `${one ?? '?'} to ${other ?? '?'}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}`}`,
      ),
    ].join('\n'),
  )
  return different === 0 && cannotRun === 0 ? EXIT.ok : EXIT.changed
}

function reasonOf({ text }: Invocation): string {
  const reason = text('reason')
  if (reason === undefined || reason.trim() === '') throw new UsageError('say why: --reason TEXT')
  return reason
}

async function propose(invocation: Invocation, names: string[]): Promise<number> {
  const reason = reasonOf(invocation)
  const read = await packIn(invocation, folderOf(names, 'propose'))
  if (read === null) return EXIT.changed
  const as = await signer(invocation)
  const runtime = runningChannel(invocation)
  const { rule, pack: said, words } = read.files
  const told = await call<SaidByPerson & { hash: string }>(runtime, 'POST', '/api/packs', {
    ...(as === null ? {} : { as }),
    reason,
    pack: { rule, pack: said, words },
  })
  const { id, version } = read.manifest
  return tell(invocation, runtime, told, {
    by: as?.name ?? runtime.name,
    type: 'pack.proposed',
    what: `${id} ${version} (${told.hash.slice(0, DIGITS_SHOWN)})`,
  })
}

async function activate(invocation: Invocation, names: string[]): Promise<number> {
  const file = invocation.text('parameters')
  const more = file === undefined ? {} : parametersIn(file)
  const { runtime, told, hash, id, version } = await named(invocation, names, 'activate')
  const { parameters } = await call<PackDifference>(runtime, 'GET', `/api/packs/${hash}/difference`)
  const kept = Object.fromEntries(parameters.flatMap(({ name, is }) => (is === null ? [] : [[name, is]])))
  const unknown = Object.keys(more).find((name) => !Object.hasOwn(kept, name))
  if (unknown !== undefined)
    throw new UsageError(
      printed`${id} ${version} has no parameter "${unknown}".${nearest(unknown, Object.keys(kept))}`,
      printed`It has: ${Object.keys(kept).join(', ') || 'none'}.`,
    )
  const as = await requiredSigner(invocation)
  const body = { id, hash, engineHash: told.engineHash, parameters: { ...kept, ...more } }
  return await sayAs(invocation, runtime, as, {
    type: 'pack.activated',
    body,
    what: `the activation of ${id} ${version}`,
  })
}

function parametersIn(file: string): { [name: string]: JsonValue } {
  const text = new TextDecoder().decode(readNamed(file, MAX_EFFECT_VALUE_BYTES))
  try {
    const value = parseStrictJson(text, { maxLength: text.length, maxDepth: 8 })
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    throw new UsageError(printed`${file} is no JSON: ${(cause as Error).message}`)
  }
  throw new UsageError(printed`${file} holds no object`, 'Give {"NAME": value}.')
}

async function retire(invocation: Invocation, names: string[]): Promise<number> {
  const id = only(names, 'retire', 'the id of a pack')
  const reason = reasonOf(invocation)
  const runtime = runningChannel(invocation)
  const { packs } = await call<Packs>(runtime, 'GET', '/api/packs')
  const known = packs.filter(({ retired }) => retired === null).map((one) => one.id)
  if (!known.includes(id))
    throw new UsageError(
      printed`no pack "${id}" is in force.${nearest(id, known)}`,
      printed`In force: ${known.join(', ') || 'none'}.`,
    )
  const as = await requiredSigner(invocation)
  return await sayAs(invocation, runtime, as, {
    type: 'pack.retired',
    body: { id, reason },
    what: `the retirement of ${id}`,
  })
}
