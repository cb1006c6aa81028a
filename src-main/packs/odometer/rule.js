// @ts-check
// Is a vehicle's mileage history logical? judge(evidence) -> { verdict, reasons, figures }.
// Distances are integer metres inside, kilometres outside. Times are microseconds since 1970, UTC.

/** @import { RuleEvent, RuleEvidence, RuleReading, RuleReason, RuleStream, RuleValue, RuleVerdict } from '../rule-types.ts' */
/** @typedef {'day' | 'week' | 'month' | 'quarter' | 'year'} Window */
/** @typedef {{ [W in Window]: number }} Caps */
/** @typedef {{ capsKm?: Partial<Caps>, gapDaysMax?: number }} Parameters */
/** @typedef {typeof DEFAULTS} Settings */
/** @typedef {RuleEvent<{ declares: string }> & { type: 'odometer.confirmed' }} Confirmed */
/** @typedef {RuleEvent<{ modulusKm: number, atUs?: number, stream?: string }> & { type: 'odometer.wrapped' }} Wrapped */
/** @typedef {RuleEvent<{ beforeKm: number, afterKm: number, atUs?: number, stream?: string }> & { type: 'odometer.replaced' }} Replaced */
/** @typedef {(Wrapped['body'] & { type: 'odometer.wrapped' } | Replaced['body'] & { type: 'odometer.replaced' }) & { atUs: number, used: boolean }} Declared */
/** A usable distance: `raw` as the instrument showed it, `metres` as driven, over declared changes. */
/** @typedef {{ stream: string, sequence: number, timeUs: number, raw: number, metres: number, segment: number }} Point */
/** @typedef {{ stream: string, sequence: number, timeUs: number }} Place */
/** @typedef {{ kept: Point[], reasons: RuleReason[], outliers: number }} Walked */

const DAY_US = 86400000000
// Nobody names the ends of a period to a finer measure.
const SECOND_US = 1000000
/** @type {readonly (readonly [Window, number])[]} */
const WINDOWS = [
  ['day', 1],
  ['week', 7],
  ['month', 30],
  ['quarter', 91],
  ['year', 365],
]
const DEFAULTS = {
  capsKm: { day: 2000, week: 8000, month: 25000, quarter: 60000, year: 200000 },
  gapDaysMax: 30,
  outliersMax: 3,
  findingsMax: 32,
  disagreementKm: 5,
  disagreementPercent: 1,
  disagreementRun: 3,
  replacementKm: 2,
}
/** @type {{ readonly [unit: string]: number | undefined }} */
const METRES = { km: 1000, m: 1, '[mi_i]': 1609.344, hm: 100 }

/** @param {Parameters | undefined} given @returns {Settings} */
const settingsOf = (given) => {
  const own = given ?? {}
  return { ...DEFAULTS, ...own, capsKm: { ...DEFAULTS.capsKm, ...own.capsKm } }
}
/** @param {number} metres */
const km = (metres) => metres / 1000
/** @param {number} quality */
const isBad = (quality) => quality >= 0x80000000
/** @param {string} asset */
const plainId = (asset) =>
  asset
    .slice(asset.lastIndexOf(':') + 1)
    .replaceAll(' ', '')
    .toUpperCase()
// JSON has no -0 and no integer beyond 2^53, so these come as text; -0 km is 0 km. Null for what is no number.
/** @param {RuleValue} value */
const numberOf = (value) => {
  if (value.kind !== 'float' && value.kind !== 'integer') return null
  const number = Number(value.value)
  return Number.isFinite(number) ? number + 0 : null
}

// How far a vehicle may go in dtUs by one window: its cap, stretched beyond its own length.
/** @param {Window} name @param {number} days @param {number} dtUs @param {Settings} settings */
const capMetres = (name, days, dtUs, settings) => settings.capsKm[name] * 1000 * Math.max(1, dtUs / (days * DAY_US))
/** @param {number} metres @param {number} dtUs @param {Settings} settings */
const brokenCap = (metres, dtUs, settings) => {
  for (const [name, days] of WINDOWS) if (metres > capMetres(name, days, dtUs, settings)) return name
  return null
}
/** @param {number} dtUs @param {Settings} settings */
const mostMetres = (dtUs, settings) => Math.min(...WINDOWS.map(([name, days]) => capMetres(name, days, dtUs, settings)))

/**
 * @param {string} code @param {RuleReason['severity']} severity @param {string} text @param {Place} [point] @param {object} [more]
 * @returns {RuleReason}
 */
const reason = (code, severity, text, point, more) => ({
  code,
  severity,
  text,
  ...(point ? { stream: point.stream, sequence: point.sequence, timeUs: point.timeUs } : {}),
  ...more,
})

// ---------------------------------------------------------------- declared wraps and replacements

// One party declares, another confirms; a declaration that nobody else confirmed excuses nothing. A party is who signs by legal
// name: several gateways of one owner are one, and a signer without a name is none.
/** @param {Pick<RuleEvent, 'legalName'>} event */
const partyOf = (event) => (event.legalName ?? '').trim().replace(/\s+/g, ' ').toLowerCase()
/** @param {readonly (Confirmed | Wrapped | Replaced)[]} events */
const declarationsOf = (events) => {
  /** @type {Map<string, Confirmed[]>} */
  const confirmations = new Map()
  for (const event of events) {
    if (event.type !== 'odometer.confirmed') continue
    confirmations.set(event.body.declares, [...(confirmations.get(event.body.declares) ?? []), event])
  }
  /** @type {Declared[]} */
  const declared = []
  /** @type {RuleReason[]} */
  const oneParty = []
  for (const event of events) {
    if (event.type !== 'odometer.wrapped' && event.type !== 'odometer.replaced') continue
    const confirmed = confirmations.get(event.hash) ?? []
    if (confirmed.length === 0) continue
    const party = partyOf(event)
    if (party !== '' && confirmed.some((one) => partyOf(one) !== '' && partyOf(one) !== party)) {
      const atUs = event.body.atUs ?? event.atUs
      declared.push(
        event.type === 'odometer.wrapped'
          ? { ...event.body, type: event.type, atUs, used: false }
          : { ...event.body, type: event.type, atUs, used: false },
      )
    } else {
      const what = event.type === 'odometer.wrapped' ? 'wrap of the counter' : 'replacement of the instrument'
      oneParty.push(
        reason(
          'ONE_PARTY',
          'note',
          'a declared ' +
            what +
            ' excuses nothing: no second party confirmed it, only ' +
            (event.legalName || 'a signer without a legal name'),
          undefined,
          { entry: event.index, atUs: event.atUs },
        ),
      )
    }
  }
  return { declared, oneParty }
}

// The offset that a declaration adds between two raw points, or null where none fits.
/** @param {Point} before @param {Point} after @param {number} offset @param {Declared[]} declared @param {Settings} settings */
const declaredOffset = (before, after, offset, declared, settings) => {
  for (const one of declared) {
    if (one.used || one.atUs < before.timeUs || one.atUs > after.timeUs) continue
    if (one.stream !== undefined && one.stream !== after.stream) continue
    const added =
      one.type === 'odometer.wrapped'
        ? Math.round(one.modulusKm * 1000)
        : Math.round((one.beforeKm - one.afterKm) * 1000)
    if (one.type === 'odometer.replaced') {
      const slack = settings.replacementKm * 1000
      if (before.raw > one.beforeKm * 1000 + slack || after.raw < one.afterKm * 1000 - slack) continue
    }
    const distance = after.raw + offset + added - before.metres
    if (distance < 0 || brokenCap(distance, after.timeUs - before.timeUs, settings) !== null) continue
    one.used = true
    return { added, type: one.type }
  }
  return null
}

// ---------------------------------------------------------------- one stream of distances

// Readings come in the order of their sequences, with times that never go back: where a source's own time does not fit that order,
// it stands in stampedUs, and the reading counts in its place all the same.
/** @param {RuleStream} stream */
const inOrder = (stream) => {
  let last = -1
  for (const reading of stream.readings) {
    if (reading.sequence <= last) throw new Error('reading ' + reading.sequence + ' comes twice or out of order')
    last = reading.sequence
  }
  return stream.readings
}

/** @param {RuleStream} stream @returns {Point[]} */
const pointsOf = (stream) => {
  const factor = METRES[stream.unit] ?? 0
  /** @type {Point[]} */
  const points = []
  for (const reading of inOrder(stream)) {
    const value = isBad(reading.quality) ? null : numberOf(reading.value)
    if (value === null) continue
    points.push({
      stream: stream.stream,
      sequence: reading.sequence,
      timeUs: reading.timeUs,
      raw: Math.round(value * factor),
      metres: 0,
      segment: 0,
    })
  }
  return points
}

// What a rule leaves out or could not take at its word is said, however little it is.
/** @param {RuleStream} stream @param {number} usable */
const remarksOf = (stream, usable) => {
  /** @type {RuleReason[]} */
  const reasons = []
  const at = { stream: stream.stream }
  const bad = stream.readings.filter((reading) => isBad(reading.quality)).length
  const other = stream.readings.length - bad - usable
  const leftOut = bad + other
  if (leftOut > 0) {
    const what = [
      ...(bad > 0 ? [bad + ' of bad quality'] : []),
      ...(other > 0 ? [other + ' without a usable value'] : []),
    ]
    reasons.push({
      code: 'LEFT_OUT',
      severity: 'note',
      text: 'readings left out: ' + what.join(', '),
      ...at,
      count: leftOut,
      bad,
      other,
    })
  }
  const stamped = stream.readings.filter((reading) => reading.stampedUs !== undefined).length
  if (stamped > 0) {
    const text =
      stamped + ' readings carry a time that does not fit their order; they count where their order puts them'
    reasons.push({ code: 'TIME_IMPOSSIBLE', severity: 'note', text, ...at, count: stamped })
  }
  return reasons
}

// A lone reading that both neighbours contradict, and without which they agree, is a reading fault and no fraud.
/** @param {Point} before @param {Point} point @param {Point | undefined} after @param {number} offset @param {Settings} settings */
const isLoneOutlier = (before, point, after, offset, settings) => {
  if (!after) return false
  const straight = after.raw + offset - before.metres
  if (straight < 0 || brokenCap(straight, after.timeUs - before.timeUs, settings) !== null) return false
  const step = point.raw + offset - before.metres
  if (step < 0) return true
  return after.raw < point.raw && brokenCap(step, point.timeUs - before.timeUs, settings) !== null
}

/** @param {Point[]} points @param {Declared[]} declared @param {Settings} settings @returns {Walked} */
const walk = (points, declared, settings) => {
  /** @type {RuleReason[]} */
  const reasons = []
  /** @type {Point[]} */
  const kept = []
  let offset = 0
  let outliers = 0
  let segment = 0
  for (const [at, point] of points.entries()) {
    const before = kept[kept.length - 1]
    if (before) {
      const step = point.raw + offset - before.metres
      const dtUs = point.timeUs - before.timeUs
      const cap = step < 0 ? null : brokenCap(step, dtUs, settings)
      if (step < 0 || cap !== null) {
        const excuse = step < 0 ? declaredOffset(before, point, offset, declared, settings) : null
        if (excuse) {
          offset += excuse.added
          const wrapped = excuse.type === 'odometer.wrapped'
          reasons.push(
            reason(
              wrapped ? 'WRAP' : 'REPLACEMENT',
              'note',
              (wrapped ? 'declared wrap of the counter' : 'declared replacement of the instrument') +
                ', signed by two parties',
              point,
            ),
          )
        } else if (isLoneOutlier(before, point, points[at + 1], offset, settings)) {
          outliers++
          reasons.push(
            reason(
              'OUTLIER',
              'note',
              'a single reading of ' + km(point.raw) + ' km contradicts both neighbours; left out',
              point,
            ),
          )
          continue
        } else {
          segment++
          const from = km(before.metres - offset)
          const to = km(point.raw)
          reasons.push(
            step < 0
              ? reason('ROLLBACK', 'fraud', 'decreased from ' + from + ' km to ' + to + ' km', point, {
                  fromKm: from,
                  toKm: to,
                })
              : reason(
                  'JUMP',
                  'fraud',
                  'rose from ' +
                    from +
                    ' km to ' +
                    to +
                    ' km, more than ' +
                    settings.capsKm[cap ?? 'day'] +
                    ' km a ' +
                    cap,
                  point,
                  { fromKm: from, toKm: to, window: cap },
                ),
          )
        }
      }
    }
    point.metres = point.raw + offset
    point.segment = segment
    kept.push(point)
  }
  return { kept, reasons, outliers }
}

// Slow cheating: each step is small, yet a week, month, quarter or year adds up to more than any vehicle drives.
/** @param {Point[]} kept @param {Settings} settings */
const slidingCaps = (kept, settings) => {
  /** @type {RuleReason[]} */
  const reasons = []
  for (const [name, days] of WINDOWS) {
    const capMetres = settings.capsKm[name] * 1000
    let first = 0
    for (let at = 1; at < kept.length; at++) {
      const point = kept[at]
      while (first < at && (kept[first].segment !== point.segment || point.timeUs - kept[first].timeUs > days * DAY_US))
        first++
      const metres = point.metres - kept[first].metres
      if (metres <= capMetres) continue
      reasons.push(
        reason(
          'JUMP',
          'fraud',
          km(metres) + ' km within a ' + name + '; the cap is ' + settings.capsKm[name] + ' km',
          point,
          { fromKm: km(kept[first].metres), toKm: km(point.metres), window: name },
        ),
      )
      first = at
    }
  }
  return reasons
}

// All sources together: another one may have gone on where one was silent.
/** @param {Point[]} points @param {RuleEvidence<Parameters, unknown>['period']} period @param {Settings} settings */
const gapsIn = (points, period, settings) => {
  const maxUs = settings.gapDaysMax * DAY_US
  /** @type {RuleReason[]} */
  const reasons = []
  /** @param {number} fromUs @param {number} toUs @param {Point} point */
  const check = (fromUs, toUs, point) => {
    if (toUs - fromUs <= maxUs) return
    const days = Math.floor((toUs - fromUs) / DAY_US)
    reasons.push(
      reason('INCOMPLETE', 'incomplete', days + ' days without a reading; at most ' + settings.gapDaysMax, point, {
        fromUs,
        toUs,
        days,
      }),
    )
  }
  if (points.length === 0) return [reason('INCOMPLETE', 'incomplete', 'no usable reading in the period')]
  check(period.fromUs, points[0].timeUs, points[0])
  for (let at = 1; at < points.length; at++) check(points[at - 1].timeUs, points[at].timeUs, points[at])
  check(points[points.length - 1].timeUs, period.toUs, points[points.length - 1])
  if (points.length === 1)
    reasons.push(reason('TOO_FEW', 'incomplete', 'a single reading says nothing of what was driven', points[0]))
  return reasons
}

// What lies before the first reading of all sources and behind the newest was never recorded: nothing can be said about it.
/** @param {readonly RuleStream[]} streams @param {RuleEvidence<Parameters, unknown>['period']} period */
const unrecorded = (streams, period) => {
  const spans = streams.flatMap((stream) => (stream.recorded ? [stream.recorded] : []))
  /** @type {RuleReason[]} */
  const reasons = []
  /** @param {number} fromUs @param {number} toUs */
  const miss = (fromUs, toUs) => {
    if (toUs - fromUs < SECOND_US) return
    const text = 'a part of the period was not recorded: before the first reading or behind the newest'
    reasons.push({ code: 'NOT_RECORDED', severity: 'incomplete', text, fromUs, toUs })
  }
  if (spans.length === 0) miss(period.fromUs, period.toUs)
  else {
    miss(period.fromUs, Math.min(...spans.map((span) => span.fromUs)))
    miss(Math.max(...spans.map((span) => span.toUs)), period.toUs)
  }
  return reasons
}

// ---------------------------------------------------------------- several sources

// Where one source's readings leave another's at a moment: between what it showed before and what it showed after. Beyond its first
// and last reading, the other side is as far away as a vehicle can get in that time.
/** @param {Point} point @param {Point | undefined} before @param {Point | undefined} after @param {Settings} settings */
const boundsAt = (point, before, after, settings) => {
  const only = before ?? after
  if (only === undefined) throw new Error('a reading is held against none')
  const shown = [before, after].filter((one) => one !== undefined).map((one) => one.metres)
  const most = mostMetres(Math.abs(point.timeUs - only.timeUs), settings)
  const low = before === undefined ? only.metres - most : Math.min(...shown)
  const high = after === undefined ? only.metres + most : Math.max(...shown)
  const slack = Math.max(settings.disagreementKm * 1000, (high * settings.disagreementPercent) / 100)
  return { low: low - slack, high: high + slack }
}

// The points of one source that the other contradicts: for good (a run of them, or all there are), or null.
/** @param {Point[]} points @param {Point[]} other @param {Settings} settings */
const contradicted = (points, other, settings) => {
  let at = 0
  let run = 0
  let longest = 0
  /** @type {{ apart: number, point: Point } | null} */
  let worst = null
  for (const point of points) {
    while (at < other.length && other[at].timeUs <= point.timeUs) at++
    const { low, high } = boundsAt(point, other[at - 1], other[at], settings)
    const apart = Math.max(low - point.metres, point.metres - high, 0)
    run = apart > 0 ? run + 1 : 0
    longest = Math.max(longest, run)
    if (apart > 0 && (!worst || apart > worst.apart)) worst = { apart, point }
  }
  return worst && longest >= Math.min(settings.disagreementRun, points.length) ? worst : null
}

/** @param {Walked} one @param {Walked} other @param {Settings} settings @returns {RuleReason | null} */
const disagreement = (one, other, settings) => {
  if (one.kept.length === 0 || other.kept.length === 0) {
    const text = 'two sources of this vehicle could not be compared: one of them has no usable reading in the period'
    return { code: 'NOT_COMPARED', severity: 'incomplete', text }
  }
  const worst = contradicted(one.kept, other.kept, settings) ?? contradicted(other.kept, one.kept, settings)
  if (!worst) return null
  const apartKm = km(Math.round(worst.apart))
  return reason(
    'DISAGREEMENT',
    'fraud',
    'two sources of this vehicle are ' + apartKm + ' km further apart than they can be',
    worst.point,
    { apartKm },
  )
}

/** @param {readonly RuleStream[]} streams @param {{ id: string }} asset */
const wrongAsset = (streams, asset) => {
  const own = plainId(asset.id)
  for (const stream of streams) {
    for (const reading of stream.readings) {
      if (reading.value.kind !== 'text' || isBad(reading.quality)) continue
      const named = plainId(reading.value.value)
      if (named !== own) {
        const point = { stream: stream.stream, sequence: reading.sequence, timeUs: reading.timeUs }
        return reason('WRONG_ASSET', 'fraud', 'the reading names ' + named + ', not ' + own, point, { named })
      }
    }
  }
  return null
}

// ---------------------------------------------------------------- the verdict

// What was driven: the steps, without those over which the history of a source breaks.
/** @param {Point[]} points */
const driven = (points) => {
  let metres = 0
  for (let at = 1; at < points.length; at++) {
    const [before, point] = [points[at - 1], points[at]]
    if (point.stream !== before.stream || point.segment === before.segment) metres += point.metres - before.metres
  }
  return metres
}

// No source is believed for the number of its readings: where two contradict each other, none of their values is a figure.
/** @param {Point[]} points @param {number} leftOut @param {boolean} agreed */
const figuresOf = (points, leftOut, agreed) => {
  const counted = { readings: points.length, leftOut }
  const [first, last] = [points[0], points[points.length - 1]]
  if (!first) return counted
  const days = Math.floor((last.timeUs - first.timeUs) / DAY_US)
  if (!agreed) return { ...counted, days }
  return { distanceKm: km(driven(points)), firstKm: km(first.raw), lastKm: km(last.raw), ...counted, days }
}

/** @param {RuleReason[]} reasons @param {number} most */
const listed = (reasons, most) => {
  if (reasons.length <= most) return reasons
  const count = reasons.length - most
  return [
    ...reasons.slice(0, most),
    reason('MORE', 'note', count + ' further findings are not listed', undefined, { count }),
  ]
}

/** @param {RuleReason[]} reasons */
const verdictOf = (reasons) => {
  if (reasons.some((one) => one.severity === 'fraud')) return 'illogical'
  return reasons.some((one) => one.severity === 'incomplete') ? 'no judgement' : 'logical'
}

/** @param {RuleEvidence<Parameters, Confirmed | Wrapped | Replaced>} input @returns {RuleVerdict} */
const judge = (input) => {
  const settings = settingsOf(input.parameters)
  const distances = input.streams.filter((stream) => stream.quantity === 'odometer')
  const identities = input.streams.filter((stream) => stream.quantity === 'vin')
  const withheld = [...distances, ...identities].reduce((sum, stream) => sum + (stream.withheld ?? 0), 0)
  if (withheld > 0) {
    const text = withheld + ' readings are withheld; a verdict would rest on what nobody can see'
    return { verdict: 'no judgement', reasons: [reason('WITHHELD', 'incomplete', text)], figures: {} }
  }
  if (distances.length === 0) {
    return {
      verdict: 'no judgement',
      reasons: [reason('INCOMPLETE', 'incomplete', 'no odometer is bound to this vehicle')],
      figures: {},
    }
  }
  const unknown = distances.find((stream) => METRES[stream.unit] === undefined)
  if (unknown) {
    const text = 'the unit ' + unknown.unit + ' is no distance that this pack knows'
    return { verdict: 'no judgement', reasons: [reason('UNIT', 'incomplete', text)], figures: {} }
  }
  const { declared, oneParty } = declarationsOf(input.events ?? [])
  const present = distances.filter((stream) => stream.recorded || stream.readings.length > 0)
  const walked = present.map((stream) => {
    const points = pointsOf(stream)
    const remarks = remarksOf(stream, points.length)
    return {
      ...walk(
        points,
        declared.map((one) => ({ ...one })),
        settings,
      ),
      remarks,
      skipped: stream.readings.length - points.length,
    }
  })
  const points = walked
    .flatMap((one) => one.kept)
    .sort(
      (a, b) => a.timeUs - b.timeUs || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.sequence - b.sequence),
    )
  /** @type {RuleReason[]} */
  const reasons = []
  const stranger = wrongAsset(identities, input.asset)
  if (stranger) reasons.push(stranger)
  let agreed = true
  for (const [at, one] of walked.entries()) {
    reasons.push(...one.reasons, ...slidingCaps(one.kept, settings))
    for (const other of walked.slice(at + 1)) {
      const apart = disagreement(one, other, settings)
      if (apart) reasons.push(apart)
      if (apart) agreed = false
    }
    if (one.outliers > settings.outliersMax) {
      reasons.push(reason('OUTLIERS', 'incomplete', one.outliers + ' outliers; at most ' + settings.outliersMax))
    }
  }
  reasons.push(...unrecorded(distances, input.period), ...gapsIn(points, input.period, settings), ...oneParty)
  for (const one of walked) reasons.push(...one.remarks)
  for (const stream of identities) {
    reasons.push(
      ...remarksOf(
        stream,
        inOrder(stream).filter((reading) => !isBad(reading.quality) && reading.value.kind === 'text').length,
      ),
    )
  }
  const leftOut = walked.reduce((sum, one) => sum + one.outliers + one.skipped, 0)
  return {
    verdict: verdictOf(reasons),
    reasons: listed(reasons, settings.findingsMax),
    figures: figuresOf(points, leftOut, agreed),
  }
}

;({ judge })
