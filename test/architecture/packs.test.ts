/** A new vertical is a new folder and nothing else: whoever names a pack outside knows something that only the pack may know. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './planted.ts'

const packs = readdirSync(join(root, 'src-main/packs')).filter((name) =>
  existsSync(join(root, 'src-main/packs', name, 'pack.json')),
)
const tracked = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src-main', 'src-renderer'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((path) => /\.(?:ts|mjs|js|json|svelte|css|sql|html)$/.test(path) && existsSync(join(root, path)))
/** Names that are words of the trade besides: a reading has one. Such a pack is named by its folder, or by a type of its events. */
const ALSO_WORDS = ['quality']
const eventsOf = (name: string): string[] => {
  const text = readFileSync(join(root, 'src-main/packs', name, 'pack.json'), 'utf8')
  return Object.keys((JSON.parse(text) as { events: object }).events)
}
const names = packs.flatMap((name) =>
  ALSO_WORDS.includes(name) ? [`packs/${name}`, ...eventsOf(name).map((type) => type.replace('.', '\\.'))] : [name],
)
/** Packs themselves, and the demo, which shows one. */
const MAY_NAME = /^src-main\/(?:packs|simulator)\//

test('no file outside packs and simulator names a pack that is shipped', () => {
  expect(packs.length).toBeGreaterThan(0)
  const others = tracked.filter((path) => !MAY_NAME.test(path))
  expect(others.length).toBeGreaterThan(300)
  const name = new RegExp(`\\b(?:${names.join('|')})s?\\b`, 'i')
  const lines = others.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, at) => (name.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
  )
  expect(lines).toEqual([])
})

test('of the packs’ own layer only the list of words for browsers names them', () => {
  const name = new RegExp(`\\b(?:${names.join('|')})\\b`, 'i')
  const layer = tracked.filter((path) => /^src-main\/packs\/[^/]+\.ts$/.test(path))
  const naming = layer.filter((path) => name.test(readFileSync(join(root, path), 'utf8')))
  expect(naming).toEqual(['src-main/packs/shipped-words.ts'])
})
