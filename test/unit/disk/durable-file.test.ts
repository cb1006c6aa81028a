import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renameDurably, writeDurably, writeWhole } from '../../../src-main/disk/durable-file.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-durable-'))
  file = join(folder, 'kept.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['written durably', writeDurably],
  ['written whole', writeWhole],
])('a file that is %s', (_, write) => {
  test('is there alone, with its content, for its own account only', () => {
    write(file, 'first')
    write(file, new TextEncoder().encode('second'))
    expect(readFileSync(file, 'utf8')).toBe('second')
    expect(readdirSync(folder)).toEqual(['kept.json'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('is not made of what a killed process left, nor by its mode', () => {
    writeFileSync(`${file}.new`, 'half of something longer', { mode: 0o644 })
    write(file, 'whole')
    expect(readFileSync(file, 'utf8')).toBe('whole')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('stays as it was where the new one cannot be put in its place, and leaves nothing behind', () => {
    mkdirSync(join(folder, 'taken', 'by a folder'), { recursive: true })
    expect(() => write(join(folder, 'taken'), 'x')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  test('is under the name that its process gave until it is whole', () => {
    mkdirSync(`${file}.new`)
    write(file, 'mine', `${file}.17.new`)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })
})

test('a finished file takes the place of another one', () => {
  writeFileSync(file, 'old')
  writeFileSync(`${file}.rebuilt`, 'new')
  renameDurably(`${file}.rebuilt`, file)
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(existsSync(`${file}.rebuilt`)).toBe(false)
})
