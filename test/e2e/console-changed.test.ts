import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  axeFindings,
  buildConsole,
  chromiumPath,
  launchChromium,
  openConsole,
  settled,
} from '../support/console-page.ts'

if (chromiumPath === undefined)
  console.warn('console-changed: skipped, no Chromium on this machine (apt-get install chromium)')

describe.skipIf(chromiumPath === undefined)('a changed record in the console', () => {
  let browser: Browser
  beforeAll(async () => {
    buildConsole()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('stands in magenta above every screen, and covers none', async () => {
    const view = await openConsole(browser, { scenario: 'changed' })
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
    const view = await openConsole(browser, { scenario: 'changed' })
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
      '284 of 1,204,311 readings are changed on gw-cold-3.',
    )
    expect(await view.page.locator('.statement .limits').textContent()).toContain('Acknowledged by A. Berger')
    expect(await view.page.locator('.rail .verdict').getAttribute('data-verdict')).toBe('changed')
    await view.close()
  })

  it('tells a person who may not acknowledge which roles may', async () => {
    const view = await openConsole(browser, { scenario: 'changed', person: 'K. Pohl' })
    await settled(view.page)
    await view.page.getByRole('button', { name: 'Acknowledge with name and reason' }).click()
    await view.page.getByText('Needs the role Technician, Site manager or Member admin.').waitFor()
    expect(await view.page.getByLabel('Reason').count()).toBe(0)
    await view.close()
  })

  it('of a peer is told with its place, and leads to the console of that gateway, where it is acknowledged', async () => {
    for (const language of ['en', 'de'] as const) {
      const view = await openConsole(browser, { scenario: 'peer-changed', language })
      await settled(view.page)
      expect(await view.page.locator('.banner').textContent()).toMatch(
        /gw-cold-3 .*block 4,108|gw-cold-3 .*Block 4\.108/,
      )
      expect(await view.page.locator('.statement h2').textContent()).toMatch(
        /^284 (of|von) 1[,.]204[,.]311 .*gw-cold-3/,
      )
      expect(await view.page.locator('.banner button').count()).toBe(0)
      expect(await view.page.locator('.banner a').getAttribute('href')).toMatch(
        /^http:\/\/10\.20\.4\.3:8420\/#\/ledger\?entry=82147&position=10$/,
      )
      expect(await axeFindings(view.page)).toEqual([])
      await view.close()
    }
  })

  it('leads from the banner to the reading, where the proof stops with expected and actual', async () => {
    const view = await openConsole(browser, { scenario: 'changed' })
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
