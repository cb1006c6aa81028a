import { describe, expect, it } from 'vitest'
import {
  agreementReasons,
  reasonText,
  weigh,
  type AgreementReason,
  type ComparedGateway,
  type Weighing,
} from '../../../src-main/endpoints/agreement.ts'

/** How another gateway stands: `=` equal, `x` differs, `>` beyond, `<` old, `.` silent; heads equal and it `?` doubts or `!` says changed. */
const HEADS = {
  '=': 'equal',
  x: 'differs',
  '>': 'beyond',
  '<': 'old',
  '.': 'silent',
  '?': 'equal',
  '!': 'equal',
} as const
type Sign = keyof typeof HEADS

/** Own check: `u`nchanged, `c`hanged, cannot `t`ell; `d`: unchanged, and it doubts its ledger. */
const OWN = { u: 'unchanged', c: 'changed', t: 'cannot-tell', d: 'unchanged' } as const

function situation(own: keyof typeof OWN, signs: string, led: boolean): Weighing {
  return {
    name: 'me',
    own: OWN[own],
    doubts: own === 'd',
    led,
    others: [...signs].map((sign, i): ComparedGateway => ({
      name: `g${i + 2}`,
      head: HEADS[sign as Sign],
      sinceUs: (i + 1) * 1_000_000,
      doubts: sign === '?',
      saysChanged: sign === '!',
    })),
  }
}

// own check, the others, whether a majority is there -> verdict, reason, whom this gateway agrees with.
const TABLE = `
u ==  yes  unchanged    agree         g2 g3
u =x  yes  cannot-tell  differs       g2
u =>  yes  cannot-tell  behind        g2
u =<  yes  cannot-tell  not-shown     g2
u =.  yes  cannot-tell  not-shown     g2
u =?  yes  cannot-tell  peer-doubts   g2
u =!  yes  unchanged    peer-changed  g2
u xx  yes  cannot-tell  differs
u x>  yes  cannot-tell  differs
u x<  yes  cannot-tell  differs
u x.  yes  cannot-tell  differs
u x?  yes  cannot-tell  differs
u x!  yes  cannot-tell  differs
u >>  yes  cannot-tell  behind
u ><  yes  cannot-tell  not-shown
u >.  yes  cannot-tell  not-shown
u >?  yes  cannot-tell  behind
u >!  yes  cannot-tell  behind
u <<  yes  cannot-tell  not-shown
u <.  yes  cannot-tell  not-shown
u <?  yes  cannot-tell  not-shown
u <!  yes  cannot-tell  not-shown
u ..  yes  cannot-tell  not-shown
u .?  yes  cannot-tell  not-shown
u .!  yes  cannot-tell  not-shown
u ??  yes  cannot-tell  peer-doubts
u ?!  yes  cannot-tell  peer-doubts
u !!  yes  cannot-tell  peer-changed
u =   yes  unchanged    agree         g2
u x   yes  cannot-tell  differs
u >   yes  cannot-tell  behind
u <   yes  cannot-tell  not-shown
u .   yes  cannot-tell  not-shown
u ?   yes  cannot-tell  peer-doubts
u !   yes  cannot-tell  peer-changed
u -   yes  unchanged    alone
u ==  no   cannot-tell  no-majority   g2 g3
u =x  no   cannot-tell  differs       g2
u =>  no   cannot-tell  no-majority   g2
u =.  no   cannot-tell  no-majority   g2
u =!  no   cannot-tell  no-majority   g2
u ..  no   cannot-tell  no-majority
u x.  no   cannot-tell  differs
u =   no   cannot-tell  no-majority   g2
u .   no   cannot-tell  no-majority
u -   no   unchanged    alone
c ==  yes  changed      own-changed
c =x  yes  changed      own-changed
c !!  yes  changed      own-changed
c ..  no   changed      own-changed
c -   yes  changed      own-changed
t ==  yes  cannot-tell  own-unknown   g2 g3
t =x  yes  cannot-tell  differs       g2
t =.  yes  cannot-tell  own-unknown   g2
t ..  no   cannot-tell  own-unknown
t -   yes  cannot-tell  own-unknown
d ==  yes  cannot-tell  doubt         g2 g3
d =x  yes  cannot-tell  doubt         g2
d x.  yes  cannot-tell  doubt
d ..  no   cannot-tell  doubt
d -   yes  cannot-tell  doubt
`
const rows = TABLE.trim()
  .split('\n')
  .map((line) => line.split(/ +/))

describe('whether the gateways have one record', () => {
  it('is decided for sixty situations and one', () => {
    expect(rows).toHaveLength(61)
    expect(new Set(rows.map(([own, signs, led]) => `${own} ${signs} ${led}`)).size).toBe(61)
  })

  it.each(rows)('own %s, others %s, majority %s: %s, because %s', (own, signs, led, verdict, reason, ...agreesWith) => {
    const asked = situation(own as keyof typeof OWN, signs === '-' ? '' : signs, led === 'yes')
    const found = weigh(asked)
    expect([found.verdict, found.reason, found.agreesWith['me']]).toEqual([verdict, reason, agreesWith])
    expect(found.total).toBe(asked.others.length + 1)
    const equal = asked.others.filter(({ head, doubts, saysChanged }) => head === 'equal' && !doubts && !saysChanged)
    expect(found.agree).toBe(equal.length + (own === 'c' ? 0 : 1))
  })

  it('is the same whatever the order of the others', () => {
    for (const [own, signs, led] of rows) {
      if (signs?.length !== 2) continue
      const turned = situation(own as keyof typeof OWN, [...signs].toReversed().join(''), led === 'yes')
      const { verdict, reason, agree } = weigh(situation(own as keyof typeof OWN, signs, led === 'yes'))
      expect(weigh(turned), signs).toMatchObject({ verdict, reason, agree })
    }
  })

  it('names who is missing and since when, and for others only what follows from equal heads', () => {
    const found = weigh(situation('u', '=.', true))
    expect(found.about).toEqual({ names: ['g3'], sinceUs: 2_000_000 })
    expect(found.agreesWith).toEqual({ me: ['g2'], g2: ['me'], g3: [] })
    expect(weigh(situation('c', '==', true)).agreesWith).toEqual({ me: [], g2: ['g3'], g3: ['g2'] })
    const never = situation('u', '..', true)
    const [first] = never.others
    if (first !== undefined) first.sinceUs = null
    expect(weigh(never).about).toEqual({ names: ['g2', 'g3'], sinceUs: null })
  })

  it('has a text for each reason, which says who and since when', () => {
    const about = { names: ['gw-2', 'gw-3'], sinceUs: 1_774_915_200_000_000 }
    const texts = agreementReasons.map((reason: AgreementReason) => reasonText({ reason, about }, 'entry 7: a bit'))
    expect(new Set(texts).size).toBe(agreementReasons.length - 1)
    expect(reasonText({ reason: 'own-changed', about }, 'entry 7: a bit')).toBe('entry 7: a bit')
    expect(reasonText({ reason: 'not-shown', about }, '')).toBe(
      'gw-2, gw-3 has not shown its record since 2026-03-31T00:00:00.000Z',
    )
  })
})
