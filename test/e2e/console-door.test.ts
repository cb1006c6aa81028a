import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  axeFindings,
  buildConsole,
  chromiumPath,
  launchChromium,
  openConsole,
  overflowing,
  settled,
} from '../support/console-page.ts'

if (chromiumPath === undefined)
  console.warn('console-door: skipped, no Chromium on this machine (apt-get install chromium)')

describe.skipIf(chromiumPath === undefined)('the door of the console', () => {
  let browser: Browser
  beforeAll(async () => {
    buildConsole()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
  })

  for (const language of ['en', 'de'] as const) {
    it(`shows sign-in and the check without a sign-in without a complaint: ${language}`, async () => {
      const view = await openConsole(browser, { person: null, language })
      for (const place of ['#/sign-in', '#/verify']) {
        await view.go(place)
        expect(await axeFindings(view.page), place).toEqual([])
        expect(await overflowing(view.page), place).toEqual([])
      }
      expect(view.complaints).toEqual([])
      await view.close()
    })
  }

  it('says which passphrase was wrong and lets the right one in', async () => {
    const view = await openConsole(browser, { person: null })
    await settled(view.page)
    await view.page.getByRole('button', { name: 'M. Lindner' }).click()
    await view.page.getByLabel('Passphrase of M. Lindner').fill('wrong')
    await view.page.getByRole('button', { name: 'Sign in' }).click()
    await view.page.getByText('That is not the passphrase of M. Lindner.').waitFor()
    await view.page.getByLabel('Passphrase of M. Lindner').fill('plumb line true')
    await view.page.keyboard.press('Enter')
    await view.page.locator('.rail').waitFor()
    expect(await view.page.locator('.bar .menu b').textContent()).toBe('M. Lindner')
    await view.close()
  })

  it('takes the code of a one-time link out of the address before it is used', async () => {
    const view = await openConsole(browser, { person: null })
    await view.page.goto('about:blank')
    await view.page.goto(`${view.fixture.url}/#/sign-in?code=fresh`)
    await view.page.locator('.rail').waitFor()
    expect(view.page.url()).not.toContain('fresh')
    await view.close()
  })

  it('says that a link was used, and where a new one comes from', async () => {
    const view = await openConsole(browser, { person: null })
    await view.page.goto('about:blank')
    await view.page.goto(`${view.fixture.url}/#/sign-in?code=used`)
    await view.page
      .getByText('This sign-in link was used or has expired. Ask for a new one: plumbline console')
      .waitFor()
    await view.close()
  })

  it('signs out to the door', async () => {
    const view = await openConsole(browser)
    await settled(view.page)
    await view.page.getByRole('button', { name: /A\. Berger/ }).click()
    await view.page.getByRole('button', { name: 'Sign out' }).click()
    await view.page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    expect(view.fixture.room.session).toBeNull()
    await view.close()
  })
})
