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
const isNumber = (value) => (value.kind === 'float' || value.kind === 'integer') && typeof value.value === 'number'

// How far a vehicle may go in dtUs: the cap of the shortest window that holds, stretched beyond its own length.
const brokenCap = (metres, dtUs, settings) => {
  for (const [name, days] of WINDOWS) {
    const capMetres = settings.capsKm[name] * 1000
    if (metres > capMetres * Math.max(1, dtUs / (days * DAY_US))) return name
  }
  return null
}

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

const pointsOf = (stream) => {
  const factor = METRES[stream.unit]
  const points = []
  let skipped = 0
  let last = -1
  for (const reading of stream.readings) {
    if (reading.sequence <= last) throw new Error('reading ' + reading.sequence + ' comes twice or out of order')
    last = reading.sequence
    if (isBad(reading.quality) || !isNumber(reading.value)) { skipped++; continue }
    points.push({
      stream: stream.stream, sequence: reading.sequence, timeUs: reading.timeUs,
      raw: Math.round(reading.value.value * factor), metres: 0,
    })
  }
  return { points, skipped }
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
      const dtUs = Math.max(0, point.timeUs - before.timeUs)
      if (point.timeUs < before.timeUs) {
        reasons.push(reason('CLOCK_BACK', 'note', 'the source clock went back at this reading', point))
      }
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

const gapsIn = (kept, period, settings) => {
  const maxUs = settings.gapDaysMax * DAY_US
  const reasons = []
  const check = (fromUs, toUs, point) => {
    if (toUs - fromUs <= maxUs) return
    const days = Math.floor((toUs - fromUs) / DAY_US)
    reasons.push(reason('INCOMPLETE', 'incomplete', days + ' days without a reading; at most ' + settings.gapDaysMax, point,
      { fromUs, toUs, days }))
  }
  if (kept.length === 0) return [reason('INCOMPLETE', 'incomplete', 'no usable reading in the period')]
  check(period.fromUs, kept[0].timeUs, kept[0])
  for (let at = 1; at < kept.length; at++) check(kept[at - 1].timeUs, kept[at].timeUs, kept[at])
  check(kept[kept.length - 1].timeUs, period.toUs, kept[kept.length - 1])
  return reasons
}

// ---------------------------------------------------------------- several sources

const disagreement = (primary, other, settings) => {
  let at = 0
  let run = 0
  let compared = 0
  let worst = null
  for (const point of other) {
    while (at + 1 < primary.length && primary[at + 1].timeUs <= point.timeUs) at++
    const near = primary[at]
    if (!near || Math.abs(near.timeUs - point.timeUs) > DAY_US) continue
    compared++
    const moved = settings.capsKm.day * 1000 * Math.min(1, Math.abs(point.timeUs - near.timeUs) / DAY_US)
    const allowed = Math.max(settings.disagreementKm * 1000, near.metres * settings.disagreementPercent / 100) + moved
    const apart = Math.abs(point.metres - near.metres)
    run = apart > allowed ? run + 1 : 0
    if (run > 0 && (!worst || apart > worst.apart)) worst = { apart, point }
    if (run >= settings.disagreementRun) break
  }
  if (!worst || (run < settings.disagreementRun && run < compared)) return null
  return reason('DISAGREEMENT', 'fraud', 'two sources of this vehicle are ' + km(worst.apart) + ' km apart', worst.point)
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

// What was driven: the steps, without those over which the history breaks.
const driven = (kept) => {
  let metres = 0
  for (let at = 1; at < kept.length; at++) {
    if (kept[at].segment === kept[at - 1].segment) metres += kept[at].metres - kept[at - 1].metres
  }
  return metres
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
  const walked = distances.map((stream) => {
    const { points, skipped } = pointsOf(stream)
    return { ...walk(points, declared.map((one) => ({ ...one })), settings), skipped }
  })
  const primary = walked.reduce((best, one) => (one.kept.length > best.kept.length ? one : best))
  const reasons = []
  const stranger = wrongAsset(identities, input.asset)
  if (stranger) reasons.push(stranger)
  for (const one of walked) {
    reasons.push(...one.reasons, ...slidingCaps(one.kept, settings))
    if (one !== primary) {
      const apart = disagreement(primary.kept, one.kept, settings)
      if (apart) reasons.push(apart)
    }
    if (one.outliers > settings.outliersMax) {
      reasons.push(reason('OUTLIERS', 'incomplete', one.outliers + ' outliers; at most ' + settings.outliersMax))
    }
  }
  reasons.push(...gapsIn(primary.kept, input.period, settings), ...oneParty)
  const first = primary.kept[0]
  const last = primary.kept[primary.kept.length - 1]
  const figures = first ? {
    distanceKm: km(driven(primary.kept)), firstKm: km(first.raw), lastKm: km(last.raw),
    readings: primary.kept.length, leftOut: primary.outliers + primary.skipped,
    days: Math.floor((last.timeUs - first.timeUs) / DAY_US),
  } : { readings: 0, leftOut: primary.skipped }
  return { verdict: verdictOf(reasons), reasons: reasons.slice(0, settings.findingsMax), figures }
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
    if (stream.quantity !== 'odometer' || factor === undefined || !isNumber(reading.value)) continue
    count++
    const metres = Math.round(reading.value.value * factor)
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
