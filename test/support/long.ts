/** Whether the long form of the tests runs: `PLUMBLINE_LONG=1 npm test`, more seeds, kills and flips, and what differs from another test in one thing. */
export const isLong = process.env['PLUMBLINE_LONG'] === '1'
