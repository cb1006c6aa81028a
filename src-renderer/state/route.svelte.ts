/** Where we are: `#/screen?key=value`. The hash is the only place this is kept, so links, history and reload all work. */
import { type Screen, screens } from '../words/screens.ts'

export interface Place {
  /** 'unknown': there is no such screen; `query.asked` is what the address says. */
  screen: Screen | 'sign-in' | 'verify' | 'unknown'
  query: Readonly<Record<string, string>>
}

function parse(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?')
  const query = Object.fromEntries(new URLSearchParams(search))
  if (path === 'sign-in' || path === 'verify') return { screen: path, query }
  if (path === '') return { screen: 'overview', query }
  const screen = screens.find((one) => one === path)
  return screen === undefined ? { screen: 'unknown', query: { asked: decoded(path) } } : { screen, query }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

class Route {
  place = $state.raw<Place>(parse(location.hash))
  /** What Esc does on this screen; a view sets it while it has something to close. */
  back: (() => void) | null = null
}

export const route = new Route()

addEventListener('hashchange', () => {
  route.place = parse(location.hash)
})

/** `#/ledger?entry=84067`; members that are undefined are left out. */
export function linkTo(screen: Place['screen'], query: Record<string, string | number | undefined> = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
  const text = search.toString()
  return `#/${screen}${text === '' ? '' : `?${text}`}`
}

/** Goes there; `replace` leaves no step in the history (for what follows from a choice on the same screen). */
export function goTo(
  screen: Place['screen'],
  query: Record<string, string | number | undefined> = {},
  replace = false,
): void {
  const link = linkTo(screen, query)
  if (!replace) {
    location.hash = link
    return
  }
  history.replaceState(null, '', link)
  route.place = parse(link)
}

/** Alt+1 to Alt+9 and Alt+0 are the screens, Esc closes what is open. Call once. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1]
    const screen = digit === undefined ? undefined : screens[(Number(digit) + 9) % 10]
    if (event.altKey && !event.ctrlKey && !event.metaKey && screen) {
      event.preventDefault()
      goTo(screen)
    }
    if (event.key === 'Escape' && route.back && !document.querySelector('dialog[open]')) {
      event.preventDefault()
      route.back()
    }
  })
}
