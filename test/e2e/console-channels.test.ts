/** The console of a gateway in two channels: which one is shown, and changing to the other, in both languages. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { startModbusServer, type ModbusServer } from '../../src-main/simulator/modbus-server.ts'
import { axeFindings, overflowing } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'
import { plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { twoChannels, type TwoChannels } from '../support/two-channels.ts'

const WORDS = { en: { channel: 'Channel', close: 'Close' }, de: { channel: 'Kanal', close: 'Schließen' } } as const

describeConsole('a gateway in two channels', (browser) => {
  let servers: [ModbusServer, ModbusServer]
  let plant: TwoChannels
  let daemon: Running
  let removeFolder = (): void => {}

  beforeAll(async () => {
    let km = 1_000
    const registers = (): Uint16Array => Uint16Array.of(km++, 20)
    servers = [await startModbusServer(1, registers), await startModbusServer(1, registers)]
    plant = await twoChannels(
      temporaryFolder((clean) => {
        removeFolder = clean
      }),
      servers,
    )
    daemon = Running.start(['start', '--config', plant.config, '--data', plant.data])
    await daemon.line(/Console: http/)
    await until(
      'both to record',
      60_000,
      () => plumblineJson<{ channels: { size: number }[] }>('status', '--data', plant.data),
      ({ document }) => document.channels.length === 2 && document.channels.every(({ size }) => size > 5),
    )
  }, 400_000)

  afterAll(async () => {
    daemon.signal('SIGTERM')
    await daemon.ended
    for (const server of servers) await server.close()
    removeFolder()
  })

  const sourcesOn = async (page: Page): Promise<string> => {
    await page.goto(`${new URL(page.url()).origin}/#/sources`)
    await page
      .locator('main')
      .getByText(/van|press/)
      .first()
      .waitFor()
    return (await page.locator('main').textContent()) ?? ''
  }

  for (const language of ['en', 'de'] as const)
    it(`shows one channel, and the other when it is chosen, also after a reload: ${language}`, async () => {
      const word = WORDS[language]
      const link = await plumblineJson<{ url: string }>('console', '--data', plant.data)
      const context = await browser().newContext({ locale: language, viewport: { width: 1280, height: 800 } })
      const page = await context.newPage()
      await page.addInitScript({ path: join(import.meta.dirname, 'page', 'probe.js') })
      const complaints: string[] = []
      page.on('pageerror', (error) => void complaints.push(error.message))
      await page.goto(link.document.url)
      const shown = page.locator('.bar .channel')
      await shown.getByText('Hall', { exact: true }).waitFor()
      expect(await shown.textContent()).toContain(word.channel)
      const first = await sourcesOn(page)
      expect([first.includes('van'), first.includes('press')]).toEqual([true, false])

      await shown.click()
      const choice = page.getByRole('dialog').getByLabel(word.channel, { exact: true })
      expect(await axeFindings(page)).toEqual([])
      await choice.selectOption({ label: 'Chemistry' })
      await shown.getByText('Chemistry', { exact: true }).waitFor()
      const second = await sourcesOn(page)
      expect([second.includes('van'), second.includes('press')]).toEqual([false, true])
      expect([await overflowing(page), await axeFindings(page)]).toEqual([[], []])
      await page.reload()
      await shown.getByText('Chemistry', { exact: true }).waitFor()
      // Ctrl+K leads to the other one, too, and lists the one that is shown no more.
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill(word.channel)
      await expect
        .poll(async () => await page.getByRole('option').allInnerTexts())
        .toEqual([expect.stringMatching(/^Hall\s/)])
      await page.keyboard.press('Enter')
      await shown.getByText('Hall', { exact: true }).waitFor()
      expect(complaints).toEqual([])
      await context.close()
    })
})
