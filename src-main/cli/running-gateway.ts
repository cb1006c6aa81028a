import { gatewaysUnder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { readRuntime } from '../gateway/folder/runtime-file.ts'
import { printable } from '../wire/printable.ts'
import { reachedIn, type Reached } from './channel-option.ts'
import type { Invocation } from './command.ts'
import { UsageError } from './exit-status.ts'
import { sayTaken } from './taken.ts'

/** The gateway that was named, or the first that runs; which one, is said where there are several. Throws UsageError. */
export function runningGateway(invocation: Pick<Invocation, 'data' | 'text'>): Reached {
  return found(invocation).runtime
}

/** The same in the channel that is meant; `own` is what each gateway has for itself. Throws UsageError where that is not clear. */
export function runningChannel(invocation: Pick<Invocation, 'data' | 'text'>, own?: string): Reached {
  const { runtime, folder } = found(invocation, own)
  return reachedIn(runtime, folder, invocation)
}

function found(
  { data, text }: Pick<Invocation, 'data' | 'text'>,
  own?: string,
): { folder: GatewayFolder; runtime: Reached } {
  const wanted = text('gateway')
  const running = gatewaysUnder(data).flatMap((folder) => {
    const runtime = readRuntime(folder.runtime)
    return runtime === null ? [] : [{ folder, runtime: { ...runtime, log: folder.log } }]
  })
  const one = running.find(({ runtime }) => wanted === undefined || runtime.name === wanted)
  const names = running.map(({ runtime }) => runtime.name)
  if (one === undefined)
    throw new UsageError(
      `no ${wanted === undefined ? 'gateway' : `gateway "${printable(wanted)}"`} is running under ${data}`,
      names.length > 0 ? `Running: ${names.join(', ')}.` : 'Start it first, or give its folder with --data DIR.',
    )
  sayTaken(one.runtime.name, names, wanted, own)
  return one
}
