/**
 * Units of measured values: UCUM codes (case sensitive, https://ucum.org), of which this table keeps those that
 * industrial sensors report. One unit has one code here, so that two streams with the same unit compare equal.
 */
import { WireError } from './errors.ts'

/** A code of the table below. */
export type UnitCode = string

export interface Unit {
  readonly code: UnitCode
  /** How people write it. */
  readonly symbol: string
  readonly name: string
}

/** Code, symbol, English name, and other spellings people try, which a message then answers with the code. */
type Row = readonly [code: string, symbol: string, name: string, ...spellings: string[]]

// prettier-ignore
const ROWS: readonly Row[] = [
  ['1', '', 'pure number', 'none', 'dimensionless', '-', 'count', 'counts', 'pcs', 'unit'],
  ['%', '%', 'percent', 'percent', 'pct', '%rh', '% rh'],
  ['[ppm]', 'ppm', 'parts per million', 'ppm'],
  ['[ppb]', 'ppb', 'parts per billion', 'ppb'],
  ['[pH]', 'pH', 'acidity', 'ph'],
  ['dB', 'dB', 'decibel', 'decibel'],
  ['m', 'm', 'metre', 'meter', 'metre'],
  ['km', 'km', 'kilometre', 'kilometer', 'kilometre', 'kms'],
  ['cm', 'cm', 'centimetre', 'centimeter'],
  ['mm', 'mm', 'millimetre', 'millimeter'],
  ['um', 'µm', 'micrometre', 'µm', 'μm', 'micron', 'micrometer'],
  ['nm', 'nm', 'nanometre', 'nanometer'],
  ['[in_i]', 'in', 'inch', 'in', 'inch', 'inches', '"'],
  ['[ft_i]', 'ft', 'foot', 'ft', 'foot', 'feet'],
  ['[yd_i]', 'yd', 'yard', 'yd', 'yard'],
  ['[mi_i]', 'mi', 'mile', 'mi', 'mile', 'miles'],
  ['[nmi_i]', 'nmi', 'nautical mile', 'nmi'],
  ['m2', 'm²', 'square metre', 'm²', 'm^2', 'sqm'],
  ['mm2', 'mm²', 'square millimetre', 'mm²', 'mm^2'],
  ['m3', 'm³', 'cubic metre', 'm³', 'm^3', 'cbm'],
  ['cm3', 'cm³', 'cubic centimetre', 'cm³', 'cm^3', 'ccm'],
  ['l', 'l', 'litre', 'liter', 'litre', 'ltr'],
  ['ml', 'ml', 'millilitre', 'milliliter'],
  ['hl', 'hl', 'hectolitre'],
  ['[gal_us]', 'gal', 'US gallon', 'gal', 'gallon', 'gpu'],
  ['s', 's', 'second', 'sec', 'second', 'seconds'],
  ['ms', 'ms', 'millisecond', 'msec', 'millisecond'],
  ['us', 'µs', 'microsecond', 'µs', 'μs', 'usec', 'microsecond'],
  ['ns', 'ns', 'nanosecond', 'nanosecond'],
  ['min', 'min', 'minute', 'minute', 'minutes'],
  ['h', 'h', 'hour', 'hr', 'hrs', 'hour', 'hours'],
  ['d', 'd', 'day', 'day', 'days'],
  ['wk', 'wk', 'week', 'week'],
  ['mo', 'mo', 'month', 'month'],
  ['a', 'a', 'year', 'year', 'yr'],
  ['Hz', 'Hz', 'hertz', 'hertz', 'cps'],
  ['kHz', 'kHz', 'kilohertz'],
  ['MHz', 'MHz', 'megahertz'],
  ['/s', '1/s', 'per second', '1/s', 's-1'],
  ['/min', '1/min', 'per minute, revolutions per minute', '1/min', 'min-1', 'rpm', 'r/min', 'rev/min', 'u/min'],
  ['/h', '1/h', 'per hour', '1/h'],
  ['m/s', 'm/s', 'metre per second', 'm/sec', 'mps'],
  ['mm/s', 'mm/s', 'millimetre per second', 'mm/sec'],
  ['m/min', 'm/min', 'metre per minute'],
  ['mm/min', 'mm/min', 'millimetre per minute'],
  ['km/h', 'km/h', 'kilometre per hour', 'kmh', 'kph', 'kmph'],
  ['[mi_i]/h', 'mph', 'mile per hour', 'mph'],
  ['[kn_i]', 'kn', 'knot', 'kn', 'knot', 'kt'],
  ['m/s2', 'm/s²', 'metre per second squared', 'm/s²', 'm/s^2'],
  ['[g]', 'g', 'standard gravity', 'gn'],
  ['rad', 'rad', 'radian', 'radian'],
  ['deg', '°', 'degree of arc', '°', 'degree', 'degrees'],
  ['rad/s', 'rad/s', 'radian per second'],
  ['deg/s', '°/s', 'degree per second', '°/s'],
  ['kg', 'kg', 'kilogram', 'kgs', 'kilogram', 'kilo'],
  ['g', 'g', 'gram', 'gram', 'gr'],
  ['mg', 'mg', 'milligram', 'milligram'],
  ['ug', 'µg', 'microgram', 'µg', 'μg'],
  ['t', 't', 'tonne', 'ton', 'tonne', 'to'],
  ['[lb_av]', 'lb', 'pound', 'lb', 'lbs', 'pound'],
  ['[oz_av]', 'oz', 'ounce', 'oz', 'ounce'],
  ['[car_m]', 'ct', 'metric carat', 'ct', 'carat'],
  ['kg/m3', 'kg/m³', 'kilogram per cubic metre', 'kg/m³', 'kg/m^3'],
  ['g/cm3', 'g/cm³', 'gram per cubic centimetre', 'g/cm³', 'g/cm^3'],
  ['g/l', 'g/l', 'gram per litre'],
  ['mg/l', 'mg/l', 'milligram per litre'],
  ['g/m3', 'g/m³', 'gram per cubic metre', 'g/m³', 'g/m^3'],
  ['mg/m3', 'mg/m³', 'milligram per cubic metre', 'mg/m³', 'mg/m^3'],
  ['ug/m3', 'µg/m³', 'microgram per cubic metre', 'µg/m³', 'ug/m^3'],
  ['g/m2', 'g/m²', 'gram per square metre', 'g/m²', 'gsm'],
  ['N', 'N', 'newton', 'newton'],
  ['kN', 'kN', 'kilonewton'],
  ['MN', 'MN', 'meganewton'],
  ['[lbf_av]', 'lbf', 'pound force', 'lbf'],
  ['N.m', 'N·m', 'newton metre', 'Nm', 'N·m', 'N*m'],
  ['kN.m', 'kN·m', 'kilonewton metre', 'kNm'],
  ['N/mm2', 'N/mm²', 'newton per square millimetre', 'N/mm²', 'N/mm^2'],
  ['Pa', 'Pa', 'pascal', 'pascal'],
  ['hPa', 'hPa', 'hectopascal'],
  ['kPa', 'kPa', 'kilopascal'],
  ['MPa', 'MPa', 'megapascal'],
  ['bar', 'bar', 'bar', 'bars', 'barg', 'bara'],
  ['mbar', 'mbar', 'millibar', 'mb'],
  ['[psi]', 'psi', 'pound per square inch', 'psi', 'psig', 'psia'],
  ['atm', 'atm', 'standard atmosphere'],
  ['mm[Hg]', 'mmHg', 'millimetre of mercury', 'mmHg', 'torr'],
  ['cm[H2O]', 'cmH₂O', 'centimetre of water', 'cmH2O'],
  ['K', 'K', 'kelvin', 'kelvin'],
  ['Cel', '°C', 'degree Celsius', '°C', '℃', 'degC', 'deg C', 'celsius', 'centigrade'],
  ['[degF]', '°F', 'degree Fahrenheit', '°F', '℉', 'degF', 'deg F', 'fahrenheit'],
  ['K/min', 'K/min', 'kelvin per minute'],
  ['Cel/min', '°C/min', 'degree Celsius per minute', '°C/min'],
  ['J', 'J', 'joule', 'joule'],
  ['kJ', 'kJ', 'kilojoule'],
  ['MJ', 'MJ', 'megajoule'],
  ['GJ', 'GJ', 'gigajoule'],
  ['W.h', 'Wh', 'watt hour', 'Wh', 'W*h'],
  ['kW.h', 'kWh', 'kilowatt hour', 'kWh', 'kW*h', 'kilowatthour'],
  ['MW.h', 'MWh', 'megawatt hour', 'MWh'],
  ['GW.h', 'GWh', 'gigawatt hour', 'GWh'],
  ['cal', 'cal', 'calorie', 'calorie'],
  ['kcal', 'kcal', 'kilocalorie'],
  ['[Btu]', 'BTU', 'British thermal unit', 'btu'],
  ['W', 'W', 'watt', 'watt'],
  ['mW', 'mW', 'milliwatt'],
  ['kW', 'kW', 'kilowatt'],
  ['MW', 'MW', 'megawatt'],
  ['V.A', 'VA', 'volt ampere, apparent power', 'VA'],
  ['kV.A', 'kVA', 'kilovolt ampere', 'kVA'],
  ['V.A{reactive}', 'var', 'volt ampere reactive', 'var'],
  ['kV.A{reactive}', 'kvar', 'kilovolt ampere reactive', 'kvar'],
  ['kV.A{reactive}.h', 'kvarh', 'kilovolt ampere reactive hour', 'kvarh'],
  ['W/m2', 'W/m²', 'watt per square metre', 'W/m²', 'W/m^2'],
  ['W/(m2.K)', 'W/(m²·K)', 'thermal transmittance', 'W/m2K', 'W/(m²K)'],
  ['V', 'V', 'volt', 'volt', 'volts'],
  ['mV', 'mV', 'millivolt'],
  ['uV', 'µV', 'microvolt', 'µV', 'μV'],
  ['kV', 'kV', 'kilovolt'],
  ['V/m', 'V/m', 'volt per metre'],
  ['A', 'A', 'ampere', 'amp', 'amps', 'ampere'],
  ['mA', 'mA', 'milliampere', 'milliamp'],
  ['uA', 'µA', 'microampere', 'µA', 'μA'],
  ['kA', 'kA', 'kiloampere'],
  ['A.h', 'Ah', 'ampere hour', 'Ah'],
  ['mA.h', 'mAh', 'milliampere hour', 'mAh'],
  ['Ohm', 'Ω', 'ohm', 'Ω', 'Ω', 'ohms'],
  ['kOhm', 'kΩ', 'kiloohm', 'kΩ', 'kohm'],
  ['MOhm', 'MΩ', 'megaohm', 'MΩ', 'Mohm'],
  ['S', 'S', 'siemens', 'siemens'],
  ['uS/cm', 'µS/cm', 'microsiemens per centimetre', 'µS/cm', 'μS/cm'],
  ['mS/cm', 'mS/cm', 'millisiemens per centimetre'],
  ['S/m', 'S/m', 'siemens per metre'],
  ['C', 'C', 'coulomb', 'coulomb'],
  ['F', 'F', 'farad', 'farad'],
  ['uF', 'µF', 'microfarad', 'µF', 'μF'],
  ['H', 'H', 'henry', 'henry'],
  ['T', 'T', 'tesla', 'tesla'],
  ['mT', 'mT', 'millitesla'],
  ['Wb', 'Wb', 'weber', 'weber'],
  ['lm', 'lm', 'lumen', 'lumen'],
  ['lx', 'lx', 'lux', 'lux'],
  ['cd', 'cd', 'candela', 'candela'],
  ['cd/m2', 'cd/m²', 'candela per square metre', 'cd/m²', 'nits'],
  ['m3/h', 'm³/h', 'cubic metre per hour', 'm³/h', 'm^3/h', 'cmh'],
  ['m3/s', 'm³/s', 'cubic metre per second', 'm³/s', 'm^3/s'],
  ['l/s', 'l/s', 'litre per second', 'lps'],
  ['l/min', 'l/min', 'litre per minute', 'lpm', 'slpm'],
  ['l/h', 'l/h', 'litre per hour', 'lph'],
  ['ml/min', 'ml/min', 'millilitre per minute'],
  ['[gal_us]/min', 'gpm', 'US gallon per minute', 'gpm'],
  ['kg/s', 'kg/s', 'kilogram per second'],
  ['kg/h', 'kg/h', 'kilogram per hour'],
  ['t/h', 't/h', 'tonne per hour', 'tph'],
  ['g/min', 'g/min', 'gram per minute'],
  ['l/(100.km)', 'l/100 km', 'fuel consumption', 'l/100km'],
  ['Pa.s', 'Pa·s', 'pascal second', 'Pas', 'Pa*s'],
  ['mPa.s', 'mPa·s', 'millipascal second', 'mPas', 'cP'],
  ['mm2/s', 'mm²/s', 'square millimetre per second', 'mm²/s', 'cSt'],
  ['[NTU]', 'NTU', 'nephelometric turbidity unit', 'ntu', 'fnu'],
  ['mol', 'mol', 'mole', 'mole'],
  ['mol/l', 'mol/l', 'mole per litre'],
  ['mmol/l', 'mmol/l', 'millimole per litre'],
  ['Bq', 'Bq', 'becquerel', 'becquerel'],
  ['uSv/h', 'µSv/h', 'microsievert per hour', 'µSv/h', 'μSv/h'],
  ['bit', 'bit', 'bit', 'bits'],
  ['By', 'B', 'byte', 'byte', 'bytes'],
  ['kBy', 'kB', 'kilobyte', 'kbyte'],
  ['MBy', 'MB', 'megabyte', 'mbyte'],
  ['bit/s', 'bit/s', 'bit per second', 'bps', 'baud'],
]

const unitByCode: ReadonlyMap<string, Unit> = new Map(
  ROWS.map(([code, symbol, name]) => [code, { code, symbol, name }] as const),
)
const codesBySpelling = spellings()

function spellings(): ReadonlyMap<string, readonly string[]> {
  const codes = new Map<string, string[]>()
  for (const [code, symbol, , ...others] of ROWS) {
    for (const spelling of new Set([code, symbol, ...others].map(folded))) {
      codes.set(spelling, [...(codes.get(spelling) ?? []), code])
    }
  }
  return codes
}

/** Spelling without what people vary: case, spaces, the two micro signs. */
function folded(text: string): string {
  return text.normalize('NFKC').replaceAll(/\s+/g, '').toLowerCase()
}

/** Every unit, in the table's order. */
export function allUnits(): readonly Unit[] {
  return [...unitByCode.values()]
}

/** The unit with this code, or null. An annotated count such as "{bottles}/h" is shown with its annotation. */
export function unitOf(code: string): Unit | null {
  const known = unitByCode.get(code)
  if (known !== undefined) return known
  const base = unitByCode.get(withoutAnnotations(code))
  return base === undefined ? null : { code, symbol: code.replaceAll(/[{}]/g, ''), name: base.name }
}

/** UCUM 2.1: text in braces says what is counted and does not change the unit. */
function withoutAnnotations(code: string): string {
  const bare = code.replaceAll(/\{[!-z|~]*\}/g, '')
  return bare === '' && code !== '' ? '1' : bare
}

/**
 * The canonical code, if `text` is one. Throws WireError `unknown_unit` naming the nearest codes: a unit is never
 * guessed, because "mW" and "MW" are both somebody's.
 */
export function parseUnit(text: string): UnitCode {
  if (unitOf(text) !== null) return text
  const near = nearUnits(text)
  const hint =
    near.length === 0
      ? 'UCUM codes are listed at https://ucum.org'
      : `did you mean ${near.map(described).join(' or ')}?`
  throw new WireError('unknown_unit', `unknown unit ${JSON.stringify(text.slice(0, 40))}; ${hint}`)
}

function described(code: string): string {
  return `"${code}" (${unitByCode.get(code)!.name})`
}

/** Codes that people spell like this, else those with at most one letter's difference; at most three. */
function nearUnits(text: string): string[] {
  const spelt = folded(text.slice(0, 40))
  const exact = codesBySpelling.get(spelt)
  if (exact !== undefined) return exact.slice(0, 3)
  const near = new Set<string>()
  for (const [spelling, codes] of codesBySpelling) {
    if (spelling.length > 1 && isOneEditApart(spelling, spelt)) for (const code of codes) near.add(code)
  }
  return [...near].slice(0, 3)
}

/** One letter more, less or other. */
function isOneEditApart(a: string, b: string): boolean {
  if (a.length > b.length) return isOneEditApart(b, a)
  if (b.length - a.length > 1) return false
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return a.slice(a.length === b.length ? at + 1 : at) === b.slice(at + 1)
}
