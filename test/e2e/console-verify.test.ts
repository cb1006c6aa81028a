import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  axeFindings,
  buildConsole,
  chromiumPath,
  launchChromium,
  openConsole,
  type OpenConsole,
  type OpenOptions,
  overflowing,
  settled,
} from '../support/console-page.ts'
import { issue, makeVehicle } from '../unit/certificates/vehicle.ts'

if (chromiumPath === undefined)
  console.warn('console-verify: skipped, no Chromium on this machine (apt-get install chromium)')

/** Real certificates, checked by the console's worker with its engine, under its own security policy. */
describe.skipIf(chromiumPath === undefined)('a certificate given to the console', () => {
  let browser: Browser
  let file: Uint8Array
  let policy: string

  beforeAll(async () => {
    buildConsole()
    const vehicle = await makeVehicle({ days: 4 })
    file = issue(vehicle)
    policy = vehicle.channel.policy()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
  })

  async function given(bytes: Uint8Array, pinned: boolean, options: OpenOptions = {}): Promise<OpenConsole> {
    const view = await openConsole(browser, options)
    if (pinned) view.fixture.room.policies = [{ name: 'channel', channel: '00', fingerprint: '00', text: policy }]
    await view.go(options.person === null ? '#/verify' : '#/certificates?show=verify')
    const file = { name: 'vehicle.plumb', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) }
    await view.page.setInputFiles('input[type=file]', file)
    await view.page.locator('main .statement[data-verdict]').waitFor()
    await settled(view.page)
    return view
  }

  const states = (view: OpenConsole) =>
    view.page
      .locator('main .steps > li')
      .evaluateAll((steps: { getAttribute(name: string): string | null }[]) =>
        steps.map((step) => step.getAttribute('data-state')),
      )
  const verdict = (view: OpenConsole) => view.page.locator('main .statement').getAttribute('data-verdict')

  for (const language of ['en', 'de'] as const) {
    it(`is unchanged when every step holds under the pinned policy: ${language}`, async () => {
      const view = await given(file, true, { language })
      expect(await verdict(view)).toBe('unchanged')
      expect(await states(view)).toEqual(Array.from({ length: 8 }, () => 'holds'))
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`cannot be told while its channel is unknown, with the fingerprint to compare: ${language}`, async () => {
      const view = await given(file, false, { language })
      expect(await verdict(view)).toBe('cannot-tell')
      expect(await states(view)).toContain('waits')
      expect(await view.page.locator('main .bytes-lead').first().textContent()).toMatch(/[0-9A-F]{4} [0-9A-F]{4}/)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`is changed when one byte is, and stops at the step that shows it: ${language}`, async () => {
      const place = file.length >> 1
      const view = await given(file.with(place, (file[place] ?? 0) ^ 1), true, { language })
      expect(await verdict(view)).toBe('changed')
      const found = await states(view)
      expect(found.filter((state) => state === 'stops')).toHaveLength(1)
      expect(found.slice(found.indexOf('stops') + 1).every((state) => state === 'not-run')).toBe(true)
      expect(await view.page.locator('.banner').count(), 'a changed file is no changed ledger').toBe(0)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })
  }

  it('is checked without a sign-in too', async () => {
    const view = await given(file, true, { person: null })
    expect(await verdict(view)).toBe('unchanged')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('is refused in words when it is no certificate at all', async () => {
    const view = await given(new TextEncoder().encode('not a certificate'), true)
    expect(await verdict(view)).not.toBe('unchanged')
    expect(view.complaints).toEqual([])
    await view.close()
  })
})
