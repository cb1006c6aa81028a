import { expect, it } from 'vitest'
import { nowUs } from '../support/console-fixture-plant.ts'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

describeConsole('a clock in doubt in the console', (browser) => {
  it('is confirmed as it shows, by who may', async () => {
    const view = await openConsole(browser(), { scenario: 'clock', person: 'M. Lindner' })
    await settled(view.page)
    const confirm = view.page.getByRole('button', { name: 'The clock is right' })
    await view.page.getByText(/^It shows 11 March 2026, 14:0/).waitFor()
    expect([await axeFindings(view.page), await overflowing(view.page)]).toEqual([[], []])
    await confirm.click()
    await expect.poll(() => view.fixture.room.confirmedUs).not.toBeNull()
    expect(Math.abs((view.fixture.room.confirmedUs ?? 0) - nowUs)).toBeLessThan(60_000_000)
    await view.go('#/peers')
    expect(await view.page.getByRole('row', { name: /^Clock kept/ }).textContent()).toContain('in doubt')
    expect([view.complaints, await overflowing(view.page)]).toEqual([[], []])
    await view.close()
  })

  it('is left to others by who may not', async () => {
    const view = await openConsole(browser(), { scenario: 'clock', language: 'de' })
    await settled(view.page)
    await view.page.getByText('Die Uhr zu bestätigen braucht die Rolle Werksleitung.').waitFor()
    expect(await view.page.getByRole('button', { name: /Die Uhr stimmt/ }).count()).toBe(0)
    await view.close()
  })
})
