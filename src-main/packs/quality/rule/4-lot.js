// ---------------------------------------------------------------- the lot

/**
 * @typedef {{ parameters?: Partial<Settings>, period: { fromUs: number, toUs: number }, streams: Stream[], events?: Stated[] }} Evidence
 * @typedef {{ verdict: string, reasons: Finding[], figures: Record<string, any> }} Verdict
 */

/** @type {Settings} */
const DEFAULTS = {
  coverageMinPercent: 95,
  stuckRun: 10,
  capabilityMin: 25,
  correlationMaxPercent: 50,
  calibrationGraceDays: 0,
  driftSigmas: 1,
  findingsMax: 64,
}

// What two parties may let pass. A lot without a plan, without its end or without a measurement has nothing that they could know.
const EXCUSABLE = [
  'nonconforming',
  'sample-short',
  'stuck',
  'calibration-missing',
  'calibration-overdue',
  'drift-up',
  'drift-down',
  'coverage-low',
]

/**
 * The plan in force: the newest that was stated before the lot's first reading and first laboratory result. Who could state limits after the values
 * are known could state any.
 * @param {Evidence} input @param {Statements} statements @returns {{ plan: Plan | null, findings: Finding[] }}
 */
const planOf = ({ streams }, { plans, results }) => {
  const starts = [
    ...streams.flatMap(({ readings }) => readings.slice(0, 1).map(({ timeUs }) => timeUs)),
    ...[...results.values()].flat().map(({ takenUs }) => takenUs),
  ]
  const startUs = Math.min(...starts)
  const plan = plans.filter(({ event }) => event.atUs <= startUs).at(-1) ?? null
  const late = plans.filter(({ event }) => event.atUs > startUs)
  if (plan === null) return { plan, findings: [finding(late.length > 0 ? 'plan-late' : 'plan-missing', 'incomplete')] }
  return {
    plan,
    findings: late.map(({ event }) => finding('plan-after-start', 'note', { entry: event.index, atUs: event.atUs })),
  }
}

/** The whole lot must lie in the period, or whoever chose it could leave out what is bad. @param {Evidence} input @param {Plan} plan @param {Completed | null} completed */
const bordersOf = ({ period }, plan, completed) => {
  if (completed === null) return [finding('lot-open', 'incomplete')]
  const isWhole = period.fromUs <= plan.event.atUs && period.toUs >= completed.event.atUs
  return isWhole ? [] : [finding('period-short', 'incomplete', { fromUs: plan.event.atUs, toUs: completed.event.atUs })]
}

/** Whether all that a concession is about lies within what was agreed. @param {Concession} concession @param {Finding[]} about @param {Judged} judged */
const isCovered = ({ parts, lower, upper }, about, judged) => {
  const isNonconforming = about[0].code === 'nonconforming'
  const count = isNonconforming ? judged.beyond.length : about.reduce((sum, one) => sum + one.count, 0)
  if (count > parts) return false
  return (
    !isNonconforming ||
    judged.beyond.every(
      (value) =>
        typeof value !== 'number' || ((lower === null || value >= lower) && (upper === null || value <= upper)),
    )
  )
}

/**
 * Findings after the concessions, and what is to be said of those that excuse nothing.
 * @param {readonly Judged[]} judged @param {readonly string[]} names of the same characteristics @param {readonly Concession[]} concessions
 * @returns {{ findings: Finding[], remarks: Finding[] }}
 */
const conceded = (judged, names, concessions) => {
  const covering = new Map()
  const remarks = concessions.flatMap((concession) => {
    const at = names.indexOf(concession.characteristic)
    const about =
      at < 0 || !EXCUSABLE.includes(concession.code)
        ? []
        : judged[at].findings.filter(({ code }) => code === concession.code)
    const { number } = concession.event.body
    const told = {
      characteristic: concession.characteristic,
      named: number,
      entry: concession.event.index,
      atUs: concession.event.atUs,
    }
    if (concession.state !== 'agreed') return [finding('concession-' + concession.state, 'note', told)]
    if (about.length === 0) return [finding('concession-unused', 'note', told)]
    if (!isCovered(concession, about, judged[at])) return [finding('concession-exceeded', 'note', told)]
    for (const one of about) covering.set(one, number)
    return []
  })
  const findings = judged
    .flatMap((one) => one.findings)
    .map((one) =>
      covering.has(one) ? { ...one, severity: /** @type {const} */ ('conceded'), concession: covering.get(one) } : one,
    )
  return { findings, remarks }
}

/** What certainly fails fails however much is missing; what is missing forbids any other judgement. @param {readonly Finding[]} findings */
const verdictOf = (findings) => {
  const has = (/** @type {Finding['severity']} */ severity) => findings.some((one) => one.severity === severity)
  if (has('fail')) return 'fail'
  if (has('incomplete')) return 'no-judgement'
  return has('conceded') ? 'concession' : 'pass'
}

/** The worst first. @param {readonly Finding[]} findings @param {number} most @returns {Finding[]} */
const listed = (findings, most) => {
  const ordered = ['fail', 'conceded', 'incomplete', 'note'].flatMap((severity) =>
    findings.filter((one) => one.severity === severity),
  )
  if (ordered.length <= most) return ordered
  return [...ordered.slice(0, most), finding('more', 'note', { count: ordered.length - most })]
}

// ---------------------------------------------------------------- what the paper prints

/** @param {readonly Finding[]} findings of one characteristic */
const resultOf = (findings) =>
  ({
    fail: 'result-outside',
    'no-judgement': 'result-not-judged',
    concession: 'result-conceded',
    pass: 'result-within',
  })[verdictOf(findings)]

/** @param {Plan} plan @param {readonly Judged[]} judged @param {readonly Finding[]} findings */
const characteristicRows = (plan, judged, findings) =>
  plan.characteristics.map(({ name }, at) => {
    const own = findings.filter(({ characteristic }) => characteristic === name)
    return { number: at + 1, ...judged[at].row, result: resultOf(own), findings: own.map(({ code }) => code) }
  })

/** @param {Plan} plan @param {Statements} statements @param {number | null} endUs @param {readonly Finding[]} findings */
const instrumentRows = (plan, { calibrations }, endUs, findings) => {
  const names = new Set(plan.characteristics.flatMap(({ instrument }) => (instrument === null ? [] : [instrument])))
  return [...names].map((instrument) => {
    const users = plan.characteristics.filter((one) => one.instrument === instrument).map(({ name }) => name)
    const codes = findings.filter(({ characteristic }) => users.includes(characteristic)).map(({ code }) => code)
    const state =
      ['calibration-missing', 'calibration-overdue', 'calibration-in-grace'].find((code) => codes.includes(code)) ??
      'calibration-in-time'
    const calibration = endUs === null ? null : calibrationAt(calibrations.get(instrument) ?? [], endUs)
    if (calibration === null) return { instrument, state }
    const { number, sheet, uncertainty, unit } = calibration.event.body
    const { calibratedUs, dueUs } = calibration
    const overdueDays = endUs === null || endUs <= dueUs ? 0 : Math.ceil((endUs - dueUs) / DAY_US)
    return {
      instrument,
      state,
      number,
      sheet,
      uncertainty: Number(uncertainty),
      unit,
      calibratedUs,
      dueUs,
      overdueDays,
    }
  })
}

/** @param {Statements} statements */
const deviationRows = ({ concessions }) =>
  concessions.map(({ event, agreed, state, characteristic, code, parts }) => {
    const { number, deviation, done } = event.body
    const answer =
      agreed === null
        ? {}
        : { agreedBy: agreed.legalName, agreedUs: agreed.atUs, agreedEntry: agreed.index, letter: agreed.body.letter }
    return {
      number,
      characteristic,
      code,
      parts,
      state,
      deviation,
      done,
      askedBy: event.legalName,
      askedUs: event.atUs,
      ...answer,
    }
  })

/** @param {Statements} statements */
const releaseRows = ({ released: said }) =>
  said.map(({ type, legalName, atUs, index, body }) => {
    const isVerdict = type === 'quality.verdict-stated'
    return { what: isVerdict ? 'release-' + body.verdict : 'release-lot', by: legalName, atUs, entry: index }
  })

/** @param {Evidence} input @param {Plan} plan */
const madeIn = ({ streams }, plan) => {
  const quantities = plan.characteristics.map(({ quantity }) => quantity)
  const times = streams
    .filter(({ quantity }) => quantities.includes(quantity))
    .flatMap(({ readings }) => readings.map(({ timeUs }) => timeUs))
  if (times.length === 0) return null
  return { fromUs: times.reduce((a, b) => Math.min(a, b)), toUs: times.reduce((a, b) => Math.max(a, b)) }
}

/** @param {Plan} plan @param {Completed | null} completed @param {{ fromUs: number, toUs: number } | null} made */
const aboutLot = (plan, completed, made) => {
  const { product, article, order, customer, specification } = plan.event.body
  const { lot, batch, parts } = completed?.event.body ?? {}
  return {
    product,
    article,
    order,
    customer,
    specification,
    lot,
    batch,
    parts,
    madeFromUs: made?.fromUs,
    madeToUs: made?.toUs,
  }
}

/**
 * Figures of the lot, and under `tables` what an inspection certificate in the manner of EN 10204 type 3.1 prints in rows.
 * @param {Evidence} input @param {Plan} plan @param {Statements} statements @param {readonly Judged[]} judged @param {readonly Finding[]} findings
 */
const figuresOf = (input, plan, statements, judged, findings) => {
  const made = madeIn(input, plan)
  const coverages = judged.flatMap(({ row }) => (row.coveragePercent === null ? [] : [row.coveragePercent]))
  return {
    characteristics: plan.characteristics.length,
    nonconforming: judged.reduce((sum, { row }) => sum + row.nonconforming, 0),
    conceded: new Set(
      findings.filter(({ severity }) => severity === 'conceded').map(({ characteristic }) => characteristic),
    ).size,
    ...(statements.completed === null ? {} : { parts: statements.completed.parts }),
    ...(coverages.length === 0 ? {} : { coveragePercent: Math.min(...coverages) }),
    about: aboutLot(plan, statements.completed, made),
    tables: {
      characteristics: characteristicRows(plan, judged, findings),
      instruments: instrumentRows(plan, statements, made?.toUs ?? null, findings),
      gaps: judged.flatMap(({ gaps }) => gaps).slice(0, 200),
      deviations: deviationRows(statements),
      release: releaseRows(statements),
    },
  }
}

/** @param {Evidence} input @returns {Verdict} */
const judge = (input) => {
  const settings = { ...DEFAULTS, ...input.parameters }
  const withheld = input.streams.reduce((sum, stream) => sum + stream.withheld, 0)
  if (withheld > 0)
    return { verdict: 'no-judgement', reasons: [finding('withheld', 'incomplete', { count: withheld })], figures: {} }
  const statements = statementsOf(input.events ?? [])
  const { plan, findings: ofPlan } = planOf(input, statements)
  if (plan === null) {
    const reasons = [...ofPlan, ...statements.findings]
    return { verdict: verdictOf(reasons), reasons: listed(reasons, settings.findingsMax), figures: {} }
  }
  const judged = plan.characteristics.map((one) => judgeCharacteristic(one, input.streams, statements, settings))
  const names = plan.characteristics.map(({ name }) => name)
  const { findings, remarks } = conceded(judged, names, statements.concessions)
  const reasons = [
    ...bordersOf(input, plan, statements.completed),
    ...findings,
    ...remarks,
    ...ofPlan,
    ...statements.findings,
  ]
  return {
    verdict: verdictOf(reasons),
    reasons: listed(reasons, settings.findingsMax),
    figures: figuresOf(input, plan, statements, judged, findings),
  }
}
