import { readFileSync } from 'node:fs'
import type { Assets } from '../endpoints/certificate-model.ts'
import { GatewayError } from '../gateway/error.ts'
import type { SignedEvent } from '../gateway/channel/sign-event.ts'
import { CORE_NAMES, PACK_ID } from '../record/pack-fields.ts'
import { assetsOf, bodyFromJson, exampleJson, isCoreEvent, sayable, signable } from '../record/events.ts'
import { parseStrictJson, type JsonValue } from '../wire/json.ts'
import { MAX_ENTRY_BYTES, MAX_JSON_DEPTH } from '../wire/limits.ts'
import { nearest } from '../wire/near-match.ts'
import { printed } from '../wire/printable.ts'
import { channelOption, type Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call, refusalOf } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'
import { runningChannel } from './running-gateway.ts'
import { requiredSigner, sayAs, signer, signerOptions } from './signer-option.ts'

export const event: Command = {
  name: 'event',
  usage:
    'event sign --type TYPE --body FILE|- [--as NAME [--asset ID]...] | event sign --type TYPE --example | event types',
  summary:
    'Has a running gateway sign an event, and waits for the ledger. FILE is JSON with the members that docs/FORMATS.md names, bytes and ids in\nhex; - reads standard input. With --as a person signs it by its own key, more types than a gateway can be asked for. The assets that it is about, and the state that it consumes, follow from it; of an event of a pack’s own (which only a person signs) --asset names them.\n--example prints a body that is well-formed. types lists what can be signed.\nExit status: 0 recorded, 1 refused (under --json {"refused": CODE, ...}), 2 signed and waiting for a majority,\n3 nothing was signed (such as a body that no gateway takes), 64 wrong usage.',
  options: {
    type: { type: 'string', value: 'TYPE', help: 'such as document.added' },
    body: { type: 'string', value: 'FILE', help: 'its body as JSON; - reads standard input' },
    asset: {
      type: 'string',
      value: 'ID',
      many: true,
      help: 'of an event of a pack’s own, an asset that it is about; may be given several times',
    },
    example: { type: 'boolean', help: 'prints an example instead' },
    ...signerOptions,
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
    channel: channelOption,
  },
  async run(invocation) {
    const { positionals, print, text, flag } = invocation
    const [what, ...more] = positionals
    if (what === 'types' && more.length === 0) {
      const byPersons = [...sayable].flatMap(([type, roles]) => (signable.includes(type) ? [] : [{ type, roles }]))
      const lines = byPersons.map(({ type, roles }) => `${type}  with --as: ${roles.join(', ')}`)
      print({ types: signable, byPersons }, [...signable, ...lines].join('\n'))
      return EXIT.ok
    }
    if (what !== 'sign' || more.length > 0) throw new UsageError('say event sign, or event types')
    const type = text('type')
    const types =
      text('as') === undefined && !flag('example') ? signable : [...new Set([...signable, ...sayable.keys()])]
    // What a pack’s own events are, the gateway knows.
    const assets = invocation.texts('asset')
    if (assets.length > 0 && type !== undefined) return await signOfPack(invocation, type, assets)
    if (type !== undefined && isOfPack(type))
      throw new UsageError(
        printed`say what ${type} is about: --asset ID`,
        'An event of a pack names its assets, and a person signs it: --as NAME.',
      )
    if (type === undefined || !isCoreEvent(type) || !types.includes(type))
      throw new UsageError(
        type === undefined
          ? 'say what to sign: --type TYPE'
          : printed`nobody can have "${type}" signed.${nearest(type, types)}`,
        `Types: ${types.join(', ')}.`,
      )
    if (flag('example')) {
      const example = exampleJson(type)
      print(example, JSON.stringify(example, null, 2))
      return EXIT.ok
    }
    const file = text('body')
    if (file === undefined) throw new UsageError('say what it says: --body FILE', 'Or see an example: --example')
    const as = await signer(invocation)
    const body = bodyOf(file)
    if (as !== null) return await sayAs(invocation, runningChannel(invocation), as, { type, body })
    return await sign(invocation, type, body).catch((error: unknown) => {
      throw inFile(file, error)
    })
  },
}

async function signOfPack(invocation: Invocation, type: string, assets: readonly string[]): Promise<number> {
  const file = invocation.text('body')
  if (file === undefined)
    throw new UsageError('say what it says: --body FILE', 'pack.json of the pack says what it holds.')
  const as = await requiredSigner(invocation)
  return await sayAs(invocation, runningChannel(invocation), as, { type, body: bodyOf(file), assets }).catch(
    (error: unknown) => {
      throw inFile(file, error)
    },
  )
}

/** Whether a type begins as that of no event of the core does. */
function isOfPack(type: string): boolean {
  const [owner = '', ...more] = type.split('.')
  return more.length > 0 && PACK_ID.test(owner) && !CORE_NAMES.includes(owner)
}

/** Has it signed, and says what became of it; also of other commands that have something signed. */
export async function sign(invocation: Invocation, type: string, body: JsonValue): Promise<number> {
  const runtime = runningChannel(invocation)
  const signed = await call<SignedEvent>(runtime, 'POST', '/api/ledger/events', { type, body })
  const { outcome, entry, refused, reason } = signed
  const at = { type, gateway: runtime.name }
  if (outcome === 'accepted' || outcome === 'duplicate') {
    invocation.print({ ...at, outcome, entry }, printed`${runtime.name}: ${type} is recorded as entry ${entry ?? '?'}.`)
    return EXIT.ok
  }
  if (outcome === 'waiting') {
    const waits = printed`${runtime.name}: ${type} is signed and waits: ${reason ?? 'no majority is there'}.`
    invocation.print({ ...at, outcome, reason }, waits)
    return EXIT.cannotTell
  }
  const unknown = refused === 'asset-unknown' ? await unknownAssets(runtime, type, body) : null
  const which = unknown === null || unknown.length === 0 ? '' : printed`: ${unknown.join(', ')}`
  const next =
    unknown === null ? '' : '\nplumbline asset list says which are; plumbline asset register has one registered.'
  const why = printed`${runtime.name}: ${type} is refused (${refused ?? outcome}): ${reason ?? ''}` + `${which}.${next}`
  invocation.print(
    { refused: refused ?? outcome, ...at, reason, ...(unknown !== null && { assets: unknown, next: next.trim() }) },
    why,
  )
  return EXIT.changed
}

/** Of the assets that the event is about, those that the gateway does not know; empty where it does not say. */
async function unknownAssets(runtime: Reached, type: string, body: JsonValue): Promise<string[]> {
  if (!isCoreEvent(type)) return []
  const registered = await call<Assets>(runtime, 'GET', '/api/assets').catch(() => null)
  if (registered === null) return []
  return assetsOf(type, bodyFromJson(type, body)).filter((asset) => !registered.assets.some(({ id }) => id === asset))
}

const named = (file: string): string => (file === '-' ? 'what came on standard input' : file)

/** What a gateway says of a body does not name where that came from. */
function inFile(file: string, error: unknown): unknown {
  if (!(error instanceof GatewayError) || refusalOf(error) !== 'event_malformed') return error
  return new GatewayError('event_malformed', printed`${named(file)}: ${error.message}`, error.next, error)
}

function bodyOf(file: string): JsonValue {
  const bytes = file === '-' ? readFileSync(0) : readNamed(file, MAX_ENTRY_BYTES)
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
      maxLength: MAX_ENTRY_BYTES,
      maxDepth: MAX_JSON_DEPTH,
      maxValues: MAX_ENTRY_BYTES,
    })
  } catch (cause) {
    throw new UsageError(printed`${named(file)} is no JSON: ${(cause as Error).message}`, 'See an example: --example')
  }
}
