import { expect, it } from 'vitest'
import { axeFindings, openConsole, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'

describeConsole('a changed record in the console', (browser) => {
  it('stands in magenta above every screen, and covers none', async () => {
    const view = await openConsole(browser(), { scenario: 'changed' })
    await settled(view.page)
    for (const place of ['#/overview', '#/sources', '#/trends', '#/ledger', '#/peers', '#/certificates']) {
      await view.go(place)
      const banner = view.page.getByText('gw-cold-3 holds other bytes for block 4,108 than its 2 peers.')
      expect(await banner.isVisible(), place).toBe(true)
      const [above, below] = await Promise.all([
        view.page.locator('.banner').boundingBox(),
        view.page.locator('.bar').boundingBox(),
      ])
      expect(below?.y, place).toBe((above?.y ?? 0) + (above?.height ?? 0))
    }
    expect(await view.page.evaluate<string>("probe.background('.banner')")).toBe('rgb(161, 0, 125)')
    await view.close()
  })

  it('goes away only with name and reason, and stays told afterwards', async () => {
    const view = await openConsole(browser(), { scenario: 'changed' })
    await settled(view.page)
    await view.page.getByRole('button', { name: 'Acknowledge with name and reason' }).click()
    expect(await axeFindings(view.page)).toEqual([])
    await view.page.getByLabel('Reason').fill('no')
    await view.page.getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await view.page.getByText('At least three letters').waitFor()
    expect(view.fixture.room.acknowledged).toBeNull()
    await view.page.getByLabel('Reason').fill('Disk of gw-cold-3 is replaced today')
    await view.page.getByRole('button', { name: 'Acknowledge', exact: true }).click()
    await view.page.locator('.banner').waitFor({ state: 'detached' })
    expect(view.fixture.room.acknowledged).toMatchObject({
      name: 'A. Berger',
      reason: 'Disk of gw-cold-3 is replaced today',
    })
    expect(await view.page.locator('.statement h2').textContent()).toBe(
      'One batch (284 readings) no longer matches on gw-cold-3.',
    )
    expect(await view.page.locator('.statement .limits').textContent()).toContain('Acknowledged by A. Berger')
    expect(await view.page.locator('.rail .verdict').getAttribute('data-verdict')).toBe('changed')
    await view.close()
  })

  it('is repaired from the other gateways by a button, which says how that goes', async () => {
    for (const [language, button, line] of [
      ['en', 'Repair', 'Fetching 3 lost parts from the other gateways …'],
      ['de', 'Reparieren', '3 verlorene Teile werden von den anderen Gateways geholt …'],
    ] as const) {
      const view = await openConsole(browser(), { scenario: 'changed', language })
      await settled(view.page)
      const repair = view.page.locator('.banner').getByRole('button', { name: button, exact: true })
      await repair.click()
      await view.page.locator('.banner').getByText(line).waitFor()
      expect(await repair.isDisabled()).toBe(true)
      expect(await axeFindings(view.page)).toEqual([])
      await view.close()
    }
  })

  it('tells a person who may not acknowledge which roles may', async () => {
    const view = await openConsole(browser(), { scenario: 'changed', person: 'K. Pohl' })
    await settled(view.page)
    await view.page.getByRole('button', { name: 'Acknowledge with name and reason' }).click()
    await view.page.getByText('Needs the role Technician, Site manager or Member admin.').waitFor()
    expect(await view.page.getByLabel('Reason').count()).toBe(0)
    expect(await view.page.locator('.banner').getByRole('button', { name: 'Repair', exact: true }).isDisabled()).toBe(
      true,
    )
    await view.close()
  })

  it('of a peer is told as what that peer says, with its place and the way to its console; nothing here turns magenta', async () => {
    for (const language of ['en', 'de'] as const) {
      const view = await openConsole(browser(), { scenario: 'peer-changed', language })
      await settled(view.page)
      expect(await view.page.locator('.banner').count()).toBe(0)
      expect(await view.page.locator('.statement').getAttribute('data-verdict')).toBe('unchanged')
      expect(await view.page.locator('.rail .verdict').getAttribute('data-verdict')).toBe('unchanged')
      const said = view.page.locator('[data-gateway=gw-cold-3] a')
      expect(await said.textContent()).toMatch(/^(says: changed at block 4,108|meldet: verändert bei Block 4\.108)$/)
      expect(await said.getAttribute('href')).toBe('http://10.20.4.3:8420')
      expect(await view.page.locator('[data-condition=peer-changed] b').textContent()).toMatch(
        /^gw-cold-3 (says that its own record was changed|meldet, dass seine eigene Aufzeichnung verändert wurde)$/,
      )
      expect(await axeFindings(view.page)).toEqual([])
      await view.go('#/peers')
      expect(await view.page.locator('.headline').getAttribute('data-verdict')).toBe('agree')
      expect(await view.page.locator('.headline').textContent()).toMatch(/^2 (of|von) 3 Gateways?|^2 of 3 gateways/)
      expect(await view.page.locator('.differs').count()).toBe(0)
      await view.close()
    }
  })

  it('leads from the banner to the reading, where the proof stops with expected and actual', async () => {
    const view = await openConsole(browser(), { scenario: 'changed' })
    await settled(view.page)
    await view.page.getByRole('link', { name: 'Show where' }).click()
    const stopped = view.page.locator('.steps li[data-step=fingerprint]')
    await stopped.waitFor()
    expect(await stopped.getAttribute('data-state')).toBe('stops')
    expect(await stopped.textContent()).toContain('bc39 19b7')
    expect(await stopped.textContent()).toContain('4c8b 0d01')
    expect(await view.page.locator('.steps li[data-step=signature]').getAttribute('data-state')).toBe('not-run')
    await view.close()
  })
})
