/** Which channel of the gateway this tab is about, by its handle: sessionStorage keeps it, so that it survives a reload and each tab has its own. */
const STORED = 'plumbline-channel'

/** Null where the gateway has only one, or nothing was chosen yet. */
export function chosenChannel(): string | null {
  return sessionStorage.getItem(STORED)
}

export function chooseChannel(handle: string | null): void {
  if (handle === null) sessionStorage.removeItem(STORED)
  else sessionStorage.setItem(STORED, handle)
}
