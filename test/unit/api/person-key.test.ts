/** Keys of people, sealed under their passphrases, and the list that keeps them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { roles, type Role } from '../../../src-main/endpoints/model.ts'
import { newPersonKey, openPersonKey, resealed } from '../../../src-main/api/person-key.ts'
import { People } from '../../../src-main/api/people.ts'
import { Signers } from '../../../src-main/api/signers.ts'
import { privateKeyFromSeed, rawPublicKey } from '../../../src-main/keys/ed25519-pem.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = 'correct horse battery'
const OTHER = 'quite another one'

test('opens by its passphrase alone, and stays the same key under another one', async () => {
  const kept = await newPersonKey(SECRET)
  expect(await openPersonKey(OTHER, kept)).toBe(null)
  const seed = (await openPersonKey(SECRET, kept)) as Buffer
  const publicKey = Buffer.from(rawPublicKey(privateKeyFromSeed(seed))).toString('base64url')
  expect(publicKey).toBe(kept.public)
  expect(await resealed(OTHER, SECRET, kept)).toBe(null)
  const again = await resealed(SECRET, OTHER, kept)
  if (again === null) throw new Error('it was not sealed again')
  expect(await openPersonKey(SECRET, again)).toBe(null)
  expect(await openPersonKey(OTHER, again)).toEqual(seed)
})

test.each(['sealed', 'nonce', 'salt', 'actor'] as const)('does not open with another %s', async (field) => {
  const kept = await newPersonKey(SECRET)
  const { [field]: other } = await newPersonKey(SECRET)
  expect(await openPersonKey(SECRET, { ...kept, [field]: other })).toBe(null)
})

test('the list keeps no secret; a change of the passphrase keeps the key, a reset gives another to the same actor', async () => {
  const file = join(temporaryFolder(onTestFinished), 'people.json')
  const people = People.open<Role>(file, roles)
  const signers = new Signers(people)
  await people.enrol({ name: 'A. Berger', role: 'technician', passphrase: SECRET })
  const { actor, seed, publicKey } = await signers.open('A. Berger', SECRET)
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(readFileSync(file, 'utf8')).not.toContain(Buffer.from(seed).toString(form))
  expect(await people.change('A. Berger', SECRET, OTHER, () => true)).toBe(true)
  await expect(signers.open('A. Berger', SECRET)).rejects.toMatchObject({ code: 'wrong_passphrase' })
  expect(await signers.open('A. Berger', OTHER)).toMatchObject({ actor, publicKey })
  await people.reset('A. Berger', SECRET)
  const reset = await signers.open('A. Berger', SECRET)
  expect(reset.actor).toBe(actor)
  expect(reset.publicKey).not.toEqual(publicKey)
  expect([signers.has(actor), People.open<Role>(file, roles).keyOf('A. Berger')]).toEqual([
    true,
    people.keyOf('A. Berger'),
  ])
})

test('whoever was enrolled before keys were made gets one by the passphrase that holds, and by no other', async () => {
  const file = join(temporaryFolder(onTestFinished), 'people.json')
  const people = People.open<Role>(file, roles)
  const signers = new Signers(people)
  await people.enrol({ name: 'A. Berger', role: 'technician', passphrase: SECRET })
  const before = JSON.parse(readFileSync(file, 'utf8')) as { people: { key: unknown }[] }
  for (const one of before.people) one.key = null
  writeFileSync(file, JSON.stringify(before))
  const old = People.open<Role>(file, roles)
  const of = new Signers(old)
  await expect(of.open('A. Berger', SECRET)).rejects.toMatchObject({ code: 'no_signing_key' })
  await expect(of.make('A. Berger', OTHER)).rejects.toMatchObject({ code: 'wrong_passphrase' })
  await of.make('A. Berger', SECRET)
  expect((await of.open('A. Berger', SECRET)).seed).toHaveLength(32)
  await expect(signers.open('B. Nobody', SECRET)).rejects.toMatchObject({ code: 'unknown_person' })
})
