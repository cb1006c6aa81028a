/** The odometer pack in words: every figure, verdict and reason code of `source.ts`, in the languages of a certificate. Data only. */
import type { PackWords, Told, ValueKind } from '../words.ts'

const told = (en: string, de: string): Told => ({ en, de })
const KM: ValueKind = { unit: 'km', decimals: 1 }
const COUNT: ValueKind = { unit: '', decimals: 0 }

export const odometerWords: PackWords = {
  title: told('Certificate of mileage history', 'Zertifikat über den Kilometerstand'),
  asset: told('Vehicle', 'Fahrzeug'),
  verdicts: {
    logical: {
      before: told('The mileage history is ', 'Der Verlauf der Kilometerstände ist '),
      strong: told('logical', 'schlüssig'),
      after: told('', ''),
      because: told(': no reading is lower than one before it', ': kein Stand liegt unter einem früheren'),
    },
    illogical: {
      before: told('The mileage history is ', 'Der Verlauf der Kilometerstände ist '),
      strong: told('not logical', 'nicht schlüssig'),
      after: told('', ''),
      because: told('', ''),
    },
    'no judgement': {
      before: told('', ''),
      strong: told('No judgement', 'Kein Urteil'),
      after: told(' on the mileage history is possible', ' über den Verlauf der Kilometerstände ist möglich'),
      because: told('', ''),
    },
  },
  headline: {
    quantity: 'odometer',
    reading: told('Reading', 'Stand'),
    difference: told('Driven', 'Gefahren'),
    inGap: told('Driven in it', 'Darin gefahren'),
    decimals: 1,
    first: 'firstKm',
    last: 'lastKm',
    total: 'distanceKm',
    days: 'days',
    leftOut: 'leftOut',
  },
  figures: {
    distanceKm: { label: told('Driven', 'Gefahren'), unit: 'km', decimals: 1 },
    firstKm: { label: told('First reading', 'Erster Stand'), unit: 'km', decimals: 1 },
    lastKm: { label: told('Last reading', 'Letzter Stand'), unit: 'km', decimals: 1 },
    readings: { label: told('Readings used', 'Verwendete Stände'), unit: '', decimals: 0 },
    leftOut: { label: told('Readings left out', 'Ausgelassene Stände'), unit: '', decimals: 0 },
    days: { label: told('Days', 'Tage'), unit: '', decimals: 0 },
  },
  quantities: {
    odometer: told('Odometer', 'Kilometerstand'),
    vin: told('Vehicle identification', 'Fahrzeug-Identifikation'),
  },
  attributes: {
    make: told('Make', 'Marke'),
    model: told('Model', 'Modell'),
    year: told('Year', 'Baujahr'),
    plate: told('Licence plate', 'Kennzeichen'),
  },
  identity: {
    quantity: 'vin',
    late: told(
      'That the readings before {first} are of this vehicle: its identification was read only from then on.',
      'Dass die Stände vor dem {first} von diesem Fahrzeug sind: Seine Identifikation wurde erst seitdem gelesen.',
    ),
    never: told(
      'That the readings are of this vehicle: its identification was not read in the period.',
      'Dass die Stände von diesem Fahrzeug sind: Seine Identifikation wurde im Zeitraum nicht gelesen.',
    ),
  },
  values: {
    fromKm: KM,
    toKm: KM,
    apartKm: KM,
    days: COUNT,
    count: COUNT,
    named: 'text',
    fromUs: 'time',
    toUs: 'time',
  },
  reasons: {
    ROLLBACK: [
      told('The reading fell from {fromKm} to {toKm}.', 'Der Stand fiel von {fromKm} auf {toKm}.'),
      told('The reading is lower than one before it.', 'Der Stand liegt unter einem früheren.'),
    ],
    JUMP: [
      told(
        'The reading rose from {fromKm} to {toKm}, more than can be driven in that time.',
        'Der Stand stieg von {fromKm} auf {toKm}, mehr als in dieser Zeit zu fahren ist.',
      ),
      told('More than can be driven in that time.', 'Mehr, als in dieser Zeit zu fahren ist.'),
    ],
    WRONG_ASSET: [
      told('A reading names another vehicle: {named}.', 'Ein Messwert nennt ein anderes Fahrzeug: {named}.'),
      told('A reading names another vehicle.', 'Ein Messwert nennt ein anderes Fahrzeug.'),
    ],
    INCOMPLETE: [
      told(
        '{days} days without a usable reading, from {fromUs} to {toUs}.',
        '{days} Tage ohne verwendbaren Stand, von {fromUs} bis {toUs}.',
      ),
      told('{days} days without a usable reading.', '{days} Tage ohne verwendbaren Stand.'),
      told('No usable reading in the period.', 'Kein verwendbarer Stand im Zeitraum.'),
    ],
    OUTLIER: [
      told(
        'A single reading contradicts the ones before and after it; it was left out.',
        'Ein einzelner Stand widerspricht dem vor und dem nach ihm; er bleibt außer Betracht.',
      ),
    ],
    OUTLIERS: [
      told(
        'Too many single readings contradict the ones before and after them.',
        'Zu viele einzelne Stände widersprechen denen vor und nach ihnen.',
      ),
    ],
    WRAP: [
      told(
        'The counter started again at zero; declared and signed by two parties.',
        'Der Zähler begann wieder bei null; erklärt und von zwei Parteien signiert.',
      ),
    ],
    REPLACEMENT: [
      told(
        'The instrument was replaced; declared and signed by two parties.',
        'Das Instrument wurde getauscht; erklärt und von zwei Parteien signiert.',
      ),
    ],
    ONE_PARTY: [
      told(
        'A declared change of the counter excuses nothing: no second party confirmed it.',
        'Eine erklärte Änderung des Zählers entschuldigt nichts: Keine zweite Partei hat sie bestätigt.',
      ),
    ],
    DISAGREEMENT: [
      told(
        'Two instruments of this vehicle are {apartKm} further apart than they can be.',
        'Zwei Instrumente dieses Fahrzeugs liegen {apartKm} weiter auseinander, als es sein kann.',
      ),
      told(
        'Two instruments of this vehicle contradict each other.',
        'Zwei Instrumente dieses Fahrzeugs widersprechen einander.',
      ),
    ],
    NOT_COMPARED: [
      told(
        'Two instruments of this vehicle could not be compared: one of them has no usable reading in the period.',
        'Zwei Instrumente dieses Fahrzeugs ließen sich nicht vergleichen: Eines hat keinen verwendbaren Stand im Zeitraum.',
      ),
    ],
    NOT_RECORDED: [
      told('Nothing was recorded from {fromUs} to {toUs}.', 'Nichts aufgezeichnet von {fromUs} bis {toUs}.'),
      told('Nothing was recorded before {toUs}.', 'Nichts aufgezeichnet vor {toUs}.'),
      told('Nothing was recorded after {fromUs}.', 'Nichts aufgezeichnet nach {fromUs}.'),
      told('Part of the period was not recorded.', 'Ein Teil des Zeitraums wurde nicht aufgezeichnet.'),
    ],
    TOO_FEW: [told('Too few readings to say anything.', 'Zu wenige Stände, um etwas zu sagen.')],
    LEFT_OUT: [
      told(
        'Readings left out because they hold no usable value: {count}.',
        'Ausgelassene Stände, weil sie keinen verwendbaren Wert haben: {count}.',
      ),
      told('Readings without a usable value were left out.', 'Stände ohne verwendbaren Wert wurden ausgelassen.'),
    ],
    TIME_IMPOSSIBLE: [
      told(
        'Readings whose time does not fit their order, and which count where their order puts them: {count}.',
        'Stände, deren Zeit nicht zu ihrer Reihenfolge passt und die dort zählen, wo diese sie hinstellt: {count}.',
      ),
      told(
        'A reading has a time at which it cannot have been taken.',
        'Ein Stand hat eine Zeit, zu der er nicht abgelesen sein kann.',
      ),
    ],
    WITHHELD: [
      told(
        'Readings are kept back; a judgement would rest on what nobody can see.',
        'Stände sind zurückgehalten; ein Urteil stünde auf dem, was niemand sieht.',
      ),
    ],
    MORE: [
      told('Further findings that are not listed: {count}.', 'Weitere Befunde, die nicht aufgeführt sind: {count}.'),
      told('There are further findings.', 'Es gibt weitere Befunde.'),
    ],
    UNIT: [
      told(
        'The unit of the readings is no distance that this rule knows.',
        'Die Einheit der Stände ist keine Strecke, die diese Regel kennt.',
      ),
    ],
  },
  lookedFor: told(
    'a lower reading, more than can be driven in the time, a second instrument that disagrees, a counter that starts again, ' +
      'another vehicle’s identification, long stretches without a reading.',
    'ein niedrigerer Stand, mehr als in der Zeit zu fahren ist, ein zweites Instrument, das widerspricht, ein neu beginnender ' +
      'Zähler, die Identifikation eines anderen Fahrzeugs, lange Strecken ohne Stand.',
  ),
  notProven: [
    {
      when: 'always',
      text: told('What the odometer showed before {first}.', 'Was der Kilometerzähler vor dem {first} zeigte.'),
    },
    {
      when: 'always',
      text: told(
        'That the instrument counts right: no comparison with a measured distance is recorded.',
        'Dass das Instrument richtig zählt: Kein Vergleich mit einer gemessenen Strecke ist verzeichnet.',
      ),
    },
    {
      when: 'gaps',
      text: told(
        'What happened within gaps, beyond the distance across them.',
        'Was in den Lücken geschah, außer der Strecke darüber.',
      ),
    },
  ],
  events: {
    'odometer.wrapped': told('Wrap of the counter declared', 'Überlauf des Zählers erklärt'),
    'odometer.replaced': told('Replacement of the instrument declared', 'Tausch des Instruments erklärt'),
    'odometer.confirmed': told('Declaration confirmed', 'Erklärung bestätigt'),
  },
}
