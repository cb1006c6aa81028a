/** Language, palette and density: kept in this browser, shown on <html>, chosen before anybody has signed in. */
import { isLocale, type Locale } from '../paraglide/runtime.js'
import { language, preferredLocale } from '../words/language.svelte.ts'

export const palettes = ['light', 'dark', 'night'] as const
export type Palette = (typeof palettes)[number]
export const densities = ['desk', 'touch', 'glove'] as const
export type Density = (typeof densities)[number]

/**
 * How the frame stands: `wide` has the rail with words, `slim` one of signs over words, `foot` has it at the foot of the window.
 * Named here once; style sheets ask for `[data-frame]`.
 */
export type Frame = 'wide' | 'slim' | 'foot'
const slimFromPx = 640
const wideFromPx = 1120

const storageKey = 'plumbline-preferences'

class Preferences {
  palette = $state<Palette>('light')
  density = $state<Density>('desk')
  frame = $state<Frame>('wide')
}

export const preferences = new Preferences()

function show(): void {
  const root = document.documentElement
  root.lang = language.current
  root.dataset.palette = preferences.palette
  root.dataset.density = preferences.density
  preferences.frame = frameOf(innerWidth, preferences.density)
  root.dataset.frame = preferences.frame
}

function frameOf(width: number, density: Density): Frame {
  if (width < slimFromPx) return 'foot'
  return density === 'desk' && width >= wideFromPx ? 'wide' : 'slim'
}

function keep(): void {
  show()
  const kept = { language: language.current, palette: preferences.palette, density: preferences.density }
  try {
    localStorage.setItem(storageKey, JSON.stringify(kept))
  } catch {
    // A browser that keeps nothing (private window) still shows the choice until it is closed.
  }
}

function stored(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Reads what was kept; call once, before the first screen. What is chosen in one tab, the others follow. */
export function startPreferences(): void {
  take(stored())
  addEventListener('resize', show)
  addEventListener('storage', ({ key }) => {
    if (key === storageKey) take(stored())
  })
}

function take(kept: Record<string, unknown>): void {
  language.current = isLocale(kept.language) ? kept.language : preferredLocale(navigator.languages)
  preferences.palette = palettes.find((name) => name === kept.palette) ?? 'light'
  preferences.density = densities.find((name) => name === kept.density) ?? 'desk'
  show()
}

export function chooseLanguage(locale: Locale): void {
  language.current = locale
  keep()
}

export function choosePalette(palette: Palette): void {
  preferences.palette = palette
  keep()
}

export function chooseDensity(density: Density): void {
  preferences.density = density
  keep()
}
