import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { odometerSource } from '../../../src-main/packs/odometer/source.ts'
import { odometerWords as words } from '../../../src-main/packs/odometer/words.ts'
import { wordsOfPack } from '../../../src-main/packs/shipped-words.ts'

const root = join(import.meta.dirname, '..', '..', '..')

describe('the odometer’s words', () => {
  test('stand for the pack', () => {
    expect(wordsOfPack('odometer')).toBe(words)
    expect(wordsOfPack('tyre-wear')).toBeNull()
  })

  test('name every code that the pack gives', () => {
    const codes = new Set(
      [...odometerSource.matchAll(/reason\((?:\w+ \? )?'([A-Z_]+)'(?: : '([A-Z_]+)')?/g)].flatMap((one) =>
        one.slice(1),
      ),
    )
    for (const [, code] of odometerSource.matchAll(/code: '([A-Z_]+)'/g)) codes.add(code!)
    codes.delete(undefined as unknown as string)
    expect(codes.size).toBeGreaterThan(15)
    for (const code of codes) expect(words.reasons, code).toHaveProperty(code)
  })

  test('name every figure and every verdict that the pack gives', () => {
    const figuresOf = /const figuresOf = [^]*?\n\}/.exec(odometerSource)![0]
    const names = ['distanceKm', 'firstKm', 'lastKm', 'readings', 'leftOut', 'days']
    for (const name of names) expect([figuresOf.includes(name), name in words.figures], name).toEqual([true, true])
    for (const verdict of ['logical', 'illogical', 'no judgement']) {
      expect(odometerSource).toContain(`'${verdict}'`)
      expect(words.verdicts).toHaveProperty([verdict])
    }
  })

  test('use only values that they say how to show, the same in both languages, and end with what needs none', () => {
    const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted()
    for (const [code, sentences] of Object.entries(words.reasons)) {
      for (const { en, de } of sentences) {
        expect(names(en), code).toEqual(names(de))
        for (const name of names(en)) expect(words.values, code).toHaveProperty(name)
      }
      expect(names(sentences.at(-1)!.en), code).toEqual([])
    }
  })

  test('are the only ones: nothing outside the packs names their figures or codes', () => {
    const names = [
      ...Object.keys(words.figures).filter((name) => name.endsWith('Km')),
      ...Object.keys(words.reasons).filter((code) => code.includes('_')),
    ]
    const pattern = new RegExp(`\\b(?:${[...names, 'ROLLBACK', 'ODOMETER'].join('|')})\\b`)
    const files = execFileSync('git', ['ls-files', 'src-main', 'src-renderer'], { cwd: root, encoding: 'utf8' }).split(
      '\n',
    )
    const code = files.filter((path) => /\.(?:ts|svelte|json)$/.test(path) && !path.startsWith('src-main/packs/'))
    expect(code.length).toBeGreaterThan(100)
    expect(code.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
  })
})
