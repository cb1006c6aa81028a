/**
 * The odometer pack as it is activated on a channel and enclosed in certificates: this text, byte for byte.
 * Any change here is a new version of the pack, and old versions stay: channels activated them, certificates enclose them.
 * `test/unit/packs/odometer.test.ts` states what it decides.
 */
export const odometerSource: string = String.raw`
// Plumbline odometer pack 1.0: is a vehicle's mileage history logical?
// apply(input) -> running state of one vehicle; judge(input) -> { verdict, reasons, figures }.
// Distances are integer metres inside, kilometres outside. Times are microseconds since 1970, UTC.

const DAY_US = 86400000000
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
    if (toUs <= fromUs) return
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
const boundsAt = (point, before, after, settings) => {
  const shown = [before, after].filter((one) => one !== undefined).map((one) => one.metres)
  const most = mostMetres(Math.abs(point.timeUs - (before ?? after).timeUs), settings)
  const low = before === undefined ? after.metres - most : Math.min(...shown)
  const high = after === undefined ? before.metres + most : Math.max(...shown)
  const slack = Math.max(settings.disagreementKm * 1000, high * settings.disagreementPercent / 100)
  return { low: low - slack, high: high + slack }
}

// The points of one source that the other contradicts: for good (a run of them, or all there are), or null.
const contradicted = (points, other, settings) => {
  let at = 0
  let run = 0
  let longest = 0
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

const disagreement = (one, other, settings) => {
  if (one.kept.length === 0 || other.kept.length === 0) {
    const text = 'two sources of this vehicle could not be compared: one of them has no usable reading in the period'
    return { code: 'NOT_COMPARED', severity: 'incomplete', text }
  }
  const worst = contradicted(one.kept, other.kept, settings) ?? contradicted(other.kept, one.kept, settings)
  if (!worst) return null
  const apartKm = km(Math.round(worst.apart))
  return reason('DISAGREEMENT', 'fraud', 'two sources of this vehicle are ' + apartKm + ' km further apart than they can be',
    worst.point, { apartKm })
}

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
const driven = (points) => {
  let metres = 0
  for (let at = 1; at < points.length; at++) {
    const [before, point] = [points[at - 1], points[at]]
    if (point.stream !== before.stream || point.segment === before.segment) metres += point.metres - before.metres
  }
  return metres
}

// No source is believed for the number of its readings: where two contradict each other, none of their values is a figure.
const figuresOf = (points, leftOut, agreed) => {
  const counted = { readings: points.length, leftOut }
  const [first, last] = [points[0], points[points.length - 1]]
  if (!first) return counted
  const days = Math.floor((last.timeUs - first.timeUs) / DAY_US)
  if (!agreed) return { ...counted, days }
  return { distanceKm: km(driven(points)), firstKm: km(first.raw), lastKm: km(last.raw), ...counted, days }
}

const listed = (reasons, most) => {
  if (reasons.length <= most) return reasons
  const count = reasons.length - most
  return [...reasons.slice(0, most), reason('MORE', 'note', count + ' further findings are not listed', undefined, { count })]
}

const verdictOf = (reasons) => {
  if (reasons.some((one) => one.severity === 'fraud')) return 'illogical'
  return reasons.some((one) => one.severity === 'incomplete') ? 'no judgement' : 'logical'
}

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
    return { verdict: 'no judgement', reasons: [reason('INCOMPLETE', 'incomplete', 'no odometer is bound to this vehicle')], figures: {} }
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
    return { ...walk(points, declared.map((one) => ({ ...one })), settings), remarks, skipped: stream.readings.length - points.length }
  })
  const points = walked.flatMap((one) => one.kept).sort((a, b) => a.timeUs - b.timeUs || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.sequence - b.sequence))
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
    reasons.push(...remarksOf(stream, inOrder(stream).filter((reading) => !isBad(reading.quality) && reading.value.kind === 'text').length))
  }
  const leftOut = walked.reduce((sum, one) => sum + one.outliers + one.skipped, 0)
  return { verdict: verdictOf(reasons), reasons: listed(reasons, settings.findingsMax), figures: figuresOf(points, leftOut, agreed) }
}

// ---------------------------------------------------------------- the running state

// Kept per vehicle on the ledger: {count, streams: {id: {count, metres, timeUs, sequence}}, findings: [...]}.
// It sees one step at a time, so it reports suspicion early; the verdict over a period is judge's.
const apply = (input) => {
  const settings = settingsOf(input.parameters)
  const known = new Map((input.streams ?? []).map((stream) => [stream.stream, stream]))
  const old = input.state ?? { count: 0, streams: {}, findings: [] }
  const streams = { ...old.streams }
  const findings = [...old.findings]
  let count = old.count
  const find = (code, reading, more) => {
    if (findings.length < settings.findingsMax) {
      findings.push({ code, entry: input.index, stream: reading.stream, sequence: reading.sequence, ...more })
    }
  }
  const own = plainId(input.asset)
  for (const reading of input.readings) {
    const stream = known.get(reading.stream)
    if (stream === undefined || isBad(reading.quality)) continue
    if (stream.quantity === 'vin' && reading.value.kind === 'text') {
      count++
      if (plainId(reading.value.value) !== own && !findings.some((one) => one.code === 'WRONG_ASSET')) find('WRONG_ASSET', reading, {})
      continue
    }
    const factor = METRES[stream.unit]
    const value = numberOf(reading.value)
    if (stream.quantity !== 'odometer' || factor === undefined || value === null) continue
    count++
    const metres = Math.round(value * factor)
    const before = streams[reading.stream]
    if (before) {
      const step = metres - before.metres
      if (step < 0) find('ROLLBACK', reading, { fromMetres: before.metres, toMetres: metres })
      else if (brokenCap(step, Math.max(0, reading.timeUs - before.timeUs), settings) !== null) {
        find('JUMP', reading, { fromMetres: before.metres, toMetres: metres })
      }
    }
    streams[reading.stream] = { count: (before?.count ?? 0) + 1, metres, timeUs: reading.timeUs, sequence: reading.sequence }
  }
  return { count, streams, findings }
}

;({ apply, judge })
`
