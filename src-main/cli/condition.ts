import type { Alarm, Alarms } from '../endpoints/alarm-model.ts'
import { LOCAL_USER } from '../endpoints/at-this-machine.ts'
import { floodsAmong } from '../endpoints/alarm-order.ts'
import { conditionKinds, kindOf, type ConditionCode } from '../endpoints/conditions.ts'
import type { Persons } from '../endpoints/person-calls.ts'
import { GatewayError } from '../gateway/error.ts'
import { nearest } from '../wire/near-match.ts'
import { printed } from '../wire/printable.ts'
import { channelOption, type Reached } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { counted, figuresLine, tellAlarm, todoLines, todoOf, urgencyOf } from './condition-words.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { passphraseOf } from './passphrase-input.ts'
import { refusedBy } from './refused.ts'
import { runningChannel } from './running-gateway.ts'
import { signerOptions, type As } from './signer-option.ts'

const ACTS = ['acknowledge', 'shelve', 'unshelve'] as const
type Act = (typeof ACTS)[number]

/** What each gateway has for itself: an acknowledgement at one is none at another. */
const OWN = 'conditions and acknowledgements'
/** How long a condition is shelved that was not said for how long. */
const SHELVE_MINUTES = 120

export const condition: Command = {
  name: 'condition',
  usage:
    'condition list | condition acknowledge CODE [PLACE] [--reason TEXT] | condition shelve CODE [PLACE] --reason TEXT [--for 2h] | condition unshelve CODE [PLACE]',
  summary:
    'What is so on a running gateway and should not be, as alarms with the states of ISA-18.2, and what is done about it. The ledger gets who did\nit. CODE and PLACE are as list prints them; PLACE only where the code stands at several. A condition about tampering is acknowledged with a\nreason, and cannot be shelved; others are shelved for 24 hours at most.\nExit status: 0 done, 1 refused (under --json {"refused": CODE, ...}), 3 the gateway does not answer, 64 wrong usage, or no gateway runs.',
  options: {
    reason: { type: 'string', value: 'TEXT', help: 'why' },
    for: { type: 'string', value: 'TIME', help: 'how long it is shelved, such as 30m or 2h (default: 2h)' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'who does it (default: this user). Of tampering somebody who signs on the ledger says it by its key; of all else nobody checks it',
    },
    'passphrase-file': signerOptions['passphrase-file'],
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, code, place, ...more] = invocation.positionals
    if (what === 'list' && code === undefined) return await list(invocation)
    const act = ACTS.find((one) => one === what)
    if (act === undefined || code === undefined || more.length > 0)
      throw new UsageError(
        printed`say condition list, or condition acknowledge, shelve or unshelve with a code.${what === undefined ? '' : nearest(what, ['list', ...ACTS])}`,
        'See: plumbline condition --help',
      )
    const minutes = minutesOf(invocation.text('for'))
    const runtime = runningChannel(invocation, OWN)
    try {
      return await doTo(act, invocation, runtime, { code, place, minutes })
    } catch (error) {
      return refusedBy(invocation, runtime, error)
    }
  },
}

async function list(invocation: Invocation): Promise<number> {
  const runtime = runningChannel(invocation, OWN)
  const { alarms, figures, watched } = await alarmsOf(runtime)
  const floods = floodsAmong(alarms).map((flood) => ({ count: flood.length, first: flood[0]?.id ?? '' }))
  invocation.print(
    { gateway: runtime.name, conditions: alarms.map(toJson), floods, figures, watched },
    [
      alarms.length === 0
        ? printed`${runtime.name}: nothing is so that should not be; ${watched} kinds of condition are watched for.`
        : printed`${runtime.name}: ${counted(alarms.length, 'condition')}`,
      ...alarms.flatMap((alarm) => [
        `  ${urgencyOf(alarm.priority, alarm.tamper)}  ${tellAlarm(alarm)}`,
        ...(alarm.closedAtUs === null ? todoLines(alarm.code) : []),
      ]),
      ...floods.map(({ count, first }) => printed`  flood: ${count} within ten minutes, the first was ${first}`),
      figuresLine(figures),
    ].join('\n'),
  )
  return EXIT.ok
}

async function alarmsOf(runtime: Reached): Promise<Alarms> {
  return await call<Alarms>(runtime, 'GET', '/api/alarms')
}

interface Named {
  code: string
  place: string | undefined
}

async function doTo(
  act: Act,
  invocation: Invocation,
  runtime: Reached,
  { minutes, ...named }: Named & { minutes: number },
): Promise<number> {
  const by = invocation.text('as') ?? process.env['USER'] ?? LOCAL_USER
  const reason = invocation.text('reason')
  const { id, tamper } = pick((await alarmsOf(runtime)).alarms, named)
  const as = act === 'acknowledge' && tamper ? await witness(invocation, runtime) : null
  const why = reason === undefined ? {} : { reason }
  const bodies = {
    acknowledge: { ids: [id], ...why, ...(as === null ? { by } : { as }) },
    shelve: { id, minutes, reason: reason ?? '', by },
    unshelve: { id, ...why, by },
  }
  const answer = await call<{ alarm?: Alarm; alarms?: Alarm[] }>(runtime, 'POST', `/api/alarms/${act}`, bodies[act])
  const alarm = answer.alarm ?? answer.alarms?.[0]
  if (alarm === undefined)
    throw new GatewayError('not_recorded', 'the gateway did not say what became of it', 'See its log.')
  invocation.print({ gateway: runtime.name, ...toJson(alarm) }, printed`${runtime.name}: ` + tellAlarm(alarm))
  return EXIT.ok
}

/** Who signs that tampering was seen; null where nobody was named who signs at this gateway. */
async function witness({ text }: Invocation, runtime: Reached): Promise<As | null> {
  const name = text('as')
  if (name === undefined) return null
  const { persons } = await call<Persons>(runtime, 'GET', '/api/persons')
  const signing = persons.filter((one) => one.here && one.endedAt === null).map((one) => one.name)
  if (signing.length === 0) return null
  if (!signing.includes(name))
    throw new UsageError(
      printed`nobody called ${name} signs at ${runtime.name}`,
      printed`Who does: ${signing.join(', ')}. Without --as the gateway names this user, and nobody's key is behind it.`,
    )
  return { name, passphrase: await passphraseOf(name, text('passphrase-file')) }
}

/** `unknown_alarm` as the gateway would say it; UsageError where the code stands at several places and none was named. */
function pick(alarms: readonly Alarm[], { code, place }: Named): Alarm {
  const found = alarms.filter(
    (alarm) => alarm.id === code || (alarm.code === code && (place === undefined || alarm.place === place)),
  )
  const [alarm] = found
  if (alarm === undefined) {
    const known = Object.hasOwn(conditionKinds, code) ? '' : nearest(code, Object.keys(conditionKinds))
    const where = place === undefined ? '' : printed` at ${place}`
    const next = 'plumbline condition list says which stand.'
    const message = printed`there is no ${code}${where} among the alarms.` + known
    throw new GatewayError('unknown_alarm', message, next, { code: 'unknown_alarm', message, next })
  }
  if (found.length === 1) return alarm
  throw new UsageError(
    printed`${code} stands at ${found.length} places`,
    printed`Name one of them: ${found.map((one) => one.place).join(', ')}.`,
  )
}

function minutesOf(text: string | undefined): number {
  if (text === undefined) return SHELVE_MINUTES
  const [, figure, unit] = /^(\d{1,6})\s*(m|min|h|d)?$/.exec(text) ?? []
  const minutes = Number(figure) * (unit === 'h' ? 60 : unit === 'd' ? 1_440 : 1)
  if (figure === undefined || minutes < 1)
    throw new UsageError(printed`--for ${text}: write it like 30m or 2h`, 'See: plumbline condition --help')
  return minutes
}

const iso = (us: number | null): string | null => (us === null ? null : new Date(us / 1000).toISOString())

function toJson({ id, code, place, priority, state, tamper, text, entry, ...alarm }: Alarm): object {
  const known = Object.hasOwn(conditionKinds, code) ? kindOf(code as ConditionCode) : null
  const { acknowledged, shelved } = alarm
  return {
    id,
    code,
    place,
    priority,
    state,
    tamper,
    since: iso(alarm.raisedAtUs),
    over: iso(alarm.closedAtUs),
    text,
    means: known?.means ?? null,
    todo: todoOf(code),
    acknowledged:
      acknowledged === null
        ? null
        : { name: acknowledged.name, reason: acknowledged.reason, at: iso(acknowledged.atUs) },
    shelved:
      shelved === null
        ? null
        : { name: shelved.name, reason: shelved.reason, at: iso(shelved.atUs), until: iso(shelved.untilUs) },
    entry,
  }
}
