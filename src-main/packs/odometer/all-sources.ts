/** Second part of the odometer pack's text: sources held against each other, the verdict, the running state. See `source.ts`. */
export const ALL_SOURCES: string = String.raw`// ---------------------------------------------------------------- several sources

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
