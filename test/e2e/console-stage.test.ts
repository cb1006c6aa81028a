/**
 * Every screen in every state, in both languages, at the corners of what a console is looked at with: nothing that cannot be read or
 * reached. All sizes, densities and palettes: `npm run matrix`.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeConsole } from '../support/describe-console.ts'
import { screens } from '../../src-renderer/words/screens.ts'
import { isLong } from '../support/long.ts'
import { allCorners, corners, lineOf, type Look, looksOf, sizes, Stage } from '../stage/matrix.ts'
import { startStage } from '../stage/stage-server.ts'
import { sceneOf, scenes, stages } from '../stage/stage-table.ts'
import type { ConsoleFixture } from '../support/console-fixture.ts'

const built = resolve(import.meta.dirname, '..', '..', 'out', 'renderer')
/** Three at a time: while one waits for its scene to stand still, the other is measured. */
const pages = 3

describe('the table of scenes', () => {
  it('has every screen, and every state of it or why there is none', () => {
    for (const screen of screens)
      expect(stages, `test/stage/stage-table.ts has no scene of the screen`).toHaveProperty(screen)
    for (const [place, { but }] of Object.entries(stages))
      for (const [state, why] of Object.entries(but ?? {}))
        if (typeof why === 'string') expect(why.length, `${place} ${state}`).toBeGreaterThan(10)
  })

  it('is no part of the released console', () => {
    for (const file of globSync('**/*.{js,html}', { cwd: built }))
      expect(readFileSync(join(built, file), 'utf8'), file).not.toMatch(/globalThis\.stage\b|stage\/scene\.js/)
  })
})

/** For axe, one look a scene, by turns: what it asks for hardly depends on the size. */
const turns = [
  ...looksOf({ size: [sizes[0]], density: ['desk'], language: ['en'], palette: ['dark'] }),
  ...looksOf({ size: [sizes[4]], density: ['glove'], language: ['de'] }),
  ...looksOf({ size: [sizes[2]], density: ['glove'], language: ['de'], palette: ['night'] }),
]

async function walkAll(browser: Browser, url: string) {
  const measured: string[] = []
  const accessible: string[] = []
  const waiting = [...scenes]
  const work = async () => {
    const stage = await Stage.open(browser, url)
    for (let scene = waiting.shift(); scene; scene = waiting.shift()) {
      for (const [position, look] of (isLong ? allCorners : corners).entries()) {
        if (position === 0) await stage.show(scene, look)
        else await stage.look(look)
        for (const finding of await stage.measure()) measured.push(lineOf(scene, look, finding))
      }
      const position = scenes.indexOf(scene)
      // The long form asks it of every state, and every other one is asked always.
      if (!isLong && position % 2 > 0) continue
      const look = turns[(position >> 1) % turns.length] as Look
      await stage.look(look)
      for (const finding of await stage.axe()) accessible.push(lineOf(scene, look, finding))
    }
    await stage.close()
  }
  await Promise.all(Array.from({ length: pages }, work))
  return { measured, accessible }
}

describeConsole('the console at its corners', (browser) => {
  let fixture: ConsoleFixture
  beforeAll(async () => {
    fixture = await startStage()
  })
  afterAll(async () => {
    await fixture?.close()
  })

  let walked: Promise<{ measured: string[]; accessible: string[] }> | null = null
  /** Every scene is loaded once, for both questions. */
  const walk = () => (walked ??= walkAll(browser(), fixture.url))

  it('can be read and reached in every state', async () => {
    expect((await walk()).measured).toEqual([])
  })

  it('has no accessibility finding in any state', async () => {
    expect((await walk()).accessible).toEqual([])
  })

  it('is found out where it is broken: a text over another, one cut off, a control covered, out of reach and too small', async () => {
    const stage = await Stage.open(browser(), fixture.url)
    const scene = sceneOf('overview', 'live')
    const look = looksOf({ size: [sizes[0]], density: ['touch'], language: ['en'] })[0]
    if (scene === null || look === undefined) throw new Error('the overview is not in the table')
    const planted: [what: string, style: string, finding: RegExp][] = [
      ['.statement .lead', 'margin-top: -30px', /text over text: .*unchanged/],
      ['.statement .lead', 'width: 60px; height: 20px; overflow: hidden', /cut off: "Checked/],
      [
        '.nav a span',
        'display: block; width: 20px; overflow: hidden; text-overflow: ellipsis',
        /cut off: .* without its full text/,
      ],
      ['.statement .btn', 'pointer-events: none', /covered: button\.btn "Check now"/],
      ['.statement .btn', 'position: fixed; left: -400px', /out of the window: button\.btn "Check now"/],
      ['.overview', 'overflow: hidden', /out of reach: a\.rowlink .* has no scroll bar/],
      ['.statement .btn', 'min-height: 20px; height: 20px; padding: 0', /too small to touch: button\.btn "Check now"/],
      [
        '.statement .btn',
        'display: inline-flex; width: 0; min-width: 0; padding: 0; border: 0; overflow: hidden',
        /no size: button\.btn/,
      ],
      ['.statement', 'width: 2000px', /scrolls sideways|cut off|out of reach|wider than the window/],
    ]
    await stage.show(scene, look)
    expect(await stage.measure()).toEqual([])
    for (const [what, style, finding] of planted) {
      const before = await stage.plant(what, style)
      expect(
        (await stage.measure()).filter((line) => finding.test(line)),
        `${what} { ${style} }`,
      ).not.toEqual([])
      await stage.plant(what, before)
    }
    expect(await stage.measure()).toEqual([])
    const withHint = sceneOf('sources', 'live')
    if (withHint === null) throw new Error('the sources are not in the table')
    await stage.show(withHint, look)
    await stage.plant('.w-find', 'flex: none; width: 120px')
    expect(await stage.measure()).toEqual([expect.stringMatching(/cut off: "Find a point.* by its field/)])
    await stage.close()
  })
})
