/** Every scene at every size, density and language, measured in one page of a real browser. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { axeFindings } from '../support/console-page.ts'
import { addressOf } from './stage-server.ts'
import type { Scene } from './stage-table.ts'

export const languages = ['en', 'de'] as const
export const densities = ['desk', 'touch', 'glove'] as const
export const palettes = ['light', 'dark', 'night'] as const

/** The last is 1280 x 800 at 200 % zoom. Widths and heights in CSS pixels. */
export const sizes = [
  { name: '1280x800', width: 1280, height: 800, scale: 1 },
  { name: '1024x768', width: 1024, height: 768, scale: 1 },
  { name: '1024x600', width: 1024, height: 600, scale: 1 },
  { name: '800x1280', width: 800, height: 1280, scale: 1 },
  { name: '390x844', width: 390, height: 844, scale: 1 },
  { name: '640x400-zoomed', width: 640, height: 400, scale: 2 },
] as const
export type Size = (typeof sizes)[number]

export interface Look {
  size: Size
  density: (typeof densities)[number]
  language: (typeof languages)[number]
  palette: (typeof palettes)[number]
}

/** Sizes outermost: changing one costs most. */
export function looksOf(pick: Partial<{ [K in keyof Look]: readonly Look[K][] }> = {}): Look[] {
  return (pick.size ?? sizes).flatMap((size) =>
    (pick.density ?? densities).flatMap((density) =>
      (pick.language ?? languages).flatMap((language) =>
        (pick.palette ?? (['light'] as const)).map((palette) => ({ size, density, language, palette })),
      ),
    ),
  )
}

/** The most room with the least in it, and the least room with the largest targets and the longer words. */
export const corners: readonly Look[] = [
  { size: sizes[0], density: 'desk', language: 'en', palette: 'light' },
  { size: sizes[4], density: 'glove', language: 'de', palette: 'light' },
]
/** Each of the two sizes by the smallest and the largest targets, in both languages. */
export const allCorners: readonly Look[] = looksOf({ size: [sizes[0], sizes[4]], density: ['desk', 'glove'] })

const measures = readFileSync(join(import.meta.dirname, 'page', 'measure.js'), 'utf8')
const probe = readFileSync(join(import.meta.dirname, '..', 'e2e', 'page', 'probe.js'), 'utf8')
const readyWithinMs = 15_000

export class Stage {
  readonly page: Page
  readonly #session: CDPSession
  readonly #url: string
  #size: Size | null = null

  private constructor(page: Page, session: CDPSession, url: string) {
    this.page = page
    this.#session = session
    this.#url = url
  }

  static async open(browser: Browser, url: string): Promise<Stage> {
    const context = await browser.newContext({ viewport: null, timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' })
    const page = await context.newPage()
    return new Stage(page, await context.newCDPSession(page), url)
  }

  /** Loads the scene, and waits until nothing moves any more. Throws with the scene's name when it never stands still. */
  async show(scene: Scene, look: Look): Promise<void> {
    await this.resize(look.size)
    const { language, density, palette } = look
    await this.page.goto(addressOf(this.#url, scene.place, scene.state, { language, density, palette }))
    await this.#still(scene)
    await this.page.evaluate(measures)
  }

  /** Changes how the scene is looked at, without loading it again. */
  async look({ size, language, density, palette }: Look): Promise<void> {
    await this.resize(size)
    await this.page.evaluate(`stage.set(${JSON.stringify({ language, density, palette })})`)
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
    )
  }

  async resize(size: Size): Promise<void> {
    if (this.#size === size) return
    this.#size = size
    const { width, height, scale } = size
    await this.#session.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: false,
    })
  }

  measure(): Promise<string[]> {
    return this.page.evaluate<string[]>('measure()')
  }

  async axe(): Promise<string[]> {
    await this.page.evaluate(probe)
    const findings = await axeFindings(this.page)
    return findings.map(({ id, help, nodes }) => `axe ${id}: ${help}: ${nodes[0] ?? ''}`)
  }

  /** Breaks the first element that fits, by style; gives back the style it had. For proving that the measure finds it. */
  plant(selector: string, style: string): Promise<string> {
    return this.page.evaluate<string>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)})
      const before = element.style.cssText
      element.style.cssText = ${JSON.stringify(style)}
      return before
    })()`)
  }

  async picture(path: string): Promise<void> {
    await this.page.screenshot({ path })
  }

  async close(): Promise<void> {
    await this.page.context().close()
  }

  async #still(scene: Scene): Promise<void> {
    const until = Date.now() + readyWithinMs
    while (!(await this.page.evaluate<boolean>('globalThis.stage?.ready() ?? false'))) {
      if (Date.now() > until) throw new Error(`${scene.place} ${scene.state} never stands still`)
      await this.page.waitForTimeout(25)
    }
  }
}

export const lineOf = (scene: Scene, look: Look, finding: string): string =>
  `${scene.place} ${scene.state} ${look.size.name} ${look.density} ${look.language}: ${finding}`
