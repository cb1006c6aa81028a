/** A page of the built console in the system's Chromium, with everything it complains about collected. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import process from 'node:process'
import type { Browser, Page } from 'playwright-core'
import { type ConsoleFixture, startConsoleFixture } from './console-fixture.ts'
import type { Scenario } from './console-fixture-plant.ts'

const root = resolve(import.meta.dirname, '..', '..')
const require = createRequire(import.meta.url)

/** Builds the console when its sources changed; throws with what the build said. */
export function buildConsole(): void {
  const script = resolve(root, 'src-main', 'cli', 'build-console.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the console could not be built:\n${stderr}`)
}

export interface OpenOptions {
  scenario?: Scenario
  language?: 'en' | 'de'
  palette?: 'light' | 'dark' | 'night'
  density?: 'desk' | 'touch' | 'glove'
  /** Null: nobody is signed in. */
  person?: string | null
}

export interface OpenConsole {
  page: Page
  fixture: ConsoleFixture
  /** Console errors, exceptions and policy violations so far. */
  complaints: string[]
  go(hash: string): Promise<void>
  close(): Promise<void>
}

/** The answer "nobody is signed in" is how the console finds that out; the browser reports it as a failed resource all the same. */
const expected = /Failed to load resource: the server responded with a status of 401/

export async function openConsole(browser: Browser, options: OpenOptions = {}): Promise<OpenConsole> {
  const { scenario = 'normal', language = 'en', palette = 'light', density = 'desk', person = 'A. Berger' } = options
  const fixture = await startConsoleFixture(scenario)
  if (person !== null) fixture.signIn(person)
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.addInitScript({ path: resolve(root, 'test', 'e2e', 'page', 'probe.js') })
  const kept = JSON.stringify(JSON.stringify({ language, palette, density }))
  await page.addInitScript(
    `localStorage.getItem('plumbline-preferences') ?? localStorage.setItem('plumbline-preferences', ${kept})`,
  )
  // As after a sign-in in this tab; without it the page first asks other tabs.
  if (person !== null) await page.addInitScript(`sessionStorage.setItem('plumbline-key', 'key of this page')`)
  await page.goto(`${fixture.url}/`)
  return {
    page,
    fixture,
    complaints,
    go: async (hash) => {
      await page.evaluate(`probe.goTo(${JSON.stringify(hash)})`)
      await settled(page)
    },
    close: async () => {
      await context.close()
      await fixture.close()
    },
  }
}

/** Until nothing is awaited any more: no skeleton, and no request for a quarter of a second. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  // Asked from here: a condition that the page itself polls is code from a string, which its policy refuses from the second time on.
  while (await page.evaluate<boolean>('probe.waits()')) await page.waitForTimeout(50)
  let last = -1
  for (;;) {
    const count = await page.evaluate<number>('probe.requests()')
    if (count === last) return
    last = count
    await page.waitForTimeout(250)
  }
}

export interface Finding {
  id: string
  help: string
  nodes: string[]
}

/** Accessibility findings by axe (WCAG 2.2 A and AA). Injected by the debugger: our policy lets no script in. */
export async function axeFindings(page: Page): Promise<Finding[]> {
  const source = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(source)
  return page.evaluate<Finding[]>('probe.axe()')
}

/** What is wider than the page, and text that its own box cuts off. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate<string[]>('probe.overflowing()')
}
