import { globSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unique } from '../../../src-renderer/parts/unique.ts'

const renderer = resolve(import.meta.dirname, '..', '..', '..', 'src-renderer')

/** The heads of all `{#each}` blocks of a component, without the braces. */
function eachHeads(source: string): string[] {
  return [...source.matchAll(/\{#each\s/g)].map(({ index }) => {
    let depth = 0
    for (let end = index; end < source.length; end += 1) {
      if (source[end] === '{') depth += 1
      else if (source[end] === '}' && --depth === 0) return source.slice(index + 7, end).trim()
    }
    throw new Error('a list that never ends')
  })
}

/** Why a list may come to hold one key twice; null: it cannot. */
function risk(head: string): string | null {
  const keyed = /\((?<key>[^()]*|[^()]*\([^()]*\)[^()]*)\)$/s.exec(head.slice(head.lastIndexOf(' as ')))
  if (keyed === null) return null
  if (keyed.groups?.key !== 'key') return `keyed by (${keyed.groups?.key})`
  return /^unique\(.*\) as \[key, [^\]]+.*\](?:, \w+)? \(key\)$/s.test(head) ? null : 'its keys are not from unique()'
}

describe('keys of lists', () => {
  it('are unique whatever repeats itself', () => {
    const keys = unique(['a', 'b', 'a', '1:a', '2:a', 'a', '', ''], (text) => text).map(([key]) => key)
    expect(new Set(keys).size).toBe(8)
    expect(keys[0]).toBe('1:a')
    expect(keys[2]).toBe('2:a')
  })

  it('stay with their items when others come and go', () => {
    const keyOf = (list: string[], item: string) => unique(list, (text) => text).find(([, one]) => one === item)?.[0]
    expect(keyOf(['a', 'b', 'c'], 'c')).toBe(keyOf(['c'], 'c'))
  })

  it('come from one function in every component', () => {
    const risks: string[] = []
    let lists = 0
    for (const file of globSync('**/*.svelte', { cwd: renderer })) {
      for (const head of eachHeads(readFileSync(resolve(renderer, file), 'utf8'))) {
        lists += 1
        const why = risk(head)
        if (why !== null) risks.push(`${relative('.', file)}: {#each ${head}}: ${why}`)
      }
    }
    expect(lists).toBeGreaterThan(40)
    expect(risks).toEqual([])
  })

  it('are found where they do not', () => {
    expect(risk('rows as row (row.id)')).not.toBeNull()
    expect(risk('rows as row, place (sourceKey(row))')).not.toBeNull()
    expect(risk('rows as [key, row] (key)')).not.toBeNull()
    expect(risk('spans(text) as span')).toBeNull()
    expect(risk('unique(rows, (row) => row.id) as [key, { id, name }], place (key)')).toBeNull()
  })
})
