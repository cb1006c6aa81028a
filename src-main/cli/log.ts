import { LogTexts } from '../gateway/evidence/log-texts.ts'
import { nearest } from '../wire/near-match.ts'
import { printed } from '../wire/printable.ts'
import { channelOption } from './channel-option.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { folderOption } from './folder-option.ts'

export const log: Command = {
  name: 'log',
  usage: 'log checkpoint | policy | prove INDEX | consistency OLD [NEW]',
  summary:
    'The C2SP texts of the ledger: its newest checkpoint, the policy a verifier pins, the proof that an entry is in the tree of the\noldest checkpoint over it that enough gateways cosigned, and the proof that a smaller tree is the beginning of a larger one\n(a line for each tree, "old" and "new", with size and base64 root, then one line a hash). Works whether the gateway runs or not.\nExit status: 0 printed, 3 there is no such proof (yet), 64 wrong usage.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway under the data folder (default: the first)' },
    channel: channelOption,
  },
  async run(invocation) {
    const { positionals, print } = invocation
    const [what, ...numbers] = positionals
    const index = what === 'prove' ? numberOf(numbers[0], 'INDEX') : 0
    const sizes = what === 'consistency' ? sizesOf(numbers) : { old: 0, size: null }
    if (what === undefined || !PRINTED.includes(what))
      throw new UsageError(
        printed`say what to print: log checkpoint, log policy, log prove INDEX or log consistency OLD [NEW].${what === undefined ? '' : nearest(what, PRINTED)}`,
      )
    const folder = folderOption(invocation)
    const texts = new LogTexts(folder)
    try {
      if (what === 'checkpoint') {
        const checkpoint = texts.checkpoint()
        print({ checkpoint }, checkpoint.trimEnd())
      } else if (what === 'policy') {
        const policy = texts.policy()
        print({ policy }, policy.trimEnd())
      } else if (what === 'prove') {
        const proof = texts.prove(index)
        print({ index, proof }, proof.trimEnd())
      } else {
        const found = texts.consistency(sizes.old, sizes.size)
        print(
          found,
          [`old ${found.oldSize} ${found.oldRoot}`, `new ${found.size} ${found.root}`, ...found.path].join('\n'),
        )
      }
    } finally {
      texts.close()
    }
    return EXIT.ok
  },
}

const PRINTED = ['checkpoint', 'policy', 'prove', 'consistency']

function sizesOf([old, size]: readonly string[]): { old: number; size: number | null } {
  return { old: numberOf(old, 'OLD'), size: size === undefined ? null : numberOf(size, 'NEW') }
}

function numberOf(text: string | undefined, what: string): number {
  const number = Number(text)
  if (text === undefined || !Number.isSafeInteger(number) || number < 0)
    throw new UsageError(`${what} must be a whole number`)
  return number
}
