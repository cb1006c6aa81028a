import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Message = string | { declarations: string[]; match: Record<string, string> }[]
const read = (locale: string) =>
  JSON.parse(readFileSync(new URL(`../../../src-renderer/messages/${locale}.json`, import.meta.url), 'utf8')) as Record<
    string,
    Message
  >
const en = read('en')
const de = read('de')
const keys = Object.keys(en).filter((key) => key !== '$schema')

const variants = (message: Message | undefined): string[] =>
  typeof message === 'string' ? [message] : (message ?? []).flatMap((one) => Object.values(one.match))
const placeholders = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))

describe('the messages', () => {
  it.each(['en', 'de'])('are each there once: of two the parser takes the last without a word (%s)', (locale) => {
    const text = readFileSync(new URL(`../../../src-renderer/messages/${locale}.json`, import.meta.url), 'utf8')
    const written = [...text.matchAll(/^  "(\w+)":/gm)].map((match) => match[1])
    expect(written.filter((key, at) => written.indexOf(key) !== at)).toEqual([])
  })

  it('exist in both languages', () => {
    expect(Object.keys(de).toSorted()).toEqual(Object.keys(en).toSorted())
  })

  it('carry the same figures in both languages', () => {
    const all = (message: Message | undefined) =>
      [...new Set(variants(message).flatMap((text) => [...placeholders(text)]))].toSorted()
    for (const key of keys) expect(all(de[key]), key).toEqual(all(en[key]))
  })

  it('set the deciding word apart in both languages or in none', () => {
    for (const key of keys) {
      const stars = (message: Message | undefined) => variants(message).map((text) => text.split('*').length - 1)
      for (const marks of [...stars(en[key]), ...stars(de[key])]) expect(marks % 2, key).toBe(0)
      expect(
        stars(de[key]).some((marks) => marks > 0),
        key,
      ).toBe(stars(en[key]).some((marks) => marks > 0))
    }
  })

  it('promise nothing and shout nothing', () => {
    for (const key of keys) {
      for (const text of [...variants(en[key]), ...variants(de[key])]) {
        expect(text, key).not.toMatch(/!/)
        expect(text, key).not.toMatch(/\bsecure\b|\bverified\b/i)
      }
    }
  })
})
