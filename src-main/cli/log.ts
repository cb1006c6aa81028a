import { gatewaysUnder, type GatewayFolder } from '../gateway/data-folder.ts'
import { policyOf } from '../gateway/policy.ts'
import { openReader, type LedgerReader } from '../ledger/reader.ts'
import { toBase64 } from '../wire/bytes.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'

export const log: Command = {
  name: 'log',
  usage: 'log checkpoint | policy | prove INDEX | consistency OLD [NEW]',
  summary:
    'The C2SP texts of the ledger: its newest checkpoint, the policy a verifier pins, the proof that an entry is in it, and the\nproof that a smaller tree is the beginning of a larger one. Works whether the gateway runs or not.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway under the data folder (default: the first)' },
  },
  async run({ positionals, data, text, print }) {
    const [what, ...numbers] = positionals
    const folder = pick(gatewaysUnder(data), text('gateway'), data)
    const reader = openReader(folder.ledger)
    try {
      if (what === 'checkpoint') {
        const checkpoint = reader.checkpoint()
        if (checkpoint === null) throw new UsageError('there is no checkpoint yet', 'Wait for the first seal.')
        print({ checkpoint: checkpoint.text }, checkpoint.text.trimEnd())
      } else if (what === 'policy') {
        const policy = policyOf(reader)
        print({ policy }, policy.trimEnd())
      } else if (what === 'prove') {
        const index = numberOf(numbers[0], 'INDEX')
        const proof = reader.tlogProof(index)
        print({ index, proof }, proof.trimEnd())
      } else if (what === 'consistency') consistency(reader, numbers, print)
      else throw new UsageError('say what to print: log checkpoint, log policy, log prove INDEX or log consistency OLD [NEW]')
    } finally {
      reader.close()
    }
    return EXIT.ok
  },
}

function consistency(reader: LedgerReader, numbers: string[], print: (document: unknown, text: string) => void): void {
  const old = numberOf(numbers[0], 'OLD')
  const size = numbers[1] === undefined ? (reader.checkpoint()?.size ?? reader.size()) : numberOf(numbers[1], 'NEW')
  if (old > size) throw new UsageError(`a tree of ${old} entries can't be the beginning of one of ${size}`, 'Give the smaller size first.')
  const path = reader.consistencyPath(old, size).map((hash: Uint8Array) => toBase64(hash))
  const document = { oldSize: old, oldRoot: toBase64(reader.rootAt(old)), size, root: toBase64(reader.rootAt(size)), path }
  print(document, [`old ${old} ${document.oldRoot}`, `new ${size} ${document.root}`, ...path].join('\n'))
}

function numberOf(text: string | undefined, what: string): number {
  const number = Number(text)
  if (text === undefined || !Number.isSafeInteger(number) || number < 0) throw new UsageError(`${what} must be a whole number`)
  return number
}

function pick(folders: GatewayFolder[], name: string | undefined, data: string): GatewayFolder {
  const found = folders.find((folder) => name === undefined || folder.root.endsWith(`/${name}`))
  if (found === undefined) throw new UsageError(`there is no gateway ${name === undefined ? '' : `"${name}" `}under ${data}`, 'Give its folder with --data DIR.')
  return found
}

