/** The part of `npm run flips` that every run makes: the same bits of the same record. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Campaign, type Result } from '../flips/campaign.ts'
import { isLong } from '../support/long.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const SEED = 1
const FLIPS = isLong ? 100 : 50

let campaign: Campaign
beforeAll(async () => {
  campaign = await Campaign.prepare(temporaryFolder(afterAll), SEED)
})

test(`${FLIPS} single-bit flips in a data folder: no wrong answer is served`, async () => {
  const results: Result[] = []
  for (let number = 0; number < FLIPS; number++) results.push(await campaign.run(number))
  const wrong = results.filter(({ outcome }) => outcome === 'WRONG')
  expect(
    wrong.map(
      ({ number, file, byte, bit, what }) => `--seed ${SEED} --only ${number}: ${file} ${byte}.${bit}: ${what}`,
    ),
  ).toEqual([])
  const seen = new Set(results.map(({ outcome }) => outcome))
  expect([...seen]).toEqual(expect.arrayContaining(['as before', 'rebuilt', 'refused', 'does not start']))
})
