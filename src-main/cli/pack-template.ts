/** A pack to begin with: every file that a pack has, with as little in each as there can be. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { JsonValue } from '../wire/json.ts'

const RULE = `// Every gateway and every verifier runs this, and comes to the same: there is no clock, no randomness and no network.

/** Verdict over a period, by everything that the certificate proves. docs/FORMATS.md, "Packs", has what evidence holds. */
function judge(evidence) {
  const { lower, upper } = evidence.parameters
  const reasons = []
  let judged = 0
  for (const stream of evidence.streams) {
    if (stream.quantity !== 'example') continue
    for (const gap of stream.gaps) reasons.push({ code: 'gap', text: gap.reason, stream: stream.stream })
    for (const { value, sequence } of stream.readings) {
      if (value.kind !== 'float' && value.kind !== 'integer') continue
      judged += 1
      const number = Number(value.value)
      if (number < Number(lower) || number > Number(upper))
        reasons.push({ code: 'outside', text: 'outside the limits', stream: stream.stream, sequence, value: number })
    }
  }
  if (judged === 0) reasons.push({ code: 'nothing', text: 'no reading' })
  const found = (code) => reasons.some((reason) => reason.code === code)
  // What is missing never makes a verdict friendlier.
  const verdict = found('outside') ? 'fail' : found('gap') || found('nothing') ? 'no-judgement' : 'pass'
  return { verdict, reasons, figures: { judged } }
}

/**
 * Asked in consensus for every event about an asset of this pack, before it takes effect: { refuse: code } keeps an act from happening,
 * { findings: [code] } notes something, { set: [[kind, id, value]] } keeps a value that call.get(pack, kind, id) gives later.
 */
function accept(call) {
  const { type } = call.statement
  const [asset] = call.assets
  if (type === 'ID.seen') return { set: [['seen', asset, { by: call.signer.member }]] }
  if (type === 'asset.bound' && call.get('ID', 'seen', asset) === null) return { refuse: 'not-seen' }
  return {}
}

;({ judge, accept })
`

const VERDICTS = ['pass', 'fail', 'no-judgement']
const decimal = (value: string): JsonValue => ({ unit: '', schema: { decimal: 1 }, default: value })

function manifest(id: string): JsonValue {
  return {
    id,
    version: '0.1',
    assets: ['example'],
    parameters: { lower: decimal('0.0'), upper: decimal('10.0') },
    events: { [`${id}.seen`]: { body: { record: { required: { note: { text: 200 } } } } } },
    reads: [],
    uses: [],
    ancestry: 0,
    verdicts: VERDICTS,
    codes: ['gap', 'outside', 'nothing', 'not-seen'],
    values: { value: { unit: '', decimals: 1 } },
    figures: { judged: { unit: '', decimals: 0 } },
    headline: {
      quantity: 'example',
      decimals: 1,
      first: 'first',
      last: 'last',
      total: 'total',
      days: 'days',
      leftOut: 'leftOut',
    },
    identity: { quantity: 'identity' },
    quantities: { example: {} },
    attributes: [],
    notProven: [],
    words: ['en', 'de'],
  }
}

type Language = 'en' | 'de'

/** In the order English, German. */
const TEXTS = {
  title: ['Example certificate', 'Beispielzertifikat'],
  asset: ['Example', 'Beispiel'],
  lookedFor: ['readings outside the limits, and gaps', 'Messwerte außerhalb der Grenzen, und Lücken'],
  pass: ['within its limits', 'in seinen Grenzen'],
  fail: ['not within its limits', 'nicht in seinen Grenzen'],
  'no-judgement': ['not judged', 'nicht beurteilt'],
  reading: ['Reading', 'Messwert'],
  difference: ['Difference', 'Unterschied'],
  inGap: ['in a gap', 'in einer Lücke'],
  judged: ['Readings judged', 'Beurteilte Messwerte'],
  example: ['example', 'Beispiel'],
  late: ['The name came on {first}.', 'Der Name kam am {first}.'],
  never: ['No name was read.', 'Kein Name wurde gelesen.'],
  gap: ['There is a gap.', 'Es gibt eine Lücke.'],
  outside: ['{value} is outside the limits.', '{value} liegt außerhalb der Grenzen.'],
  nothing: ['There is no reading.', 'Es gibt keinen Messwert.'],
  'not-seen': ['nobody has seen it yet', 'noch niemand hat es gesehen'],
  seen: ['seen', 'gesehen'],
} as const

function words(id: string, language: Language): JsonValue {
  const text = (name: keyof typeof TEXTS): string => TEXTS[name][language === 'en' ? 0 : 1]
  const sentence = (name: keyof typeof TEXTS): [string, string] => [name, text(name)]
  const verdicts = (['pass', 'fail', 'no-judgement'] as const).map((name) => [
    name,
    { before: '', strong: text(name), after: '', because: '' },
  ])
  const codes = (['gap', 'outside', 'nothing', 'not-seen'] as const).map((name) => [
    name,
    name === 'outside' ? [text(name), text('fail')] : [text(name)],
  ])
  return {
    title: text('title'),
    asset: text('asset'),
    lookedFor: text('lookedFor'),
    verdicts: Object.fromEntries(verdicts) as JsonValue,
    headline: Object.fromEntries((['reading', 'difference', 'inGap'] as const).map(sentence)),
    figures: Object.fromEntries([sentence('judged')]),
    quantities: Object.fromEntries([sentence('example')]),
    attributes: {},
    identity: Object.fromEntries((['late', 'never'] as const).map(sentence)),
    codes: Object.fromEntries(codes) as JsonValue,
    notProven: {},
    events: { [`${id}.seen`]: text('seen') },
  }
}

/** Writes the files of a pack with this id into a folder that is not there yet. */
export function writePackTemplate(folder: string, id: string): void {
  const files: [string, string][] = [
    ['rule.js', RULE.replaceAll('ID', id)],
    ['pack.json', json(manifest(id))],
    ['words/en.json', json(words(id, 'en'))],
    ['words/de.json', json(words(id, 'de'))],
  ]
  for (const [name, text] of files) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
  }
}

const json = (value: JsonValue): string => `${JSON.stringify(value, null, 2)}\n`
