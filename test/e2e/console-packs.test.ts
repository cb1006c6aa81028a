/** Packs: what decides, how a proposed version differs, what it would have said, and the signatures that put one in force or take it out. */
import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled, type OpenConsole } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

async function open(...[browser, options]: Parameters<typeof openConsole>): Promise<OpenConsole> {
  const view = await openConsole(browser, { person: 'R. Hofmann', ...options })
  await settled(view.page)
  await view.go('#/packs')
  return view
}

describeConsole('the screen of packs', (browser) => {
  it('shows what decides and what is proposed, how that differs, and what it would have said', async () => {
    const view = await open(browser(), {})
    const { page } = view
    const panel = page.locator('.panel')
    expect(await page.locator('.packs .group').allTextContents()).toEqual([
      'In force2',
      'Proposed2',
      'With this release1',
      'Retiredjudge what was before',
    ])
    // What is proposed first comes first.
    await panel.getByRole('heading', { name: 'quality 1.1.0 instead of 1.0.0' }).waitFor()
    await panel.locator('.diff .new').waitFor()
    expect(await panel.textContent()).toMatch(
      /Deliveries in summer.*1 gateway has not loaded it yet.*gw-store-3.*warmUntilAlarm.*30 min.*15 min.*1 other.*p\.warmMax.*No reading for more than \{silence\}/s,
    )
    await panel.getByRole('button', { name: 'Run' }).click()
    await panel.getByText('38 of 38 assets looked at').waitFor()
    expect(await panel.textContent()).toMatch(/35 equal.*2 different.*1 cannot run.*Lot 04.*pass.*fail.*GAP/s)
    expect(await panel.getByRole('button', { name: 'Put in force' }).isDisabled()).toBe(true)
    expect(await axeFindings(page)).toEqual([])
    expect(await overflowing(page)).toEqual([])
    await page.locator('tr[data-pack^="9a3"] .rowkey').click()
    await panel.getByText('This gateway cannot decide by it').waitFor()
    await page.locator('tr[data-pack^="3e2"] .rowkey').click()
    await panel.getByText('entries 0 to 61,200').waitFor()
    expect(await panel.getByRole('button', { name: 'Retire' }).count()).toBe(0)
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('has a version proposed and a pack retired by the reader’s own key, and offers neither to others', async () => {
    const view = await open(browser(), {})
    const { page } = view
    await page.locator('tr[data-pack^="0d1"] .rowkey').click()
    await page.getByRole('button', { name: 'Propose this version' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason, recorded with your name').fill('as agreed')
    await dialog.getByRole('button', { name: 'Propose', exact: true }).click()
    await dialog.getByLabel('Your passphrase opens your key for this session').fill('plumb line true')
    expect(await axeFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Propose', exact: true }).click()
    await page.getByRole('status').filter({ hasText: 'entry 84,221' }).waitFor()
    await page.locator('tr[data-pack^="0d00"] .rowkey, tr[data-pack^="0d01"] .rowkey').first().click()
    await page.getByRole('button', { name: 'Retire' }).click()
    await dialog.getByLabel('Reason, recorded with your name').fill('no such assets')
    await dialog.getByRole('button', { name: 'Retire' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(view.complaints).toEqual([])
    await view.close()
    const other = await open(browser(), { person: 'A. Berger' })
    await other.page.getByText('An admin proposes versions').waitFor()
    expect(await other.page.getByRole('button', { name: 'Propose a version' }).count()).toBe(0)
    await other.close()
  })
})
