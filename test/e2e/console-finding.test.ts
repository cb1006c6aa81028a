/** Finding and taking along in the console: by keys, by touch, in both languages. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

const titleOf = async (page: Page): Promise<string | null> => {
  await page.locator('dialog[open] h2').waitFor()
  return await page.locator('dialog[open] h2').textContent()
}
const hashOf = (page: Page): Promise<string> => page.evaluate<string>('location.hash')

describeConsole('finding and taking along, in the console', (browser) => {
  it.each([
    ['en', 'Search', /There is no entry “99,999,999”\. The ledger has 84,221, numbered from 0 to 84,220\./],
    ['de', 'Suchen', /Es gibt keinen Eintrag „99,999,999“\. Das Ledger hat 84\.221, nummeriert von 0 bis 84\.220\./],
  ] as const)('Ctrl+K finds by keyboard alone, and says what is not there (%s)', async (language, title, none) => {
    const view = await openConsole(browser(), { language })
    const { page } = view
    await settled(page)
    await page.keyboard.press('Control+k')
    expect(await titleOf(page)).toBe(title)
    expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
    await page.keyboard.type('TEMPeratur')
    await page.locator('[role=option] small', { hasText: 'filler-1' }).waitFor()
    const first = await page.locator('[role=option][aria-selected=true]').textContent()
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('[role=option][aria-selected=true]').textContent()).not.toBe(first)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/trends\?points=[0-9a-f]{32}/)
    expect(await page.locator('dialog[open]').count()).toBe(0)
    await page.locator('button[aria-keyshortcuts="Control+K"]').click()
    await titleOf(page)
    await page.keyboard.type('99,999,999')
    await page.locator('.says p').waitFor()
    expect(await page.locator('.says').textContent()).toMatch(none)
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await titleOf(page)
    await page.keyboard.type('11.03.2026 13:30')
    await page.locator('[role=option]').first().click()
    await page.waitForURL(/#\/ledger/)
    await settled(page)
    expect(await page.locator('.c1 tr.picked').textContent()).toMatch(/13:3\d:\d\d/)
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('F1, F8 and Ctrl+S open what they promise wherever the focus is, and the key that comes next wins', async () => {
    const view = await openConsole(browser(), { scenario: 'changed' })
    const { page } = view
    await settled(page)
    await page.keyboard.press('F8')
    expect(await titleOf(page)).toBe('Next alarm')
    const first = await page.locator('.alarm-now').getAttribute('data-condition')
    expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
    await page.keyboard.press('F8')
    expect(await page.locator('.alarm-now').getAttribute('data-condition')).not.toBe(first)
    await page.keyboard.press('Escape')
    await page.keyboard.press('F1')
    await page.locator('.help').waitFor()
    expect(await titleOf(page)).toBe('Help: Overview')
    expect(await page.locator('.help').textContent()).toMatch(/Cannot tell yet/)
    expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
    await page.locator('.help button', { hasText: 'Export readings' }).click()
    expect(await titleOf(page)).toBe('Export readings')
    await page.keyboard.press('Escape')
    await view.go('#/sources')
    await page.locator('input[type=search]').focus()
    await page.keyboard.press('Control+s')
    expect(await titleOf(page)).toBe('Export readings')
    await page.locator('.export .trouble').waitFor()
    expect(await page.locator('.export .trouble').textContent()).toMatch(/Entries 84,067 to 84,067 were found changed/)
    expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
    expect(view.complaints).toEqual([])
    await view.close()
    const quiet = await openConsole(browser())
    await settled(quiet.page)
    await quiet.page.keyboard.press('F8')
    await quiet.page.locator('dialog [role=status]').waitFor()
    expect(await quiet.page.locator('dialog').textContent()).toMatch(/No alarm stands\..*10 March 2026/s)
    await quiet.close()
  })

  it('exports what Trends shows and what the Ledger shows; what is cancelled is not saved', async () => {
    const view = await openConsole(browser())
    const { page } = view
    await settled(page)
    await view.go('#/trends')
    const asked: string[] = []
    page.on('request', (request) => void (/\/api\/export\?/.test(request.url()) && asked.push(request.url())))
    await page.locator('.tools button', { hasText: /^Export$/ }).click()
    await page.locator('.export [role=status] p').waitFor()
    expect(await page.locator('.export').textContent()).toMatch(/The 3 shown.*About 36,000 readings/s)
    await page.locator('[role=radio]', { hasText: 'JSON lines' }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('dialog button', { hasText: /^Export$/ }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(/^plumbline-gw-fill-1-2026-03-11T.*\.jsonl$/)
    expect(readFileSync(await file.path(), 'utf8').split('\n').length).toBe(13)
    await page.locator('.file-name').waitFor()
    const query = new URL(asked[0] as string).searchParams
    expect(query.get('streams')?.split(',').length).toBe(3)
    expect(Number(query.get('toUs')) - Number(query.get('fromUs'))).toBe(3_600_000_000)
    await page.keyboard.press('Escape')

    await view.go('#/ledger?asset=WVWZZZ1JZXW000001')
    await page.keyboard.press('Control+s')
    await page.locator('.export').waitFor()
    expect(await page.locator('.export').textContent()).toMatch(/Readings at asset WVWZZZ1JZXW000001/)
    let saved = 0
    page.on('download', () => (saved += 1))
    await page.locator('dialog button', { hasText: /^Export$/ }).click()
    await page.locator('dialog progress').waitFor()
    await page.locator('dialog button', { hasText: 'Cancel' }).click()
    await page.locator('.export').waitFor()
    await page.waitForTimeout(1_500)
    expect([saved, asked.length]).toEqual([0, 2])
    expect(new URL(asked[1] as string).searchParams.get('asset')).toBe('WVWZZZ1JZXW000001')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it.each(['en', 'de'] as const)('the ledger goes to a time and an hour, and filters (%s)', async (language) => {
    const view = await openConsole(browser(), { language })
    const { page } = view
    await settled(page)
    await view.go('#/ledger')
    const field = page.locator('.ledger-tools input')
    await field.fill(language === 'de' ? '11.03.2026 13:00:00' : '11 Mar 2026 13:00:00')
    await field.press('Enter')
    await settled(page)
    expect(await page.locator('.c1 tr.picked').textContent()).toMatch(/13:0\d:\d\d/)
    await page.locator('.ledger-tools [aria-expanded=false]').click()
    await page.locator('.hours button:enabled').nth(3).waitFor()
    expect(await page.locator('.hours button').count()).toBe(24)
    expect(await axeFindings(page)).toEqual([])
    await page.locator('.ledger-tools [aria-haspopup=dialog]').click()
    await page.locator('dialog select').first().selectOption('event')
    await page.locator('dialog select').nth(1).selectOption('gw-fill-1')
    await page.locator('dialog [type=submit]').click()
    await page.locator('.found tbody tr').first().waitFor()
    await settled(page)
    expect(await hashOf(page)).toMatch(/kind=event&gateway=gw-fill-1/)
    expect(await page.locator('.found tr.picked').count()).toBe(1)
    expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
    const rows = await page.locator('.found tbody tr').count()
    await page.locator('.found .more .go').click()
    await page.locator('.found tbody tr').nth(rows).waitFor()
    await page.locator('.ledger-tools .go').click()
    await page.locator('.found').waitFor({ state: 'detached' })
    await settled(page)
    expect(await page.locator('.proof .say').count()).toBe(1)
    await view.go('#/ledger?type=asset.registered')
    expect(await page.locator('.proof .say, .ledger tr.picked').count()).toBe(0)
    expect(view.complaints).toEqual([])
    await view.close()
  })
})
