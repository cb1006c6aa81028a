import { basename } from 'node:path'
import { gatewaysUnder, type GatewayFolder } from '../gateway/data-folder.ts'
import { printable } from '../wire/printable.ts'
import type { Invocation } from './command.ts'
import { UsageError } from './exit-status.ts'
import { sayTaken } from './taken.ts'

/** The folder of the gateway that was named, or the first one, running or not; which one, is said where there are several. Throws UsageError. */
export function folderOption({ data, text }: Pick<Invocation, 'data' | 'text'>): GatewayFolder {
  const wanted = text('gateway')
  const all = gatewaysUnder(data)
  const found = all.find(({ root }) => wanted === undefined || basename(root) === wanted)
  if (found === undefined)
    throw new UsageError(
      `there is no gateway ${wanted === undefined ? '' : `"${printable(wanted)}" `}under ${data}`,
      'Give its folder with --data DIR.',
    )
  const names = all.map(({ root }) => basename(root))
  sayTaken(basename(found.root), names, wanted)
  return found
}
