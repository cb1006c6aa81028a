import { gatewaysUnder } from '../gateway/data-folder.ts'
import { readRuntime, type Runtime } from '../gateway/runtime-file.ts'
import { printable } from '../wire/printable.ts'
import type { Invocation } from './command.ts'
import { UsageError } from './exit-status.ts'
import { sayTaken } from './taken.ts'

/** The gateway that was named, or the first that runs; which one, is said where there are several. Throws UsageError. */
export function runningGateway({ data, text }: Pick<Invocation, 'data' | 'text'>): Runtime {
  const wanted = text('gateway')
  const running = gatewaysUnder(data).flatMap((folder) => readRuntime(folder.runtime) ?? [])
  const found = running.find(({ name }) => wanted === undefined || name === wanted)
  const names = running.map(({ name }) => name)
  if (found === undefined)
    throw new UsageError(
      `no ${wanted === undefined ? 'gateway' : `gateway "${printable(wanted)}"`} is running under ${data}`,
      names.length > 0 ? `Running: ${names.join(', ')}.` : 'Start it first, or give its folder with --data DIR.',
    )
  sayTaken(found.name, names, wanted)
  return found
}
