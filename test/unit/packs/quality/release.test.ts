import { beforeAll, describe, expect, test } from 'vitest'
import { loadEngine } from '../../../../src-main/documents/engine.ts'
import { readAnswer } from '../../../../src-main/packs/accept-answer.ts'
import { BareEngine } from '../../../../src-main/packs/bare-engine.ts'
import { CallEngine } from '../../../../src-main/packs/call-engine.ts'
import { Lot } from '../../../../src-main/packs/quality/scenario/lot.ts'
import type { Members } from '../../../../src-main/packs/quality/scenario/lot.ts'
import type { JsonValue } from '../../../../src-main/wire/json.ts'
import { inside, judge, PACK, RULE } from './rule.ts'

const MAKER = { actor: 'a1', owner: 'maker' }
const CUSTOMER = { actor: 'b1', owner: 'customer' }
const ROWS = 'ab'.repeat(32)

interface Call {
  type: string
  role?: string
  body?: JsonValue
  signer?: JsonValue
  assets?: string[]
}

let engine: CallEngine
beforeAll(async () => {
  engine = new CallEngine(await BareEngine.of(loadEngine()), RULE)
})

/** What `accept` says, one after the other over the state that those before left behind. */
function said(...calls: Call[]): string[] {
  const state = new Map<string, JsonValue>()
  return calls.map(({ type, role = 'site-manager', body = {}, signer = MAKER, assets = ['LOT:1'] }) => {
    const call = { statement: { type, role, occurredAtUs: 1, body }, signer, assets, index: 1, approvals: [] }
    const result = engine.call(call, (owner, kind, id) => state.get(`${owner} ${kind} ${String(id)}`) ?? null)
    if (!('answer' in result)) throw new Error(result.trap)
    const answer = readAnswer(PACK.manifest, result.answer)
    if ('refuse' in answer) return answer.refuse
    for (const { kind, id, value } of answer.set) {
      if (value === null) state.delete(`quality ${kind} ${id}`)
      else state.set(`quality ${kind} ${id}`, value)
    }
    return answer.findings.join() || 'taken'
  })
}

const stated = (verdict: string, signer: JsonValue = MAKER, rows = ROWS): Call => ({
  type: 'quality.verdict-stated',
  body: { verdict, rows },
  signer,
})
const release: Call = { type: 'quality.lot-released' }

describe('a lot is released', () => {
  test('by a verdict that two owners have computed alike, and by no other', () => {
    expect(said(release)).toEqual(['not-judged'])
    expect(said(stated('pass'), release)).toEqual(['taken', 'not-judged'])
    expect(said(stated('pass'), stated('pass'), release)).toEqual(['taken', 'taken', 'not-judged'])
    expect(said(stated('pass'), stated('pass', { actor: 'a2', owner: 'maker' }), release)).toEqual([
      'taken',
      'taken',
      'not-judged',
    ])
    expect(said(stated('pass'), stated('pass', CUSTOMER), release)).toEqual(['taken', 'taken', 'taken'])
    expect(said(stated('pass', CUSTOMER), stated('pass'), release)).toEqual(['taken', 'taken', 'taken'])
    expect(said(stated('concession'), stated('concession', CUSTOMER), release)).toEqual(['taken', 'taken', 'taken'])
    expect(said(stated('fail'), stated('fail', CUSTOMER), release)).toEqual(['taken', 'taken', 'not-releasable'])
    expect(said(stated('no-judgement'), stated('no-judgement', CUSTOMER), release)).toEqual([
      'taken',
      'taken',
      'not-releasable',
    ])
  })

  test('not where the other owner comes to another verdict, or to other rows', () => {
    expect(said(stated('pass'), stated('fail', CUSTOMER), release)).toEqual(['taken', 'verdicts-differ', 'not-judged'])
    expect(said(stated('pass'), stated('pass', CUSTOMER, 'cd'.repeat(32)), release)).toEqual([
      'taken',
      'verdicts-differ',
      'not-judged',
    ])
    expect(said(stated('pass'), stated('pass', CUSTOMER), stated('fail'), release)).toEqual([
      'taken',
      'taken',
      'verdicts-differ',
      'not-judged',
    ])
  })

  test('after no statement that the verdict does not know', () => {
    const both = [stated('pass'), stated('pass', CUSTOMER)]
    for (const type of [
      'result-stated',
      'calibration-stated',
      'plan-stated',
      'lot-completed',
      'concession-asked',
      'concession-declined',
    ])
      expect(said(...both, { type: `quality.${type}`, body: { number: 'SK-1' } }, release)).toEqual([
        'taken',
        'taken',
        'taken',
        'not-judged',
      ])
    expect(said(...both, { type: 'document.added' }, release)).toEqual(['taken', 'taken', 'taken', 'taken'])
  })

  test('in the role for it, and each by itself', () => {
    const both = [stated('pass'), stated('pass', CUSTOMER)]
    expect(said(...both, { ...release, role: 'technician' })).toEqual(['taken', 'taken', 'signer-not-entitled'])
    expect(said(...both, { ...release, assets: ['LOT:1', 'LOT:2'] })).toEqual(['taken', 'taken', 'one-lot-each'])
    expect(said(...both, { ...release, assets: ['LOT:2'] })).toEqual(['taken', 'taken', 'not-judged'])
  })

  test('and what each owner computes is the verdict with a row for each characteristic', () => {
    const lot = new Lot(7)
    lot.results()
    const evidence = lot.evidence()
    const { verdict, rows } = inside('derive(input)', evidence) as { verdict: string; rows: JsonValue[] }
    expect([verdict, rows]).toEqual(['pass', (judge(evidence).figures['tables'] as Members)['characteristics']])
    expect(inside('derive(input)', { ...evidence, events: [] })).toEqual({ verdict: 'no-judgement', rows: [] })
  })
})

test('a concession is agreed by another owner than asked for it', () => {
  const asked: Call = { type: 'quality.concession-asked', body: { number: 'SK-1' } }
  const agreed = (signer: JsonValue, number = 'SK-1'): Call => ({
    type: 'quality.concession-agreed',
    body: { number },
    signer,
  })
  expect(said(asked, agreed(CUSTOMER))).toEqual(['taken', 'taken'])
  expect(said(asked, agreed({ actor: 'a2', owner: 'maker' }))).toEqual(['taken', 'concession-one-party'])
  expect(said(asked, agreed({ actor: 'a1', owner: 'customer' }))).toEqual(['taken', 'concession-one-party'])
  expect(said(asked, agreed(CUSTOMER, 'SK-2'))).toEqual(['taken', 'concession-unknown'])
  expect(said({ ...asked, role: 'auditor' })).toEqual(['signer-not-entitled'])
})
