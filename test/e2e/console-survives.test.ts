/** What must not take a screen away: things twice, a part that fails, a script that does not come, an error that nobody expected. */
import { expect, it } from 'vitest'
import { stages } from '../stage/stage-table.ts'
import { doubledAnswers } from '../support/console-fixture-doubled.ts'
import { openConsole, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'
import { plantStatus, type Scenario } from '../support/console-fixture-plant.ts'

describeConsole('the console goes on', (browser) => {
  it('when everything in every answer is there twice', async () => {
    const twice = async (scenario: Scenario) => {
      const view = await openConsole(browser(), { scenario })
      view.fixture.room.answers = doubledAnswers
      await view.page.reload()
      await settled(view.page)
      for (const [place, { hash, outside, click }] of Object.entries(stages)) {
        if (outside === true) continue
        await view.go(hash)
        for (const selector of scenario === 'normal' ? (click ?? []) : []) {
          const key = view.page.locator(selector).first()
          if (await key.isVisible()) await key.click({ timeout: 2000 }).catch(() => {})
        }
        expect(await view.page.locator('.broken, .mishap').count(), `${scenario} ${place}`).toBe(0)
        await view.page.keyboard.press('Escape')
      }
      await view.go('#/overview')
      expect(await view.page.locator('.overview tr.two').count()).toBe(2 * plantStatus(scenario).sources.length)
      await view.go('#/peers')
      expect(await view.page.locator('.peers thead th').count()).toBe(7)
      // An entry that is asked for and is not there is told by 404.
      expect(
        view.complaints.filter((text) => !text.includes('status of 404')),
        scenario,
      ).toEqual([])
      await view.close()
    }
    // At once: each waits for quiet most of its time.
    await Promise.all((['normal', 'changed', 'sources'] as const).map(twice))
  })

  it('when one part of a screen fails, which says so, in the language of the console, and comes back when asked', async () => {
    const view = await openConsole(browser(), { scenario: 'changed', language: 'de' })
    await settled(view.page)
    await view.go('#/trends')
    await view.page.evaluate(`{
      const real = Array.prototype.toSorted
      globalThis.mend = () => (Array.prototype.toSorted = real)
      Array.prototype.toSorted = function (...given) {
        if (this.some((one) => one !== null && typeof one === 'object' && 'raisedAtUs' in one)) throw new Error('planted')
        return real.apply(this, given)
      }
    }`)
    await view.go('#/overview')
    const broken = view.page.locator('.broken')
    expect(await broken.first().textContent()).toContain('lässt sich nicht anzeigen')
    expect(await broken.first().textContent()).toContain('planted')
    // The frame, the rail, the banner of the changed record and the rest of the screen stand.
    expect(await view.page.locator('.banner').isVisible()).toBe(true)
    expect(await view.page.locator('.rail .verdict').textContent()).toContain('verändert')
    await view.go('#/sources')
    expect(await view.page.locator('.sources tr.group').count()).toBeGreaterThan(4)
    await view.go('#/overview')
    await view.page.evaluate('mend()')
    await broken.first().getByRole('button', { name: 'Noch einmal' }).click()
    await view.page.locator('.sect.alarms').waitFor()
    expect(await broken.count()).toBe(0)
    await view.close()
  })

  it('when the script of a screen does not come, and fetches it when asked', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    await view.page.route('**/Peers-*.js', (route) => route.abort())
    await view.go('#/peers')
    const told = view.page.locator('.trouble')
    expect(await told.textContent()).toContain('The script of the screen “Peers” did not load')
    expect(await view.page.locator('.rail .verdict').isVisible()).toBe(true)
    await view.page.unroute('**/Peers-*.js')
    await told.getByRole('button', { name: 'Try again' }).click()
    await view.page.locator('.peers table').waitFor()
    expect(await view.page.evaluate('location.hash')).toBe('#/peers')
    await view.close()
  })

  it('when the gateway was updated meanwhile and the script of a screen has another name', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    const gone = (route: { fulfill(how: object): Promise<void> }) => route.fulfill({ status: 404, body: 'not here' })
    await view.page.route('**/Peers-*.js', gone)
    await view.go('#/peers')
    await view.page.locator('.trouble').waitFor()
    const loaded = view.page.waitForEvent('load')
    await view.page.getByRole('button', { name: 'Try again' }).click()
    await loaded
    await view.page.unroute('**/Peers-*.js')
    await view.page.reload()
    await view.page.locator('.peers table').waitFor()
    await view.close()
  })

  it('with a word about what went wrong where nobody expected it', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    await view.page.evaluate(`setTimeout(() => { throw new Error('planted in a handler') })`)
    await view.page.evaluate(`void Promise.reject(new Error('planted in a promise'))`)
    const bar = view.page.locator('.mishap')
    await bar.getByText('planted in a promise').waitFor()
    expect(await bar.textContent()).toContain('1 more')
    expect(await view.page.locator('.statement').isVisible()).toBe(true)
    await bar.getByRole('button', { name: 'Close' }).click()
    expect(await bar.count()).toBe(0)
    await view.close()
  })

  it('says so in both languages when its own script does not run', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    expect(await view.page.locator('#unstarted').count()).toBe(0)
    await view.page.route('**/index-*.js', (route) => route.abort())
    await view.page.reload({ waitUntil: 'domcontentloaded' })
    await view.page.locator('#unstarted').waitFor({ state: 'visible', timeout: 10_000 })
    const text = await view.page.locator('#unstarted').textContent()
    expect(text).toContain('The console did not start')
    expect(text).toContain('Die Konsole ist nicht gestartet')
    await view.page.unroute('**/index-*.js')
    await view.page.locator('#unstarted a').first().click()
    await view.page.locator('.rail').waitFor()
    await view.close()
  })
})
