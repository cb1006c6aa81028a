/** The browser of the tests: the system's Chromium. Its headless shell is the same engine without windows, and costs less. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

export const chromiumPath = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync)

export function launchChromium(...more: string[]): Promise<Browser> {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', ...more]
  return chromium.launch({ executablePath: chromiumPath ?? '', args })
}
