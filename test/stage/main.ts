/**
 * `npm run matrix`: measures every screen in every state, size, density and language; one line a finding, exit 1 when there is one.
 *
 *   --out FOLDER      writes a picture of each
 *   --only TEXT       scenes and looks whose line contains TEXT ("trends live", "390x844 glove")
 *   --palettes        in all three palettes, not only in the light one
 *   --show            serves the route for looking at it instead: every screen in every state, to pick from
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { buildConsole } from '../support/console-page.ts'
import { lineOf, type Look, looksOf, palettes, Stage } from './matrix.ts'
import { startStage } from './stage-server.ts'
import { type Scene, scenes } from './stage-table.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string' },
    palettes: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
})

const asked = (scene: Scene, look: Look) => values.only === undefined || lineOf(scene, look, '').includes(values.only)

async function measureAll(out: string | null): Promise<number> {
  const browser = await launchChromium()
  const { url, close } = await startStage()
  const stage = await Stage.open(browser, url)
  const looks = looksOf(values.palettes ? { palette: palettes } : {})
  const startedMs = Date.now()
  let findings = 0
  let cells = 0
  try {
    for (const scene of scenes) {
      let shown = false
      for (const look of looks.filter((one) => asked(scene, one))) {
        if (shown) await stage.look(look)
        else await stage.show(scene, look)
        shown = true
        cells += 1
        if (out !== null) {
          const { size, density, language, palette } = look
          await stage.picture(
            join(out, `${[scene.place, scene.state, size.name, density, language, palette].join('_')}.png`),
          )
        }
        for (const finding of await stage.measure()) {
          findings += 1
          process.stdout.write(`${lineOf(scene, look, finding)}\n`)
        }
      }
    }
  } finally {
    await stage.close()
    await browser.close()
    await close()
  }
  const seconds = Math.round((Date.now() - startedMs) / 1000)
  process.stderr.write(`${cells} looks at ${scenes.length} scenes in ${seconds} s: ${findings} findings\n`)
  return findings
}

buildConsole()
if (values.show) {
  const { url } = await startStage(Number(process.env['PORT'] ?? 0))
  process.stdout.write(`${url}/stage\n`)
} else if (chromiumPath === undefined) {
  process.stderr.write('matrix: needs Chromium (apt-get install chromium)\n')
  process.exitCode = 69
} else {
  const out = values.out === undefined ? null : resolve(values.out)
  if (out !== null) mkdirSync(out, { recursive: true })
  process.exitCode = (await measureAll(out)) === 0 ? 0 : 1
}
