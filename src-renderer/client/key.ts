/**
 * The key of this origin's session: sessionStorage keeps it for this tab, also across a reload, and no page of another port can read
 * it. A new tab has it from one that is open, or asks for sign-in.
 */
const STORED = 'plumbline-key'
const ANSWER_MS = 400

type Message = { readonly type: 'ask' } | { readonly type: 'key'; readonly key: string }

const channel = new BroadcastChannel('plumbline-key')

channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
  const key = ownKey()
  if (data.type === 'ask' && key !== null) channel.postMessage({ type: 'key', key } satisfies Message)
})

export function ownKey(): string | null {
  return sessionStorage.getItem(STORED)
}

export function keepKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(STORED)
  else sessionStorage.setItem(STORED, key)
}

/** Asks the other tabs of this console. */
export async function keyOfAnotherTab(): Promise<string | null> {
  return await new Promise((resolve) => {
    const done = (key: string | null): void => {
      clearTimeout(timer)
      channel.removeEventListener('message', answered)
      resolve(key)
    }
    const answered = ({ data }: MessageEvent<Message>): void => {
      if (data.type === 'key') done(data.key)
    }
    const timer = setTimeout(() => done(null), ANSWER_MS)
    channel.addEventListener('message', answered)
    channel.postMessage({ type: 'ask' } satisfies Message)
  })
}

/** What every call carries beside the cookie. */
export function keyHeader(): Record<string, string> {
  const key = ownKey()
  return key === null ? {} : { 'x-plumbline-key': key }
}
