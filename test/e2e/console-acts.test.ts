/** Pending acts: those that wait for the reader first, what they would come to, and the passphrase at the first signature. */
import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled, type OpenConsole } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

async function open(...[browser, options]: Parameters<typeof openConsole>): Promise<OpenConsole> {
  const view = await openConsole(browser, { person: 'R. Hofmann', ...options })
  await settled(view.page)
  await view.go('#/acts')
  return view
}

describeConsole('the screen of pending acts', (browser) => {
  it('shows what waits for the reader first, and says what an approval would come to', async () => {
    const view = await open(browser(), {})
    const { page } = view
    expect(await page.locator('.rail .tally').textContent()).toMatch(/^1/)
    expect(await page.locator('.acts .group').allTextContents()).toEqual([
      'Waits for you1',
      'Waits for others4',
      'Ended3',
    ])
    expect(await page.locator('.panel').textContent()).toMatch(
      /person in force again: K\. Pohl.*T\. Brandt.*The tablet was found in the yard\..*It is done with the next approval/s,
    )
    await page.locator('tr[data-act^=f00dcafe] .rowkey').click()
    expect(await page.locator('.panel').textContent()).toMatch(/stale.*An approval would only end it/s)
    expect(await page.locator('.panel').getByRole('button', { name: 'Approve' }).count()).toBe(0)
    await page.locator('tr[data-act^=c03381b5] .rowkey').click()
    expect(await page.locator('.panel').textContent()).toMatch(/1 of 2, Member admin of another owner.*T\. Brandt/s)
    await page.locator('tr[data-act^="0ddba11"] .rowkey').click()
    await page.getByRole('button', { name: 'End it' }).waitFor()
    await page.locator('tr[data-act^=bbbb] .rowkey').click()
    expect(await page.locator('.panel').textContent()).toMatch(/Outcome.*declined.*T\. Brandt/s)
    expect(await axeFindings(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('asks for the passphrase once, says when it is wrong, and then signs without it', async () => {
    const view = await open(browser(), {})
    const { page } = view
    const panel = page.locator('.panel')
    await panel.getByRole('button', { name: 'Approve' }).click()
    const field = panel.getByLabel('Your passphrase opens your key for this session')
    await field.fill('not this one')
    expect(await axeFindings(page)).toEqual([])
    await panel.getByRole('button', { name: 'Approve' }).click()
    await panel.getByRole('alert').filter({ hasText: 'This is not the passphrase of this name' }).waitFor()
    await field.fill('plumb line true')
    await panel.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('status').filter({ hasText: 'with it the act is done' }).waitFor()
    await page.locator('.rail .tally').waitFor({ state: 'detached' })
    await page.locator('tr[data-act^=c03381b5] .rowkey').click()
    await panel.getByRole('button', { name: 'Withdraw' }).click()
    await page.locator('tr[data-act^=c03381b5]').waitFor({ state: 'detached' })
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('declines with a reason alone', async () => {
    const view = await open(browser(), { language: 'de' })
    const { page } = view
    await page.locator('.panel').getByRole('button', { name: 'Mit Begründung ablehnen' }).click()
    const decline = page.locator('.panel').getByRole('button', { name: 'Ablehnen', exact: true })
    expect(await decline.isDisabled()).toBe(true)
    await page.getByLabel('Warum nicht, wird mit Ihrem Namen aufgezeichnet').fill('Die Plombe ist gebrochen.')
    await decline.click()
    await page.locator('.panel').getByLabel('Ihre Passphrase öffnet').fill('plumb line true')
    await decline.click()
    await page.getByRole('status').filter({ hasText: 'abgelehnt' }).waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('asks whoever issues a certificate for the passphrase, where the ledger knows a key of theirs', async () => {
    const view = await openConsole(browser(), { person: 'M. Lindner' })
    view.fixture.room.asksForKey = true
    const { page } = view
    await settled(page)
    await view.go('#/certificates')
    const sign = page.locator('.sign')
    for (const gap of await page.locator('.gaps input[type=checkbox], .gap input[type=checkbox]').all()) {
      await gap.click()
      const dialog = page.getByRole('dialog')
      await dialog.locator('textarea').fill('The probe was cleaned.')
      await dialog.locator('.primary').click()
    }
    await sign.locator('.btn.primary').click()
    await sign.getByLabel('Your passphrase opens your key for this session').fill('plumb line true')
    expect(await axeFindings(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    await sign.locator('.btn.primary').click()
    await page.getByText('PL-2026-0311-0001').first().waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('lets choose the rule pack that judges where the asset has several, and signs what was chosen', async () => {
    const view = await openConsole(browser(), { person: 'M. Lindner' })
    const { page } = view
    await settled(page)
    const asked = async (call: string): Promise<unknown> => {
      const request = await page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith(call))
      return (request.postDataJSON() as { pack?: string }).pack
    }
    await view.go('#/certificates')
    await page.locator('.sign .btn').waitFor()
    expect(await page.getByRole('combobox', { name: 'Judged by' }).count()).toBe(0)
    const first = asked('/certificates/preview')
    await view.go('#/certificates?asset=VIN:WVWZZZ1JZXW000001')
    expect(await first).toBe('odometer')
    const second = asked('/certificates/preview')
    await page.getByRole('combobox', { name: 'Judged by' }).selectOption('service-log')
    expect(await second).toBe('service-log')
    await page.locator('.preview').getByText('service-log').first().waitFor()
    expect(await axeFindings(page)).toEqual([])
    const signed = asked('/certificates')
    for (const gap of await page.locator('.gap input[type=checkbox], .gaps input[type=checkbox]').all()) {
      await gap.click()
      await page.getByRole('dialog').locator('textarea').fill('The battery was taken out.')
      await page.getByRole('dialog').locator('.primary').click()
    }
    await page.locator('.sign .btn.primary').click()
    expect(await signed).toBe('service-log')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('says so where nothing waits', async () => {
    const view = await open(browser(), { scenario: 'empty' })
    await view.page.getByText('No act waits for anybody.').waitFor()
    expect(await view.page.locator('.rail .tally').count()).toBe(0)
    await view.close()
  })
})
