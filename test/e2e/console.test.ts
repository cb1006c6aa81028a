import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { screens } from '../../src-renderer/words/screens.ts'
import { axeFindings, openConsole, overflowing, settled } from '../support/console-page.ts'
import { MADE_UP } from '../support/console-fixture-record.ts'
import { describeConsole } from '../support/describe-console.ts'

const built = resolve(import.meta.dirname, '..', '..', 'out', 'renderer')

describeConsole('the console', (browser) => {
  it('says beside the blocks what ledger this one continues, and nothing where it continues none', async () => {
    const continues = { origin: `plumbline.local/${'ab12'.repeat(16)}`, size: 84_000, root: '9f8e'.repeat(16) }
    for (const [language, said] of [
      ['en', /^Continues plumbline\.local\/(ab12){4}… at 84,000 entries, root (9f8e){4}…, by its founder’s word$/],
      ['de', /^Setzt fort: plumbline\.local\/(ab12){4}… ab 84\.000 Einträgen, Wurzel (9f8e){4}…, nach dem Wort/],
    ] as const) {
      const view = await openConsole(browser(), { language })
      await view.go('#/ledger')
      expect(await view.page.locator('.ledger .continues').count()).toBe(0)
      const session = view.fixture.room.session
      if (session !== null) session.channel = { ...session.channel, continues }
      await view.page.reload()
      await view.go('#/ledger')
      expect(await view.page.locator('.ledger .continues').innerText()).toMatch(said)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      await view.close()
    }
  })

  it('shows an event of a kind that it has no word for by its type, with all that it says', async () => {
    for (const language of ['en', 'de'] as const) {
      const view = await openConsole(browser(), { language })
      await view.go('#/ledger?entry=84070')
      expect(await view.page.locator('.ledger .c2 tr.picked').innerText()).toContain(MADE_UP)
      const opened = await view.page.locator('.ledger .c3').innerText()
      for (const said of [`${MADE_UP}, gw-fill-1`, 'urn:own:tank-1', 'A. Example']) expect(opened).toContain(said)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      await view.close()
    }
  })

  for (const palette of ['dark', 'night'] as const) {
    it(`keeps its contrasts in the palette ${palette}`, async () => {
      const view = await openConsole(browser(), { scenario: 'changed', palette })
      for (const place of ['#/overview', '#/sources', '#/ledger?entry=82147&position=10', '#/peers']) {
        await view.go(place)
        expect(await axeFindings(view.page), place).toEqual([])
      }
      await view.close()
    })
  }

  for (const density of ['touch', 'glove'] as const) {
    it(`can be scrolled to everything in the density ${density}`, async () => {
      const view = await openConsole(browser(), { density })
      for (const place of ['#/overview', '#/sources', '#/peers']) {
        await view.go(place)
        expect(await view.page.evaluate<number>('probe.widerThanPage()'), place).toBeLessThanOrEqual(0)
        expect(await view.page.evaluate<boolean>('probe.hidesItsFoot()'), place).toBe(false)
      }
      await view.close()
    })
  }

  it('says the same facts in both languages and changes without a reload', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    const statement = view.page.locator('.statement h2')
    expect(await statement.textContent()).toBe('All 1,204,311 readings since 3 March are unchanged.')
    await view.page.getByRole('button', { name: /A\. Berger/ }).click()
    await view.page.getByRole('radio', { name: 'Deutsch' }).click()
    expect(await statement.textContent()).toBe('Alle 1.204.311 Messwerte seit dem 3. März sind unverändert.')
    expect(await view.page.locator('html').getAttribute('lang')).toBe('de')
    expect(await view.page.locator('tr[data-source=pasteuriser] td.num').nth(1).textContent()).toBe('72,41')
    await view.close()
  })

  const nowhere = [
    ['#/nonsense', 'no screen “nonsense”', 'keine Seite „nonsense“', '#/overview'],
    ['#/a%20b%E2%80%AEc', 'no screen “a b\u{FFFD}c”', 'keine Seite „a b\u{FFFD}c“', '#/overview'],
    ['#/ledger?entry=abc', 'no entry “abc”', 'keinen Eintrag „abc“', '#/ledger'],
    ['#/ledger?entry=99999999', 'numbered from 0 to 84,220', 'von 0 bis 84.220 nummeriert', '#/ledger'],
    [
      '#/ledger?entry=84067&position=x',
      'no reading “x” in entry 84,067',
      'keinen Messwert „x“',
      '#/ledger?entry=84067',
    ],
    ['#/ledger?entry=84067&position=900', 'no reading “900”', 'keinen Messwert „900“', '#/ledger?entry=84067'],
  ] as const

  for (const language of ['en', 'de'] as const) {
    it(`says of an address that leads nowhere what was asked, what there is, and where to go on: ${language}`, async () => {
      const view = await openConsole(browser(), { language })
      for (const [place, english, german, link] of nowhere) {
        await view.go(place)
        const said = view.page.locator('.not-here')
        await said.waitFor()
        expect(await said.textContent(), place).toContain(language === 'en' ? english : german)
        expect(await axeFindings(view.page), place).toEqual([])
        expect(await overflowing(view.page), place).toEqual([])
        await said.locator(`a[href="${link}"]`).click()
        await said.waitFor({ state: 'detached' })
        await settled(view.page)
        expect(await view.page.locator('main .trouble').count(), `${place}: goes on`).toBe(0)
      }
      expect(view.complaints.filter((line) => !line.includes('status of 404'))).toEqual([])
      await view.close()
    })
  }

  const besides = [
    ['#/sources?source=nobody', 'no source “nobody”', 'keine Quelle „nobody“'],
    ['#/sources?show=nothing', 'no part “nothing”', 'keinen Teil „nothing“'],
    ['#/certificates?show=nothing', 'no part “nothing”', 'keinen Teil „nothing“'],
    ['#/certificates?show=register&id=PL-0', 'no certificate “PL-0”', 'kein Zertifikat „PL-0“'],
    ['#/certificates?asset=VIN:0', 'no asset “VIN:0”', 'keinen Gegenstand „VIN:0“'],
    ['#/ledger?at=1000000', 'first block was sealed on 3 March', 'erste Block wurde am 3. März'],
    ['#/ledger?at=1900000000000000', 'newest block was sealed on 11 March', 'neueste Block wurde am 11. März'],
  ] as const

  it.each(['en', 'de'] as const)(
    'says what of an address there is not, beside what is shown instead: %s',
    async (language) => {
      const view = await openConsole(browser(), { language })
      for (const [place, english, german] of besides) {
        await view.go(place)
        const said = view.page.locator('main .trouble')
        await said.waitFor()
        expect(await said.textContent(), place).toContain(language === 'en' ? english : german)
      }
      await view.page.locator('.c1 .rowkey').nth(1).click()
      await view.page.locator('main .trouble').waitFor({ state: 'detached' })
      expect(view.complaints).toEqual([])
      await view.close()
    },
  )

  for (const [language, written, wrong] of [
    ['en', /^\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d$/, 'This is no time. Write it like'],
    ['de', /^\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d$/, 'Das ist keine Zeit. Schreiben Sie sie wie'],
  ] as const)
    it(`has times in its fields in its own language, whatever the browser speaks: ${language}`, async () => {
      const view = await openConsole(browser(), { language })
      for (const place of ['#/trends?span=custom', '#/certificates']) {
        await view.go(place)
        const from = view.page.getByLabel(language === 'en' ? 'From' : 'Von', { exact: true })
        expect(await from.inputValue(), place).toMatch(written)
        await from.fill('31.02.2026')
        await from.press('Enter')
        await view.page.getByText(wrong).waitFor()
        expect(await axeFindings(view.page), place).toEqual([])
        await from.fill('2026-03-11 09:00:00')
        await from.press('Enter')
        await view.page.getByText(wrong).waitFor({ state: 'detached' })
        await settled(view.page)
        expect(await from.inputValue()).toBe(language === 'en' ? '11 Mar 2026 09:00:00' : '11.03.2026 09:00:00')
      }
      expect(view.complaints).toEqual([])
      await view.close()
    })

  it('opens screens by Alt and a digit, and knows them by their address', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    for (const [position, hash] of screens.entries()) {
      await view.page.keyboard.press(`Alt+${(position + 1) % 10}`)
      await view.page.locator(`.nav a[aria-current=page][href="#/${hash}"]`).waitFor()
    }
    await view.close()
  })

  it('keeps the last values, hatched, and says since when nothing arrives', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    expect(await view.page.locator('.stale-chip').count()).toBe(0)
    view.fixture.goSilent()
    await view.page.locator('.bar .lost').waitFor()
    expect(await view.page.locator('tr[data-source=pasteuriser] .stale-chip').textContent()).toBe('72.41')
    await view.close()
  })

  it('shows a pushed value with the digits the instrument gave', async () => {
    const view = await openConsole(browser())
    await settled(view.page)
    const { points } = (await (await fetch(`${view.fixture.url}/api/points`)).json()) as {
      points: { label: string; atUs: number }[]
    }
    const point = points.find(({ label }) => label === 'Holding temperature')
    const pushed = {
      ...point,
      text: '72.40',
      value: { kind: 'float', value: 72.4 },
      atUs: (point?.atUs ?? 0) + 900_000,
    }
    view.fixture.push('points', { atUs: pushed.atUs + 100_000, points: [pushed] })
    await view.page.locator('tr[data-source=pasteuriser] td.num', { hasText: '72.40' }).waitFor()
    expect(view.complaints).toEqual([])
    await view.close()
  })

  it('loads at most 150 KiB of compressed scripts and styles first, 620 KiB of scripts in all', () => {
    const packed = (file: string) => gzipSync(readFileSync(join(built, file))).length
    const html = readFileSync(join(built, 'index.html'), 'utf8')
    const first = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '')
    expect(first.length).toBeGreaterThanOrEqual(2)
    expect(first.reduce((sum, file) => sum + packed(file), 0)).toBeLessThanOrEqual(150 * 1024)
    const scripts = ['assets', 'worker'].flatMap((folder) =>
      readdirSync(join(built, folder)).map((name) => `${folder}/${name}`),
    )
    const total = scripts.filter((name) => name.endsWith('.js')).reduce((sum, file) => sum + packed(file), 0)
    // A third of it draws pages, and is loaded where somebody checks one; the words of every contract are among it.
    expect(total).toBeLessThanOrEqual(620 * 1024)
  })
})
