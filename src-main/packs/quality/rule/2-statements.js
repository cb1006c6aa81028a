// ---------------------------------------------------------------- what people and laboratories said of the lot

/**
 * @typedef {{ index: number, type: string, actor: string, legalName: string, role: string, hash: string, atUs: number, body: any }} Stated  a signed event about the lot
 * @typedef {'variable' | 'attribute' | 'laboratory'} CharacteristicKind
 * @typedef {Limits & {
 *   name: string, kind: CharacteristicKind, quantity: string, stream: string | null, unit: string, decimals: number,
 *   each: number, every: number, size: number | null, accept: number, subgroup: number, instrument: string | null,
 *   stuckRun: number | null, driftMost: number | null }} Characteristic
 * @typedef {{ event: Stated, product: string, characteristics: Characteristic[] }} Plan
 * @typedef {{ event: Stated, parts: number }} Completed
 * @typedef {{ event: Stated, calibratedUs: number, dueUs: number }} Calibration
 * @typedef {{ event: Stated, unit: string, takenUs: number, values: number[] }} Result
 * @typedef {Limits & { event: Stated, agreed: Stated | null, state: string, characteristic: string, code: string, parts: number }} Concession
 * @typedef {{ code: string, severity: 'fail' | 'incomplete' | 'note' | 'conceded', text: string, [value: string]: any }} Finding
 * @typedef {{
 *   plans: Plan[], completed: Completed | null, calibrations: Map<string, Calibration[]>, results: Map<string, Result[]>,
 *   concessions: Concession[], released: Stated[], findings: Finding[] }} Statements
 */

// A code as words, for whoever has no better ones.
/** @param {string} code @param {Finding['severity']} severity @param {Record<string, any>} [values] @returns {Finding} */
const finding = (code, severity, values) => ({ code, severity, text: code.replaceAll('-', ' '), ...values })

/** Roles in which each is signed; in another one it counts for nothing. */
/** @type {Record<string, readonly string[]>} */
const SIGNED_AS = {
  'quality.plan-stated': ['site-manager'],
  'quality.lot-completed': ['site-manager', 'technician'],
  'quality.calibration-stated': ['site-manager', 'installer'],
  'quality.result-stated': ['oracle', 'site-manager', 'technician'],
  'quality.result-withdrawn': ['oracle', 'site-manager', 'technician'],
  'quality.concession-asked': ['site-manager', 'technician'],
  'quality.concession-agreed': ['site-manager'],
  'quality.concession-declined': ['site-manager'],
  'quality.verdict-stated': ['site-manager', 'gateway'],
  'quality.lot-released': ['site-manager'],
}

/** @param {boolean} holds */
const need = (holds) => {
  if (!holds) throw new Error('this says nothing that can be counted')
}

/** A decimal number as text, or null where it may be left out. @param {any} text @returns {number} */
const decimalOf = (text) => {
  need(typeof text === 'string' && text.trim() === text && text !== '')
  const number = Number(text)
  need(Number.isFinite(number))
  return number
}
/** @param {any} text @returns {number | null} */
const decimalOrNull = (text) => (text === undefined ? null : decimalOf(text))
/** @param {any} value @param {number} least @param {number} most @returns {number} */
const whole = (value, least, most) => {
  need(Number.isSafeInteger(value) && value >= least && value <= most)
  return value
}
/** @param {any} value @returns {string} */
const textOf = (value) => {
  need(typeof value === 'string' && value !== '')
  return value
}

const COUNT_MAX = 1000000000

/**
 * One characteristic of a plan. Limits count as ASTM E29 has it by its rounding method: a value is rounded to the plan's decimals before it is
 * held against them, so that the 1.40 of a 32-bit float is no less than 1.40. @param {any} given @returns {Characteristic}
 */
const characteristicIn = (given) => {
  const { kind } = given
  need(kind === 'variable' || kind === 'attribute' || kind === 'laboratory')
  const [lower, upper] = [decimalOrNull(given.lower), decimalOrNull(given.upper)]
  need(kind === 'attribute' ? lower === null && upper === null : lower !== null || upper !== null)
  need(lower === null || upper === null || lower < upper)
  const size = given.size === undefined ? null : whole(given.size, 1, COUNT_MAX)
  const driftMost = decimalOrNull(given.driftMost)
  need(driftMost === null || driftMost > 0)
  return {
    name: textOf(given.name),
    kind,
    quantity: given.quantity ?? given.name,
    stream: given.stream ?? null,
    unit: textOf(given.unit),
    lower,
    upper,
    decimals: whole(given.decimals, 0, 9),
    each: whole(given.each ?? 1, 1, COUNT_MAX),
    every: whole(given.every, 1, COUNT_MAX),
    size,
    accept: whole(given.accept, 0, size === null ? COUNT_MAX : size - 1),
    subgroup: whole(given.subgroup ?? 1, 1, SUBGROUP_MAX),
    instrument: given.instrument ?? null,
    stuckRun: given.stuckRun === undefined ? null : whole(given.stuckRun, 2, COUNT_MAX),
    driftMost,
  }
}

/** @param {Stated} event @returns {Plan} */
const planIn = (event) => {
  const characteristics = event.body.characteristics.map(characteristicIn)
  const names = new Set(characteristics.map((/** @type {Characteristic} */ one) => one.name))
  need(names.size > 0 && names.size === characteristics.length)
  return { event, product: textOf(event.body.product), characteristics }
}

/** @param {Stated} event @returns {Completed} */
const completedIn = (event) => ({ event, parts: whole(event.body.parts, 1, COUNT_MAX) })

/** @param {Stated} event @returns {Calibration} */
const calibrationIn = (event) => {
  const { instrument, calibratedUs, dueUs } = event.body
  textOf(instrument)
  need(Number.isSafeInteger(calibratedUs) && Number.isSafeInteger(dueUs) && calibratedUs < dueUs)
  return { event, calibratedUs, dueUs }
}

/** @param {Stated} event @returns {Result} */
const resultIn = (event) => {
  const { characteristic, unit, takenUs, values } = event.body
  textOf(characteristic)
  need(Number.isSafeInteger(takenUs) && values.length > 0)
  return { event, unit: textOf(unit), takenUs, values: values.map(decimalOf) }
}

/** @param {Stated} event @returns {Concession} */
const concessionIn = (event) => {
  const { characteristic, code, parts, number } = event.body
  textOf(number)
  return {
    event,
    agreed: null,
    state: 'open',
    characteristic: textOf(characteristic),
    code: textOf(code),
    parts: whole(parts, 1, COUNT_MAX),
    lower: decimalOrNull(event.body.lower),
    upper: decimalOrNull(event.body.upper),
  }
}

/** What an answer or a withdrawal names. @param {Stated} event @returns {{ event: Stated, names: string }} */
const namingIn = (event) => ({ event, names: textOf(event.body.names) })

/** @param {Stated} event @returns {Stated} */
const verdictIn = (event) => {
  textOf(event.body.verdict)
  return event
}

// A party is who signs by legal name: several gateways of one owner are one, and a signer without a name is none.
/** @param {Stated} event */
const partyOf = (event) => (event.legalName ?? '').trim().replace(/\s+/g, ' ').toLowerCase()
/** @param {Stated} one @param {Stated} other */
const isOtherParty = (one, other) => {
  const [party, second] = [partyOf(one), partyOf(other)]
  return one.actor !== other.actor && party !== '' && second !== '' && party !== second
}

/** @template T @param {Map<string, T[]>} map @param {string} key @param {T} value */
const addTo = (map, key, value) => {
  map.set(key, [...(map.get(key) ?? []), value])
}

/**
 * Concessions with what became of them. Who asks never agrees, one signature against it ends it, and what is agreed before the lot was complete
 * was agreed without knowing it (ISO 9000, 3.12.5: a concession is about what was made; before that it is a deviation permit).
 * @param {Concession[]} asked @param {{ event: Stated, names: string }[]} agreed @param {{ event: Stated, names: string }[]} declined
 * @param {Completed | null} completed @returns {Concession[]}
 */
const answered = (asked, agreed, declined, completed) =>
  asked.map((one) => {
    const answers = agreed.filter(({ event, names }) => names === one.event.hash && event.index > one.event.index)
    const other = answers.find(({ event }) => isOtherParty(one.event, event))?.event ?? null
    if (declined.some(({ names }) => names === one.event.hash)) return { ...one, state: 'declined' }
    if (other === null) return { ...one, state: answers.length > 0 ? 'one-party' : 'open' }
    const early = completed === null || one.event.index < completed.event.index
    return { ...one, agreed: other, state: early ? 'early' : 'agreed' }
  })

/** @param {readonly Stated[]} events in ledger order @returns {Statements} */
const statementsOf = (events) => {
  /** @type {Finding[]} */
  const findings = []
  /** Those of one type that count, read; the others are noted. @template T @param {string} name @param {(event: Stated) => T} read @returns {T[]} */
  const all = (name, read) =>
    events
      .filter((event) => event.type === 'quality.' + name)
      .flatMap((event) => {
        const told = { named: name, entry: event.index, atUs: event.atUs }
        if (!SIGNED_AS[event.type].includes(event.role)) {
          findings.push(finding('signer-not-entitled', 'note', told))
          return []
        }
        try {
          return [read(event)]
        } catch {
          findings.push(finding('statement-unusable', 'note', told))
          return []
        }
      })
  const calibrations = new Map()
  for (const one of all('calibration-stated', calibrationIn)) addTo(calibrations, one.event.body.instrument, one)
  const withdrawn = all('result-withdrawn', namingIn)
  const results = new Map()
  for (const one of all('result-stated', resultIn)) {
    const { body, hash, actor, index, atUs } = one.event
    // Only who made a claim takes it back.
    if (withdrawn.some(({ event, names }) => names === hash && event.actor === actor))
      findings.push(finding('result-withdrawn', 'note', { characteristic: body.characteristic, entry: index, atUs }))
    else addTo(results, body.characteristic, one)
  }
  const completed = all('lot-completed', completedIn).at(-1) ?? null
  const concessions = answered(
    all('concession-asked', concessionIn),
    all('concession-agreed', namingIn),
    all('concession-declined', namingIn),
    completed,
  )
  // What they say was decided when they were accepted.
  const released = [...all('verdict-stated', verdictIn), ...all('lot-released', (event) => event)]
  return { plans: all('plan-stated', planIn), completed, calibrations, results, concessions, released, findings }
}
