import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { agreementFiles } from '../../../../src-main/gateway/agreement/agreement-memory.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

function memory(): { file: string; folder: string; open: () => ReturnType<typeof agreementFiles> } {
  const root = temporaryFolder(onTestFinished)
  const [file, folder] = [join(root, 'agreement.json'), join(root, 'evidence')]
  return { file, folder, open: () => agreementFiles(file, folder) }
}

test('what was doubted and whose record differs is read back as it was written, and no file means neither', () => {
  const { file, open } = memory()
  expect(open().load()).toEqual({ doubted: null, differences: new Map() })
  const doubted = { from: 5, size: 9, sinceUs: 1_774_915_200_000_000 }
  const differences = new Map([['0a'.repeat(16), { size: 5, root: 'ab'.repeat(32) }]])
  open().save({ doubted, differences })
  expect(open().load()).toEqual({ doubted, differences })
  open().save({ doubted: null, differences: new Map() })
  expect([open().load().doubted, existsSync(`${file}.new`)]).toEqual([null, false])
})

test.each(['', '{', '{"doubted":null}', '{"doubted":{"from":-1,"size":1,"sinceUs":0},"differences":{}}'])(
  'a file that holds %j stands where something was doubted, so that everything is',
  (text) => {
    const { file, open } = memory()
    writeFileSync(file, text)
    expect(open().load().doubted).toEqual({ from: 0, size: 1, sinceUs: 0 })
  },
)

test('proofs are kept as files with their own names, and only they are read back', () => {
  const { folder, open } = memory()
  expect(open().proofs()).toEqual([])
  const path = open().keep('abc-7.fork.json', '{"a":1}\n')
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n')
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  mkdirSync(join(folder, 'folder.fork.json'))
  writeFileSync(join(folder, 'endless.fork.json'), 'x'.repeat(3_000_000))
  expect(open().proofs()).toEqual([{ file: path, text: '{"a":1}\n' }])
})
