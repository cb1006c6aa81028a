import { basename } from 'node:path'
import { gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { nearest } from '../wire/near-match.ts'
import { printable } from '../wire/printable.ts'
import { inChannel } from './channel-option.ts'
import type { Invocation } from './command.ts'
import { UsageError } from './exit-status.ts'
import { sayTaken } from './taken.ts'

/** The gateway that was named, or the first one, running or not, in the channel that is meant; which one, is said where there are several. Throws UsageError. */
export function folderOption({ data, text }: Pick<Invocation, 'data' | 'text'>): GatewayFolder {
  const wanted = text('gateway')
  const all = gatewaysUnder(data)
  const found = all.find(({ root }) => wanted === undefined || basename(root) === wanted)
  const names = all.map(({ root }) => basename(root))
  if (found === undefined) throw noGateway(data, wanted, names)
  sayTaken(basename(found.root), names, wanted)
  return inChannel(found, { text })
}

/** What is said where none of `names` was wanted, or none is there. */
export function noGateway(data: string, wanted: string | undefined, names: readonly string[]): UsageError {
  const near = wanted === undefined ? '' : nearest(wanted, names)
  return new UsageError(
    `there is no gateway ${wanted === undefined ? '' : `"${printable(wanted)}" `}under ${data}${near === '' ? '' : `.${near}`}`,
    names.length === 0
      ? 'Start one first (plumbline start), or give its folder with --data DIR.'
      : `There are: ${names.join(', ')}.`,
  )
}
