// ---------------------------------------------------------------- one characteristic of the lot

/**
 * @typedef {{ stream: string, sequence: number, timeUs: number, stampedUs?: number, value: { kind: string, value: any }, quality: number, flags: number }} Reading
 * @typedef {{ fromSequence: number, toSequence: number, fromTimeUs: number, toTimeUs: number, reason: string }} Gap
 * @typedef {{ stream: string, quantity: string, unit: string, withheld: number, gaps: Gap[], readings: Reading[] }} Stream
 * @typedef {{ coverageMinPercent: number, stuckRun: number, capabilityMin: number, correlationMaxPercent: number, calibrationGraceDays: number,
 *   driftSigmas: number, findingsMax: number }} Settings
 * @typedef {{ ordinal: number, sequence: number | null, timeUs: number, raw: number | boolean | null, value: number | boolean | null,
 *   flags: number, doubt: 'stuck' | 'calibration' | null }} Part  one reading of a characteristic's stream at the lot, or one value of a laboratory
 * @typedef {{ characteristic: Characteristic, stream: Stream | null, parts: Part[], expected: number | null, lost: number,
 *   calibrations: Calibration[], settings: Settings }} Measured
 * @typedef {{ findings: Finding[], row: Record<string, any>, gaps: Record<string, any>[], beyond: (number | boolean | null)[] }} Judged  `beyond`: values of the parts outside the limits
 */

const DAY_US = 86400000000
/** Plausibility flag of a reading: its gateway knew that the calibration was overdue. */
const FLAG_CALIBRATION_OVERDUE = 1024
const PARTS_NAMED_MAX = 20

/** OPC UA StatusCode: severity in the two highest bits. @param {number} quality */
const isBad = (quality) => quality >= 0x80000000
/** @param {number} quality */
const isUncertain = (quality) => quality >= 0x40000000 && quality < 0x80000000

// JSON has no -0 and no integer beyond 2^53, so these come as text. Null for what is no number.
/** @param {Reading['value']} value @returns {number | null} */
const numberOf = (value) => {
  if (value.kind !== 'float' && value.kind !== 'integer') return null
  const number = Number(value.value)
  return Number.isFinite(number) ? number + 0 : null
}

/** Half away from zero (ISO 80000-1, rule B). @param {number} value @param {number} decimals */
const rounded = (value, decimals) => {
  const scale = Number('1e' + decimals)
  const units = Math.floor(Math.abs(value) * scale + 0.5)
  return units === 0 ? 0 : (Math.sign(value) * units) / scale
}

/** @param {Reading} reading @param {Characteristic} characteristic @returns {number | boolean | null} null where there is no usable value */
const rawOf = ({ quality, value }, { kind }) => {
  if (isBad(quality)) return null
  if (kind === 'attribute') return value.kind === 'boolean' ? value.value : null
  return numberOf(value)
}

/** @param {number | boolean | null} raw @param {Characteristic} characteristic */
const valueOf = (raw, { decimals }) => (typeof raw === 'number' ? rounded(raw, decimals) : raw)

/**
 * Each reading is a part, in the order of sequences; those that a signed gap names as lost count as parts without a value.
 * @param {Stream} stream @param {Characteristic} characteristic @returns {{ parts: Part[], lost: number }}
 */
const partsOfStream = ({ gaps, readings }, characteristic) => {
  /** @param {Gap} gap */
  const lostIn = (gap) => Math.max(0, gap.toSequence - gap.fromSequence + 1)
  let [ordinal, gap] = [0, 0]
  const parts = readings.map((reading) => {
    for (; gap < gaps.length && gaps[gap].fromSequence <= reading.sequence; gap++) ordinal += lostIn(gaps[gap])
    ordinal++
    const { sequence, timeUs, flags } = reading
    const raw = rawOf(reading, characteristic)
    return { ordinal, sequence, timeUs, raw, value: valueOf(raw, characteristic), flags, doubt: null }
  })
  return { parts, lost: gaps.reduce((sum, one) => sum + lostIn(one), 0) }
}

/** @param {readonly Result[]} results of the characteristic's unit @param {Characteristic} characteristic @returns {Part[]} */
const partsOfResults = (results, characteristic) => {
  const values = results.flatMap(({ takenUs, values: all }) => all.map((raw) => ({ takenUs, raw })))
  return values.map(({ takenUs, raw }, at) => ({
    ordinal: at + 1,
    sequence: null,
    timeUs: takenUs,
    raw,
    value: valueOf(raw, characteristic),
    flags: 0,
    doubt: null,
  }))
}

/** @param {Part} part @param {Characteristic} characteristic */
const conforms = ({ value }, { lower, upper }) => {
  if (typeof value !== 'number') return value === true
  return (lower === null || value >= lower) && (upper === null || value <= upper)
}

/** @param {Measured} measured @param {Part | undefined} part  what a finding says of where it was found */
const placeOf = ({ characteristic, stream }, part) => ({
  characteristic: characteristic.name,
  ...(stream === null ? {} : { stream: stream.stream }),
  ...(part === undefined ? {} : { timeUs: part.timeUs }),
  ...(part === undefined || part.sequence === null ? {} : { sequence: part.sequence }),
})

/** A sensor that gives one value so often in a row does not measure. Marks those readings. @param {Measured} measured @returns {Finding[]} */
const stuckIn = (measured) => {
  const { characteristic, settings } = measured
  if (characteristic.kind !== 'variable') return []
  const usable = measured.parts.filter(({ raw }) => raw !== null)
  const least = characteristic.stuckRun ?? settings.stuckRun
  const findings = []
  for (let from = 0; from < usable.length;) {
    let to = from + 1
    while (to < usable.length && usable[to].raw === usable[from].raw) to++
    if (to - from >= least) {
      for (const part of usable.slice(from, to)) part.doubt = 'stuck'
      const span = { count: to - from, fromUs: usable[from].timeUs, toUs: usable[to - 1].timeUs }
      findings.push(finding('stuck', 'incomplete', { ...placeOf(measured, usable[from]), ...span }))
    }
    from = to
  }
  return findings
}

/** The calibration in force at a time. @param {readonly Calibration[]} calibrations @param {number} timeUs @returns {Calibration | null} */
const calibrationAt = (calibrations, timeUs) =>
  calibrations.reduce(
    (/** @type {Calibration | null} */ best, one) =>
      one.calibratedUs <= timeUs && (best === null || one.calibratedUs >= best.calibratedUs) ? one : best,
    null,
  )

/** Readings of an instrument without a calibration in force are marked. @param {Measured} measured @returns {Finding[]} */
const uncalibratedIn = (measured) => {
  const { characteristic, calibrations, settings, parts } = measured
  if (characteristic.instrument === null) return []
  /** @type {Record<string, Part[]>} */
  const by = { 'calibration-missing': [], 'calibration-overdue': [], 'calibration-in-grace': [] }
  for (const part of parts.filter(({ raw }) => raw !== null)) {
    const calibration = calibrationAt(calibrations, part.timeUs)
    if (calibration === null) by['calibration-missing'].push(part)
    else if (
      part.timeUs > calibration.dueUs + settings.calibrationGraceDays * DAY_US ||
      (part.flags & FLAG_CALIBRATION_OVERDUE) !== 0
    )
      by['calibration-overdue'].push(part)
    else if (part.timeUs > calibration.dueUs) by['calibration-in-grace'].push(part)
  }
  return Object.entries(by).flatMap(([code, found]) => {
    if (found.length === 0) return []
    const doubted = code !== 'calibration-in-grace'
    if (doubted) for (const part of found) part.doubt = part.doubt ?? 'calibration'
    const values = {
      ...placeOf(measured, found[0]),
      named: characteristic.instrument,
      count: found.length,
      fromUs: found[0].timeUs,
    }
    return [finding(code, doubted ? 'incomplete' : 'note', values)]
  })
}

/** @param {Measured} measured @returns {Finding[]} */
const coverageIn = (measured) => {
  const { expected, parts, settings } = measured
  const usable = parts.filter(({ raw }) => raw !== null).length
  if (expected === null) return []
  const count = expected - usable
  if (usable * 100 < expected * settings.coverageMinPercent)
    return [
      finding('coverage-low', 'incomplete', {
        ...placeOf(measured, undefined),
        count,
        percent: percentOf(usable, expected),
      }),
    ]
  return count < 0 ? [finding('more-readings', 'note', { ...placeOf(measured, undefined), count: -count })] : []
}

/** Cut, not rounded, to a tenth: what lacks anything is not covered by 100 %. @param {number} usable @param {number} expected */
const percentOf = (usable, expected) => Math.min(100, Math.floor((usable * 1000) / expected) / 10)

/** What a rule leaves out or could not take at its word is said, however little it is. @param {Measured} measured @returns {Finding[]} */
const remarksOn = (measured) => {
  const { stream, parts, lost } = measured
  if (stream === null) return []
  const { readings, gaps } = stream
  const counts = {
    gaps: lost,
    'bad-readings': parts.filter(({ raw }) => raw === null).length,
    'uncertain-readings': readings.filter(({ quality }) => isUncertain(quality)).length,
    'time-impossible': readings.filter(({ stampedUs }) => stampedUs !== undefined).length,
  }
  return Object.entries(counts).flatMap(([code, count]) =>
    count === 0
      ? []
      : [
          finding(code, 'note', {
            ...placeOf(measured, undefined),
            count,
            ...(code === 'gaps' ? { gaps: gaps.length } : {}),
          }),
        ],
  )
}

/**
 * Of every so many parts the first that has a value, until there are as many as the plan wants: a part that was not measured is stood for by the
 * next one, as long as that is of the same stretch. @param {Measured} measured @returns {Part[]}
 */
const sampleOf = ({ characteristic: { every, size }, parts }) => {
  /** @type {Part[]} */
  const sample = []
  let stretch = -1
  for (const part of parts) {
    const own = Math.floor((part.ordinal - 1) / every)
    if (part.raw === null || own === stretch) continue
    stretch = own
    sample.push(part)
    if (sample.length === size) break
  }
  return sample
}

/** @param {readonly Part[]} parts */
const named = (parts) => {
  const ordinals = parts.slice(0, PARTS_NAMED_MAX).map(({ ordinal }) => String(ordinal))
  return ordinals.join(', ') + (parts.length > PARTS_NAMED_MAX ? ', …' : '')
}

/**
 * The sample against c. A value in doubt proves nothing, not even that its part is outside. A part outside the limits that the sample does not hold
 * rejects no lot, but is said: it may be rejected by itself (ISO 2859-1, nonconforming items).
 * @param {Measured} measured @param {readonly Part[]} sample @param {readonly Part[]} beyond
 */
const limitsIn = (measured, sample, beyond) => {
  const { size, accept } = measured.characteristic
  const inside = beyond.filter((part) => sample.includes(part))
  const outside = beyond.filter((part) => !sample.includes(part))
  const findings = []
  if (inside.length > 0) {
    const [code, severity] =
      inside.length > accept
        ? /** @type {const} */ (['nonconforming', 'fail'])
        : /** @type {const} */ (['nonconforming-accepted', 'note'])
    const values = { count: inside.length, size: sample.length, accept, parts: named(inside) }
    findings.push(finding(code, severity, { ...placeOf(measured, inside[0]), ...values }))
  }
  if (outside.length > 0) {
    const values = { count: outside.length, parts: named(outside) }
    findings.push(finding('nonconforming-outside-sample', 'note', { ...placeOf(measured, outside[0]), ...values }))
  }
  if (sample.length < (size ?? 1))
    findings.push(
      finding('sample-short', 'incomplete', {
        ...placeOf(measured, undefined),
        count: (size ?? 1) - sample.length,
        size: size ?? 1,
      }),
    )
  return findings
}

/** @param {Measured} measured @returns {Finding[]} */
const driftIn = (measured) => {
  const { characteristic, settings, parts } = measured
  if (characteristic.kind !== 'variable') return []
  const values = numbersOf(parts.filter(({ doubt }) => doubt !== 'stuck'))
  const isCorrelated = neighbourCorrelation(values) * 100 > settings.correlationMaxPercent
  const within = isCorrelated ? null : sigmaWithin(values, 1)
  const least = characteristic.driftMost ?? (within === null ? null : settings.driftSigmas * within.sigma)
  const by = least === null ? null : driftOf(values, least)
  if (by === null) return []
  return [
    finding(by > 0 ? 'drift-up' : 'drift-down', 'incomplete', {
      ...placeOf(measured, undefined),
      count: values.length,
    }),
  ]
}

/** @param {readonly Part[]} parts @returns {number[]} */
const numbersOf = (parts) => parts.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))

/**
 * Why no index is stated, or null: each would promise more than such values hold.
 * @param {Measured} measured @param {readonly number[]} values @param {readonly Finding[]} findings
 */
const unstatedFor = ({ characteristic: { kind }, settings }, values, findings) => {
  if (kind === 'attribute') return 'capability-attribute'
  if (findings.some(({ severity }) => severity === 'incomplete')) return 'capability-in-doubt'
  if (values.length < settings.capabilityMin) return 'capability-too-few'
  if (values.every((value) => value === values[0])) return 'capability-no-spread'
  return neighbourCorrelation(values) * 100 > settings.correlationMaxPercent ? 'capability-correlated' : null
}

/** @param {Measured} measured @returns {Judged} */
const judgedCharacteristic = (measured) => {
  const { characteristic, stream, parts, expected } = measured
  const doubts = [...stuckIn(measured), ...uncalibratedIn(measured)]
  const sample = sampleOf(measured)
  const beyond = parts.filter((part) => part.raw !== null && part.doubt === null && !conforms(part, characteristic))
  const findings = [
    ...limitsIn(measured, sample, beyond),
    ...doubts,
    ...driftIn(measured),
    ...coverageIn(measured),
    ...remarksOn(measured),
  ]
  const values = numbersOf(sample)
  const unstated = unstatedFor(measured, values, findings)
  const capability =
    unstated === null
      ? capabilityOf(values, characteristic, characteristic.subgroup)
      : { cp: null, cpk: null, pp: null, ppk: null }
  const usable = parts.filter(({ raw }) => raw !== null).length
  const row = {
    ...rowOf(characteristic),
    ...summaryOf(values),
    n: sample.length,
    ...capability,
    unstated,
    coveragePercent: expected === null ? null : percentOf(usable, expected),
    nonconforming: beyond.length,
  }
  const gaps = (stream?.gaps ?? []).map(({ fromSequence, toSequence, fromTimeUs, toTimeUs, reason }) => ({
    characteristic: characteristic.name,
    fromUs: fromTimeUs,
    toUs: toTimeUs,
    lost: toSequence - fromSequence + 1,
    reason,
  }))
  return { findings, row, gaps, beyond: beyond.map(({ value }) => value) }
}

/** @param {Characteristic} characteristic */
const rowOf = ({ name, kind, unit, decimals, lower, upper, each, every, size, accept, subgroup, instrument }) => ({
  characteristic: name,
  kind,
  unit,
  decimals,
  limits: lower === null && upper === null ? null : [lower, upper],
  each,
  every,
  size,
  accept,
  subgroup,
  instrument,
})

/** A characteristic of which nothing can be said, and why. @param {Characteristic} characteristic @param {string} code @returns {Judged} */
const unmeasured = (characteristic, code) => ({
  findings: [finding(code, 'incomplete', { characteristic: characteristic.name })],
  row: {
    ...rowOf(characteristic),
    ...summaryOf([]),
    cp: null,
    cpk: null,
    pp: null,
    ppk: null,
    unstated: 'capability-in-doubt',
    coveragePercent: null,
    nonconforming: 0,
  },
  gaps: [],
  beyond: [],
})

/**
 * @param {Characteristic} characteristic @param {readonly Stream[]} streams @param {Statements} statements @param {Settings} settings
 * @returns {Judged}
 */
const judgeCharacteristic = (characteristic, streams, { completed, calibrations, results }, settings) => {
  const { kind, name, quantity, unit, each, instrument } = characteristic
  const common = {
    characteristic,
    settings,
    calibrations: (instrument === null ? undefined : calibrations.get(instrument)) ?? [],
  }
  if (kind === 'laboratory') {
    const stated = results.get(name) ?? []
    if (stated.length === 0) return unmeasured(characteristic, 'result-missing')
    if (stated.some((one) => one.unit !== unit)) return unmeasured(characteristic, 'unit-differs')
    return judgedCharacteristic({
      ...common,
      stream: null,
      parts: partsOfResults(stated, characteristic),
      expected: null,
      lost: 0,
    })
  }
  const own = streams.filter(
    (one) => one.quantity === quantity && (characteristic.stream === null || one.stream === characteristic.stream),
  )
  if (own.length === 0) return unmeasured(characteristic, 'characteristic-missing')
  if (own.length > 1) return unmeasured(characteristic, 'stream-ambiguous')
  const [stream] = own
  if (stream.unit !== unit) return unmeasured(characteristic, 'unit-differs')
  const expected = completed === null ? null : Math.ceil(completed.parts / each)
  return judgedCharacteristic({ ...common, stream, ...partsOfStream(stream, characteristic), expected })
}
