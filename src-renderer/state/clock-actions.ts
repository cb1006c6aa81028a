import { call } from '../client/call.ts'
import { refusalText } from './queries.ts'

/** Says that the gateway's clock is right, as it showed `shownUs`. Null when it is done, else why not. */
export async function confirmClock(shownUs: number): Promise<string | null> {
  try {
    await call('confirmClock', { body: { shownUs } })
    return null
  } catch (error) {
    return refusalText(error)
  }
}
