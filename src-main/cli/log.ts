import { LogTexts } from '../gateway/log-texts.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { folderOption } from './folder-option.ts'

export const log: Command = {
  name: 'log',
  usage: 'log checkpoint | policy | prove INDEX | consistency OLD [NEW]',
  summary:
    'The C2SP texts of the ledger: its newest checkpoint, the policy a verifier pins, the proof that an entry is in the tree of the\noldest checkpoint over it that enough gateways cosigned, and the proof that a smaller tree is the beginning of a larger one\n(a line for each tree, "old" and "new", with size and base64 root, then one line a hash). Works whether the gateway runs or not.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway under the data folder (default: the first)' },
  },
  async run(invocation) {
    const { positionals, print } = invocation
    const [what, ...numbers] = positionals
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
        const index = numberOf(numbers[0], 'INDEX')
        const proof = texts.prove(index)
        print({ index, proof }, proof.trimEnd())
      } else if (what === 'consistency') {
        const found = texts.consistency(
          numberOf(numbers[0], 'OLD'),
          numbers[1] === undefined ? null : numberOf(numbers[1], 'NEW'),
        )
        print(
          found,
          [`old ${found.oldSize} ${found.oldRoot}`, `new ${found.size} ${found.root}`, ...found.path].join('\n'),
        )
      } else
        throw new UsageError(
          'say what to print: log checkpoint, log policy, log prove INDEX or log consistency OLD [NEW]',
        )
    } finally {
      texts.close()
    }
    return EXIT.ok
  },
}

function numberOf(text: string | undefined, what: string): number {
  const number = Number(text)
  if (text === undefined || !Number.isSafeInteger(number) || number < 0)
    throw new UsageError(`${what} must be a whole number`)
  return number
}
