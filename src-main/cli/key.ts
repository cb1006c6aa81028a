import { RotatedUse, type KeyRotation, type Keys } from '../endpoints/key-calls.ts'
import { nearest } from '../wire/near-match.ts'
import { printed } from '../wire/printable.ts'
import { channelOption } from './channel-option.ts'
import type { Command, Invocation } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { runningChannel } from './running-gateway.ts'
import { requiredSigner, sayAs, signerOptions } from './signer-option.ts'

const USES = RotatedUse.options
type Use = (typeof USES)[number]

export const key: Command = {
  name: 'key',
  usage:
    'key list [--all] | key rotate --use USE | key suspend KEY --as NAME --reason TEXT | key restore KEY ... | key revoke KEY ... [--suspect-from ENTRY]',
  summary:
    'The keys by which gateways sign, and a new one in the place of one of a running gateway. It is made on its disk, named on the ledger by an\nevent that the former key signs, and holds from the next entry on; nothing has to stop for it. What was signed before stays valid. USE is\nentry (what it records), checkpoint and cosignature (heads of the ledger), or credential (certificates). In several channels a gateway\nchanges its keys in each. Who holds a policy of the channel needs a new one after a checkpoint or cosignature key has changed.\nsuspend: a key (16 bytes in hex, as list prints it) of an entry or credential signs nothing for the time that an act is open; it takes\neffect at once. revoke: it signs nothing any more, and with --suspect-from what it signed from that entry on is said to be in doubt.\nrestore: a suspended key signs again. Both take effect once as many others have agreed as the policy asks for. An admin signs (--as).\nExit status: 0 recorded, 1 refused (under --json {"refused": CODE, ...}), 2 signed and waiting for a majority, 3 the gateway does\nnot answer or does not take it, 64 wrong usage, or no gateway runs.',
  options: {
    use: { type: 'string', value: 'USE', help: `which key: ${USES.join(', ')}` },
    all: { type: 'boolean', help: 'lists keys that hold no more, too' },
    ...signerOptions,
    reason: { type: 'string', value: 'TEXT', help: 'suspend, restore, revoke: why' },
    'suspect-from': { type: 'string', value: 'ENTRY', help: 'revoke: what it signed from this entry on is in doubt' },
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, ...more] = invocation.positionals
    if (what === 'list' && more.length === 0) return await list(invocation)
    if (what === 'rotate' && more.length === 0) return await rotate(invocation, useOf(invocation.text('use')))
    if (what === 'suspend' || what === 'restore' || what === 'revoke') return await judge(invocation, what, more)
    throw new UsageError(
      printed`say key list, or key rotate --use USE${what === undefined ? '' : nearest(what, ['list', 'rotate', 'suspend', 'restore', 'revoke'])}`,
      'See: plumbline key --help',
    )
  },
}

function useOf(text: string | undefined): Use {
  const use = USES.find((one) => one === text)
  if (use !== undefined) return use
  if (text === 'tls')
    throw new UsageError(
      'the key of a gateway\u2019s links is what the others know it by, and cannot be changed yet',
      `Keys that can: ${USES.join(', ')}.`,
    )
  throw new UsageError(
    text === undefined ? 'say which key: --use USE' : printed`there is no use "${text}".${nearest(text, USES)}`,
    `Uses: ${USES.join(', ')}.`,
  )
}

const JUDGED = { suspend: 'key.suspended', restore: 'key.restored', revoke: 'key.revoked' } as const
const DONE = { suspend: 'the suspension', restore: 'the restoration', revoke: 'the revocation' } as const

/** What an admin says of a key. */
async function judge(invocation: Invocation, what: keyof typeof JUDGED, [id, ...more]: string[]): Promise<number> {
  const { text } = invocation
  if (id === undefined || more.length > 0 || !/^[0-9a-f]{32}$/.test(id))
    throw new UsageError(`key ${what} which key? Give its 32 digits`, 'plumbline key list --all prints them.')
  const reason = text('reason')
  if (reason === undefined || reason.trim() === '') throw new UsageError('say why: --reason TEXT')
  const from = text('suspect-from')
  if (from !== undefined && (what !== 'revoke' || !/^\d{1,15}$/.test(from)))
    throw new UsageError(
      '--suspect-from is the number of an entry, for key revoke',
      'plumbline log and the console number entries.',
    )
  const as = await requiredSigner(invocation)
  const suspect = what === 'revoke' ? { suspectFrom: from === undefined ? null : Number(from) } : {}
  const body = { key: id, reason, ...suspect }
  return await sayAs(invocation, runningChannel(invocation), as, {
    type: JUDGED[what],
    body,
    what: `${DONE[what]} of key ${id}`,
  })
}

async function list(invocation: Invocation): Promise<number> {
  const runtime = runningChannel(invocation)
  const { keys } = await call<Keys>(runtime, 'GET', '/api/keys')
  const shown = keys.filter(({ to }) => to === null || invocation.flag('all'))
  const widths = {
    member: Math.max(...shown.map(({ member }) => member.length), 0),
    use: Math.max(...shown.map(({ use }) => use.length), 0),
  }
  const former = keys.length - shown.length
  invocation.print(
    { gateway: runtime.name, keys: shown },
    [
      ...shown.map(
        ({ member, use, id, from, to, here }) =>
          printed`${member.padEnd(widths.member)}  ${use.padEnd(widths.use)}  ${id}  ` +
          `${to === null ? `since entry ${from}` : `entries ${from} to ${to - 1}`}${here ? ', here' : ''}`,
      ),
      ...(former === 0 ? [] : [`${former} that hold no more are left out; --all lists them.`]),
    ].join('\n'),
  )
  return EXIT.ok
}

async function rotate(invocation: Invocation, use: Use): Promise<number> {
  const runtime = runningChannel(invocation)
  const rotated = await call<KeyRotation>(runtime, 'POST', '/api/keys/rotate', { use })
  const { outcome, entry, refused, reason, key: id, replaces } = rotated
  const at = { gateway: runtime.name, use, key: id, replaces }
  if (outcome === 'accepted') {
    const renew =
      use === 'checkpoint' || use === 'cosignature'
        ? '\nGive out a new policy to those who check without a ledger: plumbline log policy.'
        : ''
    invocation.print(
      { ...at, outcome, entry },
      printed`${runtime.name}: ${use} key ${id} takes the place of ${replaces} by entry ${entry ?? '?'}.` + renew,
    )
    return EXIT.ok
  }
  if (outcome === 'waiting') {
    invocation.print(
      { ...at, outcome, reason },
      printed`${runtime.name}: the new ${use} key ${id} is signed and waits: ${reason ?? 'no majority is there'}. Whether it holds by now says plumbline key list --all.`,
    )
    return EXIT.cannotTell
  }
  invocation.print(
    { refused: refused ?? outcome, ...at, reason },
    printed`${runtime.name}: the new ${use} key is refused (${refused ?? outcome}): ${reason ?? ''}.`,
  )
  return EXIT.changed
}
