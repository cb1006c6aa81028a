/** The register of certificates: finding one again, and what became of it. */
import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

describeConsole('the register of certificates', (browser) => {
  it('is filtered by what stands in the address, which follows every choice', async () => {
    const view = await openConsole(browser(), { person: 'M. Lindner' })
    const { page } = view
    await settled(page)
    await view.go('#/certificates?show=register&status=revoked')
    const rows = page.locator('tr[data-certificate]')
    await page.getByText('1 of 214').waitFor()
    expect(await rows.count()).toBe(1)
    await page.getByRole('combobox', { name: 'Status' }).selectOption('superseded')
    await page.locator('tr[data-certificate=PL-2026-0308-0011]').waitFor()
    expect(new URL(page.url()).hash).toBe('#/certificates?show=register&status=superseded')
    await page.getByRole('combobox', { name: 'Judged by' }).selectOption('cold-chain')
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('not in range')
    await page.getByRole('status').filter({ hasText: 'No certificate fits.' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByText('newest first; every row').waitFor()
    expect(await rows.count()).toBe(214)
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    expect(await page.getByRole('combobox').count()).toBe(0)
    await page.getByRole('searchbox').focus()
    await page.keyboard.type('0308-0011')
    await page.getByText('1 of 214').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('newest first; every row').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const from = page.getByLabel('Issued from')
    await from.fill('2026-03-11 00:00:00')
    await from.press('Enter')
    await page.getByText('1 of 214').waitFor()
    expect(page.url()).toContain('&from=')
    await page.reload()
    await page.getByText('1 of 214').waitFor()
    await from.fill('')
    await from.press('Enter')
    await page.getByText('newest first; every row').waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('leads from an old certificate to the one in its place, and makes out such a one about the same', async () => {
    const view = await openConsole(browser(), { person: 'M. Lindner' })
    const { page } = view
    await settled(page)
    await view.go('#/certificates?show=register')
    const old = page.locator('tr[data-certificate=PL-2026-0308-0011]')
    await old.getByRole('link', { name: 'PL-2026-0310-0009' }).click()
    await page.locator('tr.picked[data-certificate=PL-2026-0310-0009]').waitFor()
    expect(await old.getByRole('link', { name: 'Replace' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Replace certificate PL-2026-0307-0012' }).click()
    await page.getByText('in the place of certificate PL-2026-0307-0012').waitFor()
    expect(await page.getByRole('combobox', { name: 'About' }).isDisabled()).toBe(true)
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toContain('7 Mar 2026')
    for (const gap of await page.locator('.gap input[type=checkbox], .gaps input[type=checkbox]').all()) {
      await gap.click()
      await page.getByRole('dialog').locator('textarea').fill('The battery was taken out.')
      await page.getByRole('dialog').locator('.primary').click()
    }
    expect(await axeFindings(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    const signed = page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/certificates'))
    await page.locator('.sign .btn.primary').click()
    expect((await signed).postDataJSON()).toMatchObject({
      supersedes: 'PL-2026-0307-0012',
      asset: 'urn:epc:id:sscc:4012345.3000000123',
      fromUs: Date.UTC(2026, 2, 7, 5) * 1000,
    })
    await page.getByText('PL-2026-0311-0001').first().waitFor()
    await view.go('#/certificates?show=register')
    await page.getByRole('link', { name: 'Replace certificate PL-2026-0307-0012' }).click()
    await page.getByRole('link', { name: 'Not in its place' }).click()
    await page.getByText('in the place of certificate').waitFor({ state: 'detached' })
    expect(view.complaints).toEqual([])
    await view.close()
  })
})
