import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conditionText } from '../../../src-main/endpoints/condition-text.ts'
import { conditionCodes, kindOf } from '../../../src-main/endpoints/conditions.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const main = join(root, 'src-main')
const files = readdirSync(main, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('shell/') && !/^endpoints\/(?:\w+-)?conditions\.ts$/.test(file),
)
const source = files.map((file) => readFileSync(join(main, file), 'utf8')).join('\n')
const messages = (language: string) =>
  JSON.parse(readFileSync(join(root, 'src-renderer', 'messages', `${language}.json`), 'utf8')) as Record<string, string>
const en = messages('en')
const de = messages('de')

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted()
const keyOf = (code: string) => `condition_${code.replaceAll('-', '_')}`

describe('the table of conditions', () => {
  it('has every code that is raised, and none that nobody raises', () => {
    // The type of `onCondition` and of `set` takes only codes of the table; what is left is that each is raised somewhere.
    expect(conditionCodes.filter((code) => !source.includes(`'${code}'`))).toEqual([])
    expect(source).not.toMatch(/onAlarm|alarms\.raise/)
  })

  it('has words for each in both languages, and in English the same as the console', () => {
    for (const code of conditionCodes) {
      const { text, means, todo } = kindOf(code)
      const key = keyOf(code)
      expect([en[key], en[`${key}_means`], en[`${key}_todo`]], code).toEqual([text, means, todo])
      for (const end of ['', '_means', '_todo']) {
        const german = de[`${key}${end}`] ?? ''
        expect(german, `${key}${end}`).not.toBe('')
        expect(german, `${key}${end}`).not.toBe(en[`${key}${end}`])
        expect(names(german), `${key}${end}`).toEqual(names(en[`${key}${end}`] ?? ''))
      }
    }
    const keys = Object.keys(en).filter((key) => key.startsWith('condition_'))
    expect(keys).toHaveLength(3 * conditionCodes.length)
  })

  it('says what is so without a full stop, what follows and what to do in sentences, and names places only in the first', () => {
    for (const code of conditionCodes) {
      const { text, means, todo } = kindOf(code)
      expect(text, code).not.toMatch(/\.$/)
      for (const sentence of [means, todo]) {
        expect(sentence, code).toMatch(/\.$/)
        expect(names(sentence), code).toEqual([])
      }
    }
  })

  it('makes an event of all of priority 1, of nothing that flaps, and never of an event that failed', () => {
    for (const code of conditionCodes) {
      const { priority, event, tamper } = kindOf(code)
      if (priority === 1 || tamper === true) expect(event, code).toBe(true)
    }
    for (const code of ['source-stale', 'peer-silent', 'no-leader', 'event-refused', 'event-not-signed'] as const)
      expect(kindOf(code).event, code).toBe(false)
  })

  it('fills in place and facts, groups figures, and takes nothing from what others wrote', () => {
    expect(conditionText('gateway-lags', 'gw-2', { entries: 1_204, seconds: 12 })).toBe(
      'gw-2 is 1,204 entries behind the others, for 12 s',
    )
    expect(conditionText('messages-refused', '{count}', { count: 10, what: '$& {place}' })).toBe(
      '{count} sends what no sound gateway sends, 10 times in a minute: $& {place}',
    )
  })
})
