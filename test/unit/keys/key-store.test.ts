import { createHash, createPublicKey, verify } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KEY_USES, type CreationEdge } from '../../../src-main/keys/key-folder.ts'
import { KeyError, type KeyErrorCode } from '../../../src-main/keys/key-error.ts'
import { openKeyStore } from '../../../src-main/keys/key-store.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'
import { keyId } from '../../../src-main/wire/ids.ts'

let parent: string
let dir: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'plumbline-keys-'))
  dir = join(parent, 'keys')
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

function keyError(run: () => unknown): KeyError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(KeyError)
    return error as KeyError
  }
  throw new Error('expected a KeyError')
}

function expectCode(run: () => unknown, code: KeyErrorCode): KeyError {
  const error = keyError(run)
  expect(error.code).toBe(code)
  return error
}

describe('first start', () => {
  it('creates five different keys and an actor id that the next start finds again', () => {
    const first = openKeyStore(dir)
    const again = openKeyStore(dir)
    expect(again.actorId).toBe(first.actorId)
    expect(first.actorId).toMatch(/^[0-9a-f]{32}$/)
    const ids = KEY_USES.map((use) => first.keyId(use))
    expect(new Set(ids).size).toBe(KEY_USES.length)
    expect(KEY_USES.map((use) => again.keyId(use))).toEqual(ids)
  })

  it('makes the folder 0700 and the files 0600', () => {
    openKeyStore(dir)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    for (const file of readdirSync(dir)) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir)).toHaveLength(KEY_USES.length + 2)
  })

  it('uses an empty folder that was made for it', () => {
    mkdirSync(dir)
    expect(openKeyStore(dir).actorId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('takes its randomness from the argument', () => {
    let counter = 0
    const random = (length: number) => new Uint8Array(length).fill(++counter)
    const store = openKeyStore(dir, { random })
    expect(store.actorId).toBe('02'.repeat(16))
  })

  for (const edge of ['folder made', 'keys written', 'identity written'] satisfies CreationEdge[])
    it(`leaves nothing under the final name when it ends at "${edge}", and the next start cleans up`, () => {
      const crash = () => openKeyStore(dir, { onEdge: (at) => void (at === edge && panic()) })
      expect(crash).toThrow('power cut')
      expect(existsSync(dir)).toBe(false)
      expect(readdirSync(parent)).toHaveLength(1)
      openKeyStore(dir)
      expect(readdirSync(parent)).toEqual(['keys'])
    })

  it('keeps the identity of the process that was faster', () => {
    const loser = openKeyStore(dir, {
      onEdge: (at) => void (at === 'identity written' && openKeyStore(join(parent, 'other')) && renameOther()),
    })
    function renameOther() {
      mkdirSync(dir)
      for (const file of readdirSync(join(parent, 'other')))
        writeFileSync(join(dir, file), readFileSync(join(parent, 'other', file)), { mode: 0o600 })
      chmodSync(dir, 0o700)
    }
    expect(loser.actorId).toBe(openKeyStore(join(parent, 'other')).actorId)
  })

  it('says that the folder cannot be written', () => {
    writeFileSync(join(parent, 'file'), '')
    const error = expectCode(() => openKeyStore(join(parent, 'file', 'keys')), 'key_not_created')
    expect(error.next).toContain('writable')
  })
})

function panic(): never {
  throw new Error('power cut')
}

describe('one more key', () => {
  it('is the newest of its use and found by the next start; the former ones go on signing', () => {
    const store = openKeyStore(dir)
    const former = store.newest('entry')
    const added = store.add('entry')
    const again = openKeyStore(dir)
    expect([store.keyId('entry'), again.keyId('entry')]).toEqual([added.keyId, added.keyId])
    expect(again.keyId('checkpoint')).toBe(store.keyId('checkpoint'))
    for (const key of [former, added]) {
      const found = again.find(key.keyId)
      expect(found?.sign(utf8('text'))).toEqual(key.sign(utf8('text')))
    }
    expect(statSync(join(dir, `entry-${added.keyId}.pem`)).mode & 0o777).toBe(0o600)
  })

  it('that another thread made is found, and one of nobody is not', () => {
    const store = openKeyStore(dir)
    const added = openKeyStore(dir).add('credential')
    expect(store.find(added.keyId)?.publicKey).toEqual(added.publicKey)
    expect(store.find(keyId(1, new Uint8Array(32)))).toBe(null)
  })

  it('whose making was cut off before its identity named it goes with the next one', () => {
    openKeyStore(dir)
    writeFileSync(join(dir, `entry-${'ab'.repeat(16)}.pem`), 'half', { mode: 0o600 })
    const added = openKeyStore(dir).add('entry')
    expect(readdirSync(dir).filter((file) => file.startsWith('entry-'))).toEqual([`entry-${added.keyId}.pem`])
  })

  it('that is gone or that others may read is refused by name', () => {
    const { keyId: id } = openKeyStore(dir).add('entry')
    const path = join(dir, `entry-${id}.pem`)
    chmodSync(path, 0o644)
    expectCode(() => openKeyStore(dir), 'key_exposed')
    rmSync(path)
    expect(expectCode(() => openKeyStore(dir), 'key_incomplete').message).toContain(path)
  })
})

describe('opening', () => {
  it('recognises a half-written folder, names what is missing and changes nothing', () => {
    openKeyStore(dir)
    rmSync(join(dir, 'tls.pem'))
    rmSync(join(dir, 'identity.json'))
    const before = readdirSync(dir)
    const error = expectCode(() => openKeyStore(dir), 'key_incomplete')
    expect(error.message).toContain('identity.json, tls.pem')
    expect(readdirSync(dir)).toEqual(before)
  })

  it('refuses a private key that was swapped', () => {
    openKeyStore(dir)
    writeFileSync(join(dir, 'entry.pem'), readFileSync(join(dir, 'tls.pem')))
    const error = expectCode(() => openKeyStore(dir), 'key_mismatch')
    expect(error.path).toBe(join(dir, 'entry.pem'))
  })

  it('refuses a damaged private key', () => {
    openKeyStore(dir)
    writeFileSync(join(dir, 'entry.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
    expectCode(() => openKeyStore(dir), 'key_unreadable')
  })

  it('refuses an identity with two uses of one key', () => {
    openKeyStore(dir)
    const path = join(dir, 'identity.json')
    const identity = JSON.parse(readFileSync(path, 'utf8')) as { keys: Record<string, unknown> }
    identity.keys['tls'] = identity.keys['entry']
    writeFileSync(path, JSON.stringify(identity))
    expect(expectCode(() => openKeyStore(dir), 'key_unreadable').message).toContain('"keys.tls"')
  })

  it('refuses keys that others may read', () => {
    openKeyStore(dir)
    chmodSync(join(dir, 'cosignature.pem'), 0o640)
    const error = expectCode(() => openKeyStore(dir), 'key_exposed')
    expect(error.next).toContain(`chmod 600 ${join(dir, 'cosignature.pem')}`)
  })

  it('refuses a file in the place of the folder', () => {
    writeFileSync(dir, 'x')
    expectCode(() => openKeyStore(dir), 'key_unreadable')
  })
})

describe('signing', () => {
  it('signs with the key of the use and no other', () => {
    const store = openKeyStore(dir)
    const message = new TextEncoder().encode('plumbline')
    const signature = store.sign('checkpoint', message)
    const publicKey = (use: 'checkpoint' | 'cosignature') =>
      createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(store.public(use)).toString('base64url') },
        format: 'jwk',
      })
    expect(verify(null, message, publicKey('checkpoint'), signature)).toBe(true)
    expect(verify(null, message, publicKey('cosignature'), signature)).toBe(false)
  })

  it('derives the key id from algorithm and public key', () => {
    const store = openKeyStore(dir)
    const preimage = Buffer.concat([Buffer.from('plumbline/key/v1\x01'), store.public('entry')])
    expect(store.keyId('entry')).toBe(createHash('sha256').update(preimage).digest('hex').slice(0, 32))
  })
})
