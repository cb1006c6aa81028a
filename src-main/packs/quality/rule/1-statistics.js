// Does a lot conform to its plan? judge(evidence) -> { verdict, reasons, figures }; accept(call) decides what the ledger lets pass.
// Five files make the rule, one after the other: statistics, what people and laboratories said of the lot, one characteristic, the lot,
// and the ledger. Times are microseconds since 1970, UTC.

// ---------------------------------------------------------------- statistics: numbers in, numbers out

/**
 * @typedef {{ value: number, low: number | null, high: number | null }} Index  a capability index with its 95 % interval
 * @typedef {{ sigma: number, degrees: number }} Spread  an estimate of sigma and the degrees of freedom that it is worth
 * @typedef {{ lower: number | null, upper: number | null }} Limits
 * @typedef {{ n: number, mean: number | null, s: number | null, min: number | null, max: number | null }} Summary
 * @typedef {{ cp: Index | null, cpk: Index | null, pp: Index | null, ppk: Index | null }} Capability
 */

// Mean range and its standard deviation in units of sigma, for subgroups of 2 to 25 normal values: ASTM MNL 7 (Manual on Presentation
// of Data and Control Chart Analysis), table of factors for control charts.
const D2 = [
  1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.97, 3.078, 3.173, 3.258, 3.336, 3.407, 3.472, 3.532, 3.588, 3.64,
  3.689, 3.735, 3.778, 3.819, 3.858, 3.895, 3.931,
]
const D3 = [
  0.853, 0.888, 0.88, 0.864, 0.848, 0.833, 0.82, 0.808, 0.797, 0.787, 0.778, 0.77, 0.763, 0.756, 0.75, 0.744, 0.739,
  0.734, 0.729, 0.724, 0.72, 0.716, 0.712, 0.708,
]
const SUBGROUP_MAX = D2.length + 1

/** 97.5 % quantile of the standard normal distribution. */
const Z95 = 1.959963984540054

/** @param {readonly number[]} values */
const sumOf = (values) => values.reduce((sum, value) => sum + value, 0)

/** Twice: the second pass takes back what rounding cost the first. @param {readonly number[]} values at least one */
const meanOf = (values) => {
  const rough = sumOf(values) / values.length
  return rough + sumOf(values.map((value) => value - rough)) / values.length
}

/** @param {readonly number[]} values @returns {Summary} s with n - 1; null for what so few values do not have */
const summaryOf = (values) => {
  const n = values.length
  if (n === 0) return { n, mean: null, s: null, min: null, max: null }
  const min = values.reduce((least, value) => Math.min(least, value))
  const max = values.reduce((most, value) => Math.max(most, value))
  // Equal values have no spread; a mean that rounding moved would give them one.
  if (min === max) return { n, mean: min, s: n === 1 ? null : 0, min, max }
  const mean = meanOf(values)
  const squares = values.map((value) => (value - mean) * (value - mean))
  return { n, mean, s: Math.sqrt(sumOf(squares) / (n - 1)), min, max }
}

/** @param {readonly number[]} values */
const rangeOf = (values) => Math.max(...values) - Math.min(...values)

/**
 * Sigma within: mean moving range by d2 of 2 for single values, else mean range of the full subgroups by d2 of their size. Degrees of
 * freedom are those of a standard deviation with the same relative variance, 1 / (2 * degrees): for ranges from d2 and d3 (Patnaik 1950), for moving
 * ranges, which share values, (0.8264 n - 1.082) / (n - 1)^2 (Cryer and Ryan 1990).
 * @param {readonly number[]} values @param {number} subgroup 1 to 25 @returns {Spread | null} null for too few values
 */
const sigmaWithin = (values, subgroup) => {
  const n = values.length
  if (subgroup === 1) {
    if (n < 2) return null
    const moving = values.slice(1).map((value, at) => Math.abs(value - values[at]))
    return { sigma: meanOf(moving) / D2[0], degrees: ((n - 1) * (n - 1)) / (2 * (0.8264 * n - 1.082)) }
  }
  const groups = Math.floor(n / subgroup)
  if (groups === 0) return null
  const ranges = Array.from({ length: groups }, (_, at) => rangeOf(values.slice(at * subgroup, (at + 1) * subgroup)))
  const [d2, d3] = [D2[subgroup - 2], D3[subgroup - 2]]
  return { sigma: meanOf(ranges) / d2, degrees: (groups * d2 * d2) / (2 * d3 * d3) }
}

// Lanczos' series with g = 7 and nine terms: relative error below 1e-14 for x >= 0.5.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** Natural logarithm of the gamma function. @param {number} x at least 0.5 */
const logGamma = (x) => {
  const base = x + 6.5
  const series = LANCZOS.reduce((sum, term, at) => sum + (at === 0 ? term : term / (x - 1 + at)), 0)
  return 0.9189385332046727 + (x - 0.5) * Math.log(base) - base + Math.log(series)
}

const STEPS_MAX = 20000

/**
 * Regularised lower incomplete gamma function P(a, x): its series below a + 1, its continued fraction (Lentz) above, where each
 * converges fast (Numerical Recipes, 6.2). @param {number} a above 0 @param {number} x
 */
const gammaP = (a, x) => {
  if (x <= 0) return 0
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let step = 1; step < STEPS_MAX && term > sum * 1e-16; step++) {
      term *= x / (a + step)
      sum += term
    }
    return sum * factor
  }
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let step = 1; step < STEPS_MAX; step++) {
    const numerator = -step * (step - a)
    b += 2
    d = numerator * d + b
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = b + numerator / c
    if (Math.abs(c) < tiny) c = tiny
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return 1 - factor * fraction
}

/**
 * Quantile of the chi-square distribution to 1e-12 of itself: from the start of Wilson and Hilferty by Newton's steps, halving where one would
 * leave the bracket. @param {number} p between 0 and 1 @param {number} degrees at least 1 here or somewhat below
 */
const chiSquareQuantile = (p, degrees) => {
  const a = degrees / 2
  let [low, high] = [0, Math.max(1, degrees)]
  while (gammaP(a, high / 2) < p) high *= 2
  const cube = 1 - 2 / (9 * degrees) + (p < 0.5 ? -Z95 : Z95) * Math.sqrt(2 / (9 * degrees))
  let x = degrees * cube * cube * cube
  for (let step = 0; step < 200; step++) {
    if (!(x > low && x < high)) x = (low + high) / 2
    const miss = gammaP(a, x / 2) - p
    if (miss < 0) low = x
    else high = x
    const density = Math.exp((a - 1) * Math.log(x / 2) - x / 2 - logGamma(a)) / 2
    const next = x - miss / density
    if (Math.abs(next - x) <= 1e-12 * x || high - low <= 1e-12 * x) return next > low && next < high ? next : x
    x = next
  }
  return x
}

/** Of an index that is a tolerance by sigma. @param {number} value @param {number} degrees @returns {Index} */
const chiSquareInterval = (value, degrees) => ({
  value,
  low: value * Math.sqrt(chiSquareQuantile(0.025, degrees) / degrees),
  high: value * Math.sqrt(chiSquareQuantile(0.975, degrees) / degrees),
})

/**
 * Of an index to the nearer limit: Bissell (1990), How Reliable is Your Capability Index?, Applied Statistics 39(3), 331-340.
 * @param {number} value @param {number} n @param {number} degrees @returns {Index}
 */
const bissellInterval = (value, n, degrees) => {
  const half = Z95 * Math.sqrt(1 / (9 * n) + (value * value) / (2 * degrees))
  return { value, low: value - half, high: value + half }
}

/**
 * Tolerance by six sigma, where there are two limits, and distance to the nearer limit by three; neither without a spread.
 * @param {Summary} summary @param {Limits} limits @param {Spread | null} spread @returns {[Index | null, Index | null]}
 */
const indicesOf = ({ n, mean }, { lower, upper }, spread) => {
  if (spread === null || mean === null || !(spread.sigma > 0)) return [null, null]
  const { sigma, degrees } = spread
  const both = lower === null || upper === null ? null : (upper - lower) / (6 * sigma)
  const sides = [...(lower === null ? [] : [mean - lower]), ...(upper === null ? [] : [upper - mean])]
  const nearer = sides.length === 0 ? null : Math.min(...sides) / (3 * sigma)
  return [
    both === null ? null : chiSquareInterval(both, degrees),
    nearer === null ? null : bissellInterval(nearer, n, degrees),
  ]
}

/** Cp and Cpk with sigma within, Pp and Ppk with s. @param {readonly number[]} values @param {Limits} limits @param {number} subgroup @returns {Capability} */
const capabilityOf = (values, limits, subgroup) => {
  const summary = summaryOf(values)
  const [cp, cpk] = indicesOf(summary, limits, sigmaWithin(values, subgroup))
  const [pp, ppk] = indicesOf(summary, limits, summary.s === null ? null : { sigma: summary.s, degrees: summary.n - 1 })
  return { cp, cpk, pp, ppk }
}

// A slow drift must not pass for values that follow each other, so neighbours are compared within short stretches.
const STRETCH = 25

/** Correlation of neighbours (lag 1), about the mean of each stretch. @param {readonly number[]} values @returns {number} 0 without any spread */
const neighbourCorrelation = (values) => {
  let [products, squares] = [0, 0]
  for (let from = 0; from < values.length; from += STRETCH) {
    const stretch = values.slice(from, from + STRETCH)
    const mean = meanOf(stretch)
    for (let at = 0; at < stretch.length; at++) {
      squares += (stretch[at] - mean) * (stretch[at] - mean)
      if (at > 0) products += (stretch[at] - mean) * (stretch[at - 1] - mean)
    }
  }
  return squares === 0 ? 0 : products / squares
}

const BLOCKS = 20
const RUN = 8

/**
 * Drift: the values cut into 20 blocks of equal length, of their means a run of eight or more on one side of the centre line (Western
 * Electric, Statistical Quality Control Handbook, 1956: the test of eight in a row) and after it one on the other side. A run by itself comes up
 * by chance in one lot of forty; both by chance in some thousands, and then by little: so the runs must be at least `least` apart.
 * @param {readonly number[]} values @param {number} least @returns {number | null} by how much the later run is higher, or null
 */
const driftOf = (values, least) => {
  if (values.length < BLOCKS) return null
  const blocks = Array.from({ length: BLOCKS }, (_, at) =>
    values.slice(Math.floor((at * values.length) / BLOCKS), Math.floor(((at + 1) * values.length) / BLOCKS)),
  )
  const means = blocks.map(meanOf)
  const centre = meanOf(means)
  const runs = []
  for (let at = 0; at < BLOCKS;) {
    const side = Math.sign(means[at] - centre)
    let to = at + 1
    while (to < BLOCKS && Math.sign(means[to] - centre) === side) to++
    if (side !== 0 && to - at >= RUN) runs.push({ side, mean: meanOf(means.slice(at, to)) })
    at = to
  }
  if (runs.length < 2 || runs[0].side === runs[1].side) return null
  const by = runs[1].mean - runs[0].mean
  return Math.abs(by) >= least ? by : null
}
