import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { People } from '../../../src-main/api/people.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ROLES = ['installer', 'auditor'] as const
let file: string
beforeEach(() => {
  file = join(temporaryFolder(onTestFinished), 'people.json')
})

test('a person outlives a restart; the passphrase itself is not in the file', async () => {
  await People.open(file, ROLES).enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  const again = People.open(file, ROLES)
  expect(again.list()).toEqual([{ name: 'Ada', role: 'auditor' }])
  expect(await again.identify('Ada', 'correct horse')).toEqual({ name: 'Ada', role: 'auditor' })
  expect(await again.identify('Ada', 'correct horsf')).toBeNull()
  expect(await again.identify('Eve', 'correct horse')).toBeNull()
  expect(readFileSync(file, 'utf8')).not.toContain('correct horse')
})

test('the same passphrase of two people gives two hashes', async () => {
  const people = People.open(file, ROLES)
  await people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  await people.enrol({ name: 'Bob', role: 'auditor', passphrase: 'correct horse' })
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { people: { passphrase: { hash: string } }[] }
  expect(new Set(stored.people.map(({ passphrase }) => passphrase.hash)).size).toBe(2)
})

test('a new passphrase ends the old one; removing a person ends its sign-in', async () => {
  const people = People.open(file, ROLES)
  await people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  await people.reset('Ada', 'battery staple')
  expect(people.list()).toEqual([{ name: 'Ada', role: 'auditor' }])
  expect(await people.identify('Ada', 'correct horse')).toBeNull()
  expect(await people.identify('Ada', 'battery staple')).toEqual({ name: 'Ada', role: 'auditor' })
  expect(people.remove('Ada')).toBe(true)
  expect(people.remove('Ada')).toBe(false)
  expect(await people.identify('Ada', 'battery staple')).toBeNull()
})

test('where the file cannot be written nothing has changed', async () => {
  const people = People.open(join(file, 'not-a-folder', 'people.json'), ROLES)
  await expect(people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })).rejects.toThrow(/ENOENT/)
  expect(people.list()).toEqual([])
})

test('refuses a short passphrase and a name with spaces around it, and says which', async () => {
  const people = People.open(file, ROLES)
  await expect(people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'short' })).rejects.toThrow(
    /5 characters; 10 to 256/,
  )
  await expect(people.enrol({ name: ' Ada', role: 'auditor', passphrase: 'correct horse' })).rejects.toThrow(/" Ada"/)
  expect(people.list()).toEqual([])
})

test('names a damaged file and does not write over it', () => {
  for (const content of ['{', '{"version":1}', '{"version":1,"people":[{"name":"Ada","role":"king"}]}']) {
    writeFileSync(file, content)
    expect(() => People.open(file, ROLES), content).toThrow(file)
    expect(readFileSync(file, 'utf8')).toBe(content)
  }
})

test('takes the rights of others off a file that a restore left readable', async () => {
  await People.open(file, ROLES).enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  chmodSync(file, 0o644)
  People.open(file, ROLES)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})
