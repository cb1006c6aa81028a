/** Tests of the built console in the system's Chromium. Apart from `console-page.ts`, which the matrix uses outside of any test. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { chromiumPath, launchChromium } from './chromium.ts'
import { buildConsole } from './console-page.ts'

/** A group of tests that share one browser; where there is no Chromium they are skipped, which is said. */
export function describeConsole(title: string, tests: (browser: () => Browser) => void): void {
  if (chromiumPath === undefined)
    console.warn(`${title}: skipped, no Chromium on this machine (apt-get install chromium)`)
  describe.skipIf(chromiumPath === undefined)(title, () => {
    let browser: Browser
    beforeAll(async () => {
      buildConsole()
      browser = await launchChromium()
    })
    afterAll(async () => {
      await browser?.close()
    })
    tests(() => browser)
  })
}
