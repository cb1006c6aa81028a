import type { Acts } from '../endpoints/act-calls.ts'
import { GatewayError } from '../gateway/error.ts'
import { printed } from '../wire/printable.ts'
import { channelOption } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { runningChannel } from './running-gateway.ts'
import { DIGITS_AGREED, requiredSigner, sayAs, signerOptions } from './signer-option.ts'

type Act = Acts['acts'][number]

/** So many digits name an act among those that are open. */
const DIGITS_MIN = 6

const gateway = {
  gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
  channel: channelOption,
} as const

const ENDINGS =
  'Exit status: 0 recorded, 1 refused (under --json {"refused": CODE, ...}), 2 signed and waiting for a majority, 3 nothing was signed,\n64 wrong usage, or no gateway runs.'

export const pending: Command = {
  name: 'pending',
  usage: 'pending',
  summary:
    'Acts that wait for others: what was proposed, by whom, until when, and who has had a say in it. What one must not do alone takes effect\nonce as many others have agreed as the policy of the channel asks for; who proposed it has no say.\nExit status: 0 printed, 3 the gateway does not answer, 64 wrong usage, or no gateway runs.',
  options: gateway,
  async run(invocation) {
    if (invocation.positionals.length > 0) throw new UsageError('pending takes nothing else')
    const runtime = runningChannel(invocation)
    const { acts } = await call<Acts>(runtime, 'GET', '/api/acts')
    const lines = acts.flatMap(actLines)
    invocation.print(
      { gateway: runtime.name, acts },
      lines.length === 0 ? 'No act waits for anybody.' : lines.join('\n'),
    )
    return EXIT.ok
  },
}

export const approve: Command = {
  name: 'approve',
  usage: 'approve HASH --as NAME',
  summary: `Agrees to an act that waits (plumbline pending). The last one who has to agree brings it about. Of HASH, all digits\nthat plumbline pending prints: another act may begin like the one that you looked at.\n${ENDINGS}`,
  options: { ...signerOptions, ...gateway },
  run: async (invocation) => await voice(invocation, 'act.approved', 'the approval', {}, DIGITS_AGREED),
}

export const decline: Command = {
  name: 'decline',
  usage: 'decline HASH --as NAME --reason TEXT',
  summary: `Says no to an act that waits (plumbline pending). It is over once too few are left who could agree. The first digits of HASH do.\n${ENDINGS}`,
  options: { ...signerOptions, reason: { type: 'string', value: 'TEXT', help: 'why' }, ...gateway },
  async run(invocation) {
    const reason = invocation.text('reason')
    if (reason === undefined || reason.trim() === '') throw new UsageError('say why: --reason TEXT')
    return await voice(invocation, 'act.declined', 'the refusal', { reason })
  },
}

export const withdraw: Command = {
  name: 'withdraw',
  usage: 'withdraw HASH --as NAME',
  summary: `Takes an act back that its proposer signs away, before others have agreed. The first digits of HASH do.\n${ENDINGS}`,
  options: { ...signerOptions, ...gateway },
  run: async (invocation) => await voice(invocation, 'act.withdrawn', 'the withdrawal'),
}

async function voice(
  invocation: Invocation,
  type: string,
  what: string,
  more: object = {},
  least = DIGITS_MIN,
): Promise<number> {
  const [digits, ...rest] = invocation.positionals
  if (digits === undefined || rest.length > 0 || !/^[0-9a-f]{1,64}$/.test(digits) || digits.length < least)
    throw new UsageError(
      `which act? Give the first ${least} digits of its hash or more`,
      'plumbline pending lists them.',
    )
  const runtime = runningChannel(invocation)
  const { acts } = await call<Acts>(runtime, 'GET', '/api/acts')
  const { act, assets } = actNamed(acts, digits)
  const as = await requiredSigner(invocation)
  return await sayAs(invocation, runtime, as, { type, body: { act, assets, ...more }, what })
}

function actNamed(acts: readonly Act[], digits: string): Act {
  const [named, ...others] = acts.filter(({ act }) => act.startsWith(digits))
  if (named !== undefined && others.length === 0) return named
  throw new GatewayError(
    'event_malformed',
    named === undefined ? `no act that waits begins with ${digits}` : `several acts begin with ${digits}`,
    'plumbline pending lists those that wait, with more digits.',
  )
}

function actLines({ act, type, proposer, role, deadlineUs, isOver, approvals, declines, body }: Act): string[] {
  const said = (who: Act['approvals'], word: string): string[] =>
    who.map(({ name, entry }) => printed`    ${word} by ${name}, entry ${entry}`)
  return [
    printed`${act.slice(0, DIGITS_AGREED)}  ${type}, proposed by ${proposer} (${role}), open until ${new Date(deadlineUs / 1000).toISOString()}` +
      (isOver ? ': its time is over' : ''),
    printed`    ${JSON.stringify(body)}`,
    ...said(approvals, 'approved'),
    ...said(declines, 'declined'),
  ]
}
