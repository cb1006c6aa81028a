/** Alarms and deviations: what stands is read, acknowledged and shelved by hand, and tampering stays first. */
import { expect, it } from 'vitest'
import { byUrgency } from '../../src-main/endpoints/alarm-order.ts'
import { condition } from '../support/console-fixture-alarms.ts'
import { statusIn } from '../support/console-fixture.ts'
import { nowUs } from '../support/console-fixture-plant.ts'
import { axeFindings, openConsole, settled, type OpenConsole } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

const codes = (view: OpenConsole): Promise<(string | null)[]> =>
  view.page
    .locator('.alarms tr.tall')
    .evaluateAll((rows: { dataset: { condition?: string } }[]) => rows.map(({ dataset }) => dataset.condition ?? null))

async function open(...[browser, options]: Parameters<typeof openConsole>): Promise<OpenConsole> {
  const view = await openConsole(browser, options)
  await settled(view.page)
  await view.go('#/alarms')
  return view
}

describeConsole('the screen of alarms', (browser) => {
  it('shows the most urgent first, a flood as one row with its first, and what follows from the one that is picked', async () => {
    const view = await open(browser(), { scenario: 'alarms' })
    const { page } = view
    expect(await codes(view)).toEqual([
      'queue-full',
      'disk-soon-full',
      'no-checkpoint',
      'peer-silent',
      'source-stale',
      'sources-not-told',
    ])
    expect(await page.locator('.panel').textContent()).toMatch(
      /The queue on the disk.*Priority 1, answer within 3 min\. Code queue-full.*What follows.*What to do.*entry 84,143/s,
    )
    const flood = page.locator('tr[data-condition=source-stale]')
    expect(await flood.textContent()).toMatch(/Filler 1, line 1 no longer delivers, 23 alarms.*Flood, 23 within 39 s/s)
    expect(await page.locator('.alarms tr.under').count()).toBe(3)
    await page.locator('.alarms .rest .go').click()
    expect(await page.locator('.alarms tr.under').count()).toBe(24)
    expect(await page.locator('.alarms tr.under').nth(2).textContent()).toMatch(/\+0\.3 s/)
    expect(await page.locator('.bar .alarms-key').textContent()).toMatch(/27 alarms.*26 not acknowledged, F8/s)
    expect(await axeFindings(page)).toEqual([])
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('acknowledges one, and all of a flood; what is over and seen leaves the list', async () => {
    const view = await open(browser(), { scenario: 'alarms' })
    const { page } = view
    await page.locator('.panel .primary', { hasText: /^Acknowledge$/ }).click()
    await page.locator('tr[data-condition=queue-full].acknowledged-active').waitFor()
    await page.locator('tr[data-condition=peer-silent] .rowkey').click()
    await page.locator('.panel .primary').click()
    await page.locator('tr[data-condition=peer-silent]').waitFor({ state: 'detached' })
    await page.locator('tr[data-condition=source-stale] .rowkey').click()
    await page.locator('.panel .primary', { hasText: 'Acknowledge all 23' }).click()
    await page.locator('.seg', { hasText: 'Not acknowledged 1' }).waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('shelves with a reason and a time only, and shows it again when asked', async () => {
    const view = await open(browser(), { scenario: 'alarms' })
    const { page } = view
    await page.locator('tr[data-condition=disk-soon-full] .rowkey').click()
    const shelve = page.locator('.panel .shelve button', { hasText: 'Shelve' })
    expect(await shelve.isDisabled()).toBe(true)
    await page.locator('.panel .shelve input').fill('a larger disk is ordered')
    await page.locator('.panel [role=radio]', { hasText: '30 min' }).click()
    await shelve.click()
    const row = page.locator('tr[data-condition=disk-soon-full].shelved')
    await row.waitFor()
    expect(await row.textContent()).toMatch(/shelved to 14:32:.*A\. Berger: a larger disk is ordered/s)
    expect((await codes(view)).slice(-2).toSorted()).toEqual(['disk-soon-full', 'sources-not-told'])
    expect(await page.locator('.bar .alarms-key').textContent()).toMatch(/26 alarms/)
    await page.locator('.panel .primary', { hasText: 'Show it again' }).click()
    await row.waitFor({ state: 'detached' })
    expect((await codes(view))[1]).toBe('disk-soon-full')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('keeps tampering first whatever comes and goes, cannot shelve it, and takes a reason for seeing it', async () => {
    const view = await open(browser(), { scenario: 'changed' })
    const { page, fixture } = view
    for (let i = 0; i < 200; i++) {
      const status = statusIn(fixture.room)
      const flap = condition('queue-full', 'gw-cold-3', {}, nowUs + i)
      const alarms = i % 2 === 0 ? [...status.alarms, flap].toSorted(byUrgency) : status.alarms
      fixture.push('status', { ...status, alarms })
    }
    await page.locator('tr[data-condition=queue-full]').waitFor({ state: 'detached' })
    expect((await codes(view))[0]).toBe('record-changed')
    const row = page.locator('tr[data-condition=record-changed]')
    expect(await row.getAttribute('class')).toMatch(/tampered/)
    expect(await page.locator('.panel .shelve button', { hasText: 'Shelve' }).count()).toBe(0)
    const acknowledge = page.locator('.panel .primary')
    expect(await acknowledge.isDisabled()).toBe(true)
    await page.locator('.panel .shelve input').fill('seen, the disk is on its way')
    await acknowledge.click()
    await page.locator('tr[data-condition=record-changed].acknowledged-active').waitFor()
    expect((await codes(view))[0]).toBe('record-changed')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('says that nothing asks for anybody, what was last, and what is watched', async () => {
    const view = await open(browser(), {})
    const { page } = view
    expect(await page.locator('.statement').textContent()).toMatch(
      /No alarm is active\..*The last one: gw-cold-3.*Watched: \d+ kinds of condition of 3 gateways, 7 sources.*a value out of its range raises no alarm/s,
    )
    expect(await page.locator('.day-figures rect').count()).toBe(8)
    expect(await page.locator('.frequent tbody tr').count()).toBe(3)
    expect(await axeFindings(page)).toEqual([])
    await view.close()
  })

  it('says who may acknowledge and shelve to whoever may not', async () => {
    const view = await open(browser(), { scenario: 'alarms', person: 'K. Pohl' })
    const { page } = view
    expect(await page.locator('.panel').textContent()).toMatch(
      /Needs the role Technician, Site manager or Member admin/,
    )
    expect(await page.locator('.panel .primary').isDisabled()).toBe(true)
    await view.close()
  })

  it('tells a refusal in words, and an address that names what is over leads back', async () => {
    const view = await open(browser(), { scenario: 'alarms', language: 'de' })
    const { page, fixture } = view
    fixture.room.answers = { acknowledgeAlarms: 'fails' }
    await page.locator('.panel .primary', { hasText: 'Quittieren' }).click()
    await page.locator('.panel [role=alert]').waitFor()
    await view.go('#/alarms?alarm=doubt:gw-9@1')
    expect(await page.locator('.panel').textContent()).toMatch(/Dieser Alarm ist vorbei/)
    await page.locator('.panel .go').click()
    expect(await page.locator('.panel').textContent()).toMatch(/Warteschlange/)
    await view.close()
  })
})
