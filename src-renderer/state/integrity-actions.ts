/** What a person can do about integrity: check now, acknowledge a change, have it repaired. */
import { call } from '../client/call.ts'
import { live } from './live.svelte.ts'
import { refusalText } from './queries.ts'
import type { Passphrase } from './signing.svelte.ts'

/** Whoever has a key says it by that: `as` is what opens it, where it is shut. Throws CallError. */
export async function acknowledgeChange(reason: string, as: { as?: Passphrase }): Promise<true> {
  const integrity = await call('acknowledgeChange', { body: { ...as, reason } })
  if (live.status) live.takeStatus({ ...live.status, integrity })
  return true
}

/** Null when the check has started, else why not. Progress comes as event. */
export async function checkNow(): Promise<string | null> {
  try {
    await call('checkNow', {})
    return null
  } catch (error) {
    return refusalText(error)
  }
}

/** Null when the repair has started, else why not. How it goes comes with the status. */
export async function repairRecord(): Promise<string | null> {
  try {
    const healing = await call('repair', {})
    if (live.status) live.takeStatus({ ...live.status, integrity: { ...live.status.integrity, healing } })
    return null
  } catch (error) {
    return refusalText(error)
  }
}
