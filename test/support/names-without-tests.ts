/**
 * Prints as JSON which names among vitest's arguments match no test file of the chosen projects. vitest itself minds only
 * where none does: one of two that is mistyped would pass for tested.
 */
import process from 'node:process'
import { createVitest, parseCLI } from 'vitest/node'

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await createVitest({ ...options, watch: false, reporters: [] })
try {
  const found = await Promise.all(filter.map((name) => vitest.globTestSpecifications([name])))
  process.stdout.write(JSON.stringify(filter.filter((_, i) => found[i]?.length === 0)))
} finally {
  await vitest.close()
}
