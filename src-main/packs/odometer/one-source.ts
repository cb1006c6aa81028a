/** First part of the odometer pack's text: what one source of distances says, by itself. See `source.ts`. */
export const ONE_SOURCE: string = String.raw`
// Plumbline odometer pack 1.0: is a vehicle's mileage history logical?
// apply(input) -> running state of one vehicle; judge(input) -> { verdict, reasons, figures }.
// Distances are integer metres inside, kilometres outside. Times are microseconds since 1970, UTC.

const DAY_US = 86400000000
// Nobody names the ends of a period to a finer measure.
const SECOND_US = 1000000
const WINDOWS = [
  ['day', 1], ['week', 7], ['month', 30], ['quarter', 91], ['year', 365],
]
const DEFAULTS = {
  capsKm: { day: 2000, week: 8000, month: 25000, quarter: 60000, year: 200000 },
  gapDaysMax: 30, outliersMax: 3, findingsMax: 32,
  disagreementKm: 5, disagreementPercent: 1, disagreementRun: 3, replacementKm: 2,
}
const METRES = { km: 1000, m: 1, '[mi_i]': 1609.344, hm: 100 }

const settingsOf = (given) => {
  const own = given ?? {}
  return { ...DEFAULTS, ...own, capsKm: { ...DEFAULTS.capsKm, ...(own.capsKm ?? {}) } }
}
const km = (metres) => metres / 1000
const isBad = (quality) => quality >= 0x80000000
const plainId = (asset) => asset.slice(asset.lastIndexOf(':') + 1).replaceAll(' ', '').toUpperCase()
// JSON has no -0 and no integer beyond 2^53, so these come as text; -0 km is 0 km. Null for what is no number.
const numberOf = (value) => {
  if (value.kind !== 'float' && value.kind !== 'integer') return null
  const number = Number(value.value)
  return Number.isFinite(number) ? number + 0 : null
}

// How far a vehicle may go in dtUs by one window: its cap, stretched beyond its own length.
const capMetres = (name, days, dtUs, settings) => settings.capsKm[name] * 1000 * Math.max(1, dtUs / (days * DAY_US))
const brokenCap = (metres, dtUs, settings) => {
  for (const [name, days] of WINDOWS) if (metres > capMetres(name, days, dtUs, settings)) return name
  return null
}
const mostMetres = (dtUs, settings) => Math.min(...WINDOWS.map(([name, days]) => capMetres(name, days, dtUs, settings)))

const reason = (code, severity, text, point, more) => ({
  code, severity, text,
  ...(point ? { stream: point.stream, sequence: point.sequence, timeUs: point.timeUs } : {}),
  ...(more ?? {}),
})

// ---------------------------------------------------------------- declared wraps and replacements

// One party declares, another confirms; a declaration that nobody else confirmed excuses nothing. A party is who signs by legal
// name: several gateways of one owner are one, and a signer without a name is none.
const partyOf = (event) => (event.legalName ?? '').trim().replace(/\s+/g, ' ').toLowerCase()
const declarationsOf = (events) => {
  const confirmations = new Map()
  for (const event of events) {
    if (event.type !== 'odometer.confirmed') continue
    confirmations.set(event.body.declares, [...(confirmations.get(event.body.declares) ?? []), event])
  }
  const declared = []
  const oneParty = []
  for (const event of events) {
    if (event.type !== 'odometer.wrapped' && event.type !== 'odometer.replaced') continue
    const confirmed = confirmations.get(event.hash) ?? []
    if (confirmed.length === 0) continue
    const party = partyOf(event)
    if (party !== '' && confirmed.some((one) => partyOf(one) !== '' && partyOf(one) !== party)) {
      declared.push({ ...event.body, type: event.type, atUs: event.body.atUs ?? event.atUs, used: false })
    } else {
      const what = event.type === 'odometer.wrapped' ? 'wrap of the counter' : 'replacement of the instrument'
      oneParty.push(reason('ONE_PARTY', 'note', 'a declared ' + what + ' excuses nothing: no second party confirmed it, only '
        + (event.legalName || 'a signer without a legal name'), undefined, { entry: event.index, atUs: event.atUs }))
    }
  }
  return { declared, oneParty }
}

// The offset that a declaration adds between two raw points, or null where none fits.
const declaredOffset = (before, after, offset, declared, settings) => {
  for (const one of declared) {
    if (one.used || one.atUs < before.timeUs || one.atUs > after.timeUs) continue
    if (one.stream !== undefined && one.stream !== after.stream) continue
    const added = one.type === 'odometer.wrapped'
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
const inOrder = (stream) => {
  let last = -1
  for (const reading of stream.readings) {
    if (reading.sequence <= last) throw new Error('reading ' + reading.sequence + ' comes twice or out of order')
    last = reading.sequence
  }
  return stream.readings
}

const pointsOf = (stream) => {
  const factor = METRES[stream.unit]
  const points = []
  for (const reading of inOrder(stream)) {
    const value = isBad(reading.quality) ? null : numberOf(reading.value)
    if (value === null) continue
    points.push({
      stream: stream.stream, sequence: reading.sequence, timeUs: reading.timeUs,
      raw: Math.round(value * factor), metres: 0,
    })
  }
  return points
}

// What a rule leaves out or could not take at its word is said, however little it is.
const remarksOf = (stream, usable) => {
  const reasons = []
  const at = { stream: stream.stream }
  const bad = stream.readings.filter((reading) => isBad(reading.quality)).length
  const other = stream.readings.length - bad - usable
  const leftOut = bad + other
  if (leftOut > 0) {
    const what = [...(bad > 0 ? [bad + ' of bad quality'] : []), ...(other > 0 ? [other + ' without a usable value'] : [])]
    reasons.push({ code: 'LEFT_OUT', severity: 'note', text: 'readings left out: ' + what.join(', '), ...at, count: leftOut, bad, other })
  }
  const stamped = stream.readings.filter((reading) => reading.stampedUs !== undefined).length
  if (stamped > 0) {
    const text = stamped + ' readings carry a time that does not fit their order; they count where their order puts them'
    reasons.push({ code: 'TIME_IMPOSSIBLE', severity: 'note', text, ...at, count: stamped })
  }
  return reasons
}

// A lone reading that both neighbours contradict, and without which they agree, is a reading fault and no fraud.
const isLoneOutlier = (before, point, after, offset, settings) => {
  if (!after) return false
  const straight = after.raw + offset - before.metres
  if (straight < 0 || brokenCap(straight, after.timeUs - before.timeUs, settings) !== null) return false
  const step = point.raw + offset - before.metres
  if (step < 0) return true
  return after.raw < point.raw && brokenCap(step, point.timeUs - before.timeUs, settings) !== null
}

const walk = (points, declared, settings) => {
  const reasons = []
  const kept = []
  let offset = 0
  let outliers = 0
  let segment = 0
  for (let at = 0; at < points.length; at++) {
    const point = points[at]
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
          reasons.push(reason(wrapped ? 'WRAP' : 'REPLACEMENT', 'note',
            (wrapped ? 'declared wrap of the counter' : 'declared replacement of the instrument') + ', signed by two parties', point))
        } else if (isLoneOutlier(before, point, points[at + 1], offset, settings)) {
          outliers++
          reasons.push(reason('OUTLIER', 'note', 'a single reading of ' + km(point.raw) + ' km contradicts both neighbours; left out', point))
          continue
        } else {
          segment++
          const from = km(before.metres - offset)
          const to = km(point.raw)
          reasons.push(step < 0
            ? reason('ROLLBACK', 'fraud', 'decreased from ' + from + ' km to ' + to + ' km', point, { fromKm: from, toKm: to })
            : reason('JUMP', 'fraud', 'rose from ' + from + ' km to ' + to + ' km, more than ' + settings.capsKm[cap] + ' km a ' + cap,
              point, { fromKm: from, toKm: to, window: cap }))
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
const slidingCaps = (kept, settings) => {
  const reasons = []
  for (const [name, days] of WINDOWS) {
    const capMetres = settings.capsKm[name] * 1000
    let first = 0
    for (let at = 1; at < kept.length; at++) {
      const point = kept[at]
      while (first < at && (kept[first].segment !== point.segment || point.timeUs - kept[first].timeUs > days * DAY_US)) first++
      const metres = point.metres - kept[first].metres
      if (metres <= capMetres) continue
      reasons.push(reason('JUMP', 'fraud', km(metres) + ' km within a ' + name + '; the cap is ' + settings.capsKm[name] + ' km',
        point, { fromKm: km(kept[first].metres), toKm: km(point.metres), window: name }))
      first = at
    }
  }
  return reasons
}

// All sources together: another one may have gone on where one was silent.
const gapsIn = (points, period, settings) => {
  const maxUs = settings.gapDaysMax * DAY_US
  const reasons = []
  const check = (fromUs, toUs, point) => {
    if (toUs - fromUs <= maxUs) return
    const days = Math.floor((toUs - fromUs) / DAY_US)
    reasons.push(reason('INCOMPLETE', 'incomplete', days + ' days without a reading; at most ' + settings.gapDaysMax, point,
      { fromUs, toUs, days }))
  }
  if (points.length === 0) return [reason('INCOMPLETE', 'incomplete', 'no usable reading in the period')]
  check(period.fromUs, points[0].timeUs, points[0])
  for (let at = 1; at < points.length; at++) check(points[at - 1].timeUs, points[at].timeUs, points[at])
  check(points[points.length - 1].timeUs, period.toUs, points[points.length - 1])
  if (points.length === 1) reasons.push(reason('TOO_FEW', 'incomplete', 'a single reading says nothing of what was driven', points[0]))
  return reasons
}

// What lies before the first reading of all sources and behind the newest was never recorded: nothing can be said about it.
const unrecorded = (streams, period) => {
  const spans = streams.flatMap((stream) => (stream.recorded ? [stream.recorded] : []))
  const reasons = []
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

`
