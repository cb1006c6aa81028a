import { expect, it } from 'vitest'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'
import { plantStatus, type Scenario } from '../support/console-fixture-plant.ts'

const sentences: [Scenario, 'en' | 'de', verdict: string, lead: string, peers: RegExp][] = [
  ['normal', 'en', 'unchanged', '3 of 3 gateways agree', /^3 of 3 gateways agree\./],
  ['normal', 'de', 'unchanged', '3 von 3 Gateways stimmen überein', /^3 von 3 Gateways sind einig\./],
  ['unknown', 'en', 'cannot-tell', 'gw-past-2 has not shown its record since 14:01:02.', /^Cannot tell whether all/],
  [
    'unknown',
    'de',
    'cannot-tell',
    'gw-past-2 hat seine Aufzeichnung seit 14:01:02 nicht gezeigt.',
    /^Noch nicht zu sagen/,
  ],
  ['doubt', 'en', 'cannot-tell', 'This record is not that of the other gateways.', /agree: 2 of 3 do\.$/],
  ['doubt', 'de', 'cannot-tell', 'Diese Aufzeichnung ist nicht die der anderen Gateways.', /2 von 3 sind es\.$/],
]

describeConsole('what was compared, in the console', (browser) => {
  it.each(sentences)('of %s is said in %s', async (scenario, language, verdict, lead, peers) => {
    const view = await openConsole(browser(), { scenario, language })
    await settled(view.page)
    expect(await view.page.locator('.statement').getAttribute('data-verdict')).toBe(verdict)
    expect(await view.page.locator('.statement').textContent()).toContain(lead)
    expect(await view.page.locator('.banner').count()).toBe(0)
    expect([await overflowing(view.page), await axeFindings(view.page)]).toEqual([[], []])
    await view.go('#/peers')
    expect(await view.page.locator('.headline').textContent()).toMatch(peers)
    expect([await overflowing(view.page), await axeFindings(view.page)]).toEqual([[], []])
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('a condition says what is so, since when and what to do, in both languages, and the most urgent one what follows', async () => {
    for (const [language, words] of [
      [
        'en',
        /^gw-cold-3 shows another record than this gateway has, at size 84,102 Since 14:01:57\. Check the record on both\.$/,
      ],
      [
        'de',
        /^gw-cold-3 zeigt bei Größe 84\.102 eine andere Aufzeichnung, als dieses Gateway hat Seit 14:01:57\. Die Aufzeichnung auf beiden prüfen\.$/,
      ],
    ] as const) {
      const view = await openConsole(browser(), { scenario: 'doubt', language })
      await settled(view.page)
      const shown = await view.page.locator('[data-condition=record-differs] p').textContent()
      expect(shown?.replaceAll(/\s+/g, ' ').trim()).toMatch(words)
      const urgent = await view.page.locator('[data-condition=doubt] small').textContent()
      expect(urgent).toMatch(/One of them is wrong, .* Keep all folders|Eine davon ist falsch, .* Alle Ordner lassen/s)
      // The most urgent one stands first.
      expect(await view.page.locator('[data-condition]').first().getAttribute('data-condition')).toBe('doubt')
      await view.close()
    }
  })

  it('two gateways that both call a source "meter" have two lines, and the Overview is no skeleton', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    const status = plantStatus('normal')
    const energy = status.sources.filter(({ id }) => id === 'energy')
    const twins = ['gw-fill-1', 'gw-past-2'].flatMap((gateway) =>
      energy.map((one) => ({ ...one, id: 'meter', gateway })),
    )
    view.fixture.push('status', { ...status, sources: [...status.sources, ...twins] })
    await view.page.locator('tr[data-source=meter]').nth(1).waitFor()
    expect(await view.page.locator('tr[data-source=meter]').count()).toBe(2)
    await view.go('#/sources')
    view.fixture.push('status', { ...status, sources: [...status.sources, ...twins] })
    await view.page.locator('tr[data-source=meter]').nth(1).waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })
})
