import { relative } from 'node:path'

/**
 * Adding up what different test runners report. Whatever ends with a failing status counts as at least one failure,
 * so that a file that does not even load can't pass for green.
 *
 * @typedef {{passed: number, failed: number, skipped: number}} Counts
 */

/**
 * @param {string|null} report vitest's JSON report, null when it wrote none
 * @param {number} status its exit status
 * @returns {Counts}
 */
export function countVitest(report, status) {
  if (report === null) return { passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 }
  const parsed = JSON.parse(report)
  const filesThatDidNotLoad = parsed.testResults.filter(
    (/** @type {{status: string, assertionResults: unknown[]}} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = parsed.numFailedTests + filesThatDidNotLoad
  return {
    passed: parsed.numPassedTests,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  }
}

/**
 * One line a failed test and a file that did not load: where, which, and the first line of why. Printed once more at
 * the end, because what failed an hour of output ago is what a person looks for.
 *
 * @param {string|null} report vitest's JSON report, null when it wrote none
 * @param {string} folder what the files' names are shortened by
 * @returns {string[]}
 */
export function failuresOfVitest(report, folder) {
  if (report === null) return []
  /** @type {{name: string, status: string, message?: string, assertionResults: {status: string, fullName: string, failureMessages?: string[]}[]}[]} */
  const files = JSON.parse(report).testResults
  return files.flatMap((file) => {
    const at = relative(folder, file.name)
    if (file.status === 'failed' && file.assertionResults.length === 0)
      return [`${at}: did not load: ${firstLine(file.message)}`]
    return file.assertionResults
      .filter((one) => one.status === 'failed')
      .map((one) => `${at}: ${one.fullName}: ${firstLine(one.failureMessages?.[0])}`)
  })
}

/** @param {string|undefined} text */
function firstLine(text) {
  return text?.split('\n', 1)[0] ?? 'no reason was given'
}

/**
 * @param {string} output what `cargo test` printed: one "test result:" line a test program
 * @param {number} status its exit status
 * @returns {Counts}
 */
export function countCargo(output, status) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const match of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    counts.passed += Number(match[1])
    counts.failed += Number(match[2])
    counts.skipped += Number(match[3])
  }
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** @param {Counts[]} all @returns {Counts} */
export function sum(all) {
  return all.reduce(
    (total, one) => ({
      passed: total.passed + one.passed,
      failed: total.failed + one.failed,
      skipped: total.skipped + one.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
}
