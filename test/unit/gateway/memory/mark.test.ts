import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MarkFile, type Mark } from '../../../../src-main/gateway/memory/mark.ts'
import { openKeyStore } from '../../../../src-main/keys/key-store.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function keysDir(): string {
  const dir = join(temporaryFolder(onTestFinished), 'keys')
  openKeyStore(dir)
  return dir
}

const mark = (counter: number): Mark => ({ ledger: 'ab'.repeat(16), counter, term: 3, vote: 2, cosigned: 17 })

describe('the mark', () => {
  it('is new for an identity that has recorded nothing, and missing for any other', () => {
    const dir = keysDir()
    expect(new MarkFile(dir).read()).toBe('new')
    new MarkFile(dir).write(mark(1))
    expect(new MarkFile(dir).read()).toEqual(mark(1))
    truncateSync(join(dir, 'mark'))
    expect(new MarkFile(dir).read()).toBeNull()
    const empty = join(temporaryFolder(onTestFinished), 'old')
    mkdirSync(empty)
    expect(new MarkFile(empty).read()).toBeNull()
  })

  it('is what was written last, by whichever start, in a file that only its owner can read', () => {
    const dir = keysDir()
    for (let counter = 1; counter < 6; counter++) {
      const file = new MarkFile(dir)
      file.read()
      file.write(mark(counter))
      expect(new MarkFile(dir).read()).toEqual(mark(counter))
    }
    expect(statSync(join(dir, 'mark')).mode & 0o777).toBe(0o600)
  })

  it('survives whatever byte of its newest slot a power cut tears: the one before holds', () => {
    const dir = keysDir()
    const path = join(dir, 'mark')
    const file = new MarkFile(dir)
    file.write(mark(1))
    file.write(mark(2))
    const whole = readFileSync(path)
    for (let at = 0; at < 93; at++) {
      const torn = Buffer.from(whole)
      torn[at] = (torn[at] as number) ^ 0x55
      writeFileSync(path, torn)
      expect(new MarkFile(dir).read()).toEqual(mark(1))
    }
  })
})
