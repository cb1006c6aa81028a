import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

describeConsole('the door of the console', (browser) => {
  for (const language of ['en', 'de'] as const) {
    it(`shows sign-in and the check without a sign-in without a complaint: ${language}`, async () => {
      const view = await openConsole(browser(), { person: null, language })
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
    const view = await openConsole(browser(), { person: null })
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
    const view = await openConsole(browser(), { person: null })
    await view.page.goto('about:blank')
    await view.page.goto(`${view.fixture.url}/#/sign-in?code=fresh`)
    await view.page.locator('.rail').waitFor()
    expect(view.page.url()).not.toContain('fresh')
    await view.close()
  })

  it('says that a link was used, and where a new one comes from', async () => {
    const view = await openConsole(browser(), { person: null })
    await view.page.goto('about:blank')
    await view.page.goto(`${view.fixture.url}/#/sign-in?code=used`)
    await view.page
      .getByText('This sign-in link was used or has expired. Ask for a new one: plumbline console')
      .waitFor()
    await view.close()
  })

  it('a new tab has the key of an open one, and a tab alone asks for sign-in', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    const second = await view.page.context().newPage()
    await second.goto(`${view.fixture.url}/`)
    await second.locator('.rail').waitFor()
    expect(await second.evaluate(`sessionStorage.getItem('plumbline-key')`)).toBe('key of this page')
    const elsewhere = await browser().newContext()
    const alone = await elsewhere.newPage()
    await alone.goto(`${view.fixture.url}/`)
    await alone.locator('h1').first().waitFor()
    expect(await alone.evaluate(`sessionStorage.getItem('plumbline-key')`)).toBe(null)
    await elsewhere.close()
    await view.close()
  })

  it('a link that is opened where somebody is signed in asks first, in both languages, and leaves the address', async () => {
    for (const [language, text, go, stay] of [
      ['en', 'You are signed in as A. Berger.', 'Sign in by the link', 'Stay A. Berger'],
      ['de', 'Sie sind als A. Berger angemeldet.', 'Mit dem Link anmelden', 'A. Berger bleiben'],
    ] as const) {
      const view = await openConsole(browser(), { language })
      await settled(view.page)
      for (const answer of [stay, go]) {
        await view.page.evaluate(`location.hash = '#/sign-in?code=fresh'`)
        await view.page.getByText(text).waitFor()
        expect(view.page.url()).not.toContain('fresh')
        expect(await axeFindings(view.page)).toEqual([])
        await view.page.getByRole('button', { name: answer, exact: true }).click()
        await view.page.getByText(text).waitFor({ state: 'detached' })
      }
      await view.page.getByRole('button', { name: /M\. Lindner/ }).waitFor()
      await view.close()
    }
  })

  it('ends the other sessions of who asks, and says how many', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    await view.page.getByRole('button', { name: /A\. Berger/ }).click()
    await view.page.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await view.page.getByText('1 other session was ended.').waitFor()
    await view.close()
  })

  it('signs out to the door', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    await view.page.getByRole('button', { name: /A\. Berger/ }).click()
    await view.page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await view.page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    expect(view.fixture.room.session).toBeNull()
    await view.close()
  })
})
