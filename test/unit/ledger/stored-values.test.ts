import { expect, onTestFinished, test } from 'vitest'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { valuesOfKind } from '../../../src-main/ledger/state-rows.ts'
import { StoredValues } from '../../../src-main/ledger/stored-values.ts'
import type { CoreKind } from '../../../src-main/record/core-state.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ASSET, recorded } from './recorded.ts'

const KINDS: readonly CoreKind[] = 'channel member key stream asset gaps actor bound members keys packs'.split(
  ' ',
) as CoreKind[]

function stored(most: number) {
  const { file, ledger, bound, free } = recorded(temporaryFolder(onTestFinished), 40)
  ledger.close()
  const database = openChecked(file, {})
  onTestFinished(() => void database.close())
  return { file, database, bound, free, values: new StoredValues(database, most) }
}

test('each value is read by its key, whether it is kept, was forgotten or was never asked for', () => {
  const { database, values, bound, free } = stored(4)
  for (let round = 0; round < 2; round++) {
    let count = 0
    for (const kind of KINDS)
      for (const { id, value } of valuesOfKind(database, kind)) {
        expect(values.get(kind, id)).toEqual(value)
        count += 1
      }
    expect(count).toBeGreaterThan(10)
    expect(values.get('asset', 'urn:own:nobody')).toBeUndefined()
    expect(values.get('cursor', bound)?.next).toBe(120)
    expect(values.get('cursor', free)?.next).toBe(164)
    expect([...values.streams()].map(([id]) => id).toSorted()).toEqual([bound, free].toSorted())
  }
})

test('a history goes on from the tree and the times that the newest seal left', () => {
  const { file, values, bound, free } = stored(4)
  const reader = openReader(file)
  onTestFinished(() => reader.close())
  const { height } = reader.blocks.newestSeal()
  const { frontier, span } = values.history(ASSET, bound)
  expect({ size: frontier.size, root: frontier.root(), ...span }).toEqual(reader.histories.at(ASSET, bound, height))
  expect(values.history(ASSET, free)).toMatchObject({ span: null })
})

test('what is in use is read once; what was forgotten is read again, what a seal changed is not', () => {
  const { database, values } = stored(4)
  const asset = values.get('asset', ASSET)
  // Changed behind its back, to see what it reads.
  database.exec(
    "DELETE FROM state_row WHERE key IN (SELECT id FROM state_key WHERE instr(state_key, CAST('asset' AS BLOB)) > 0)",
  )
  expect(values.get('asset', ASSET)).toBe(asset)
  for (const id of ['a', 'b', 'c', 'd', 'e']) values.get('asset', id)
  expect(values.get('asset', ASSET)).toBeUndefined()
  if (asset === undefined) throw new Error('the asset was not there')
  values.sealed({ values: [{ kind: 'asset', id: ASSET, value: asset }], kept: [], histories: [], eventTrees: [] })
  expect(values.get('asset', ASSET)).toBe(asset)
})
