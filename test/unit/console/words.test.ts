import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'

const language = vi.hoisted(() => ({ current: 'en' as 'en' | 'de', intl: 'en-GB' }))
vi.mock('../../../src-renderer/words/language.svelte.ts', () => ({ language }))
vi.stubEnv('TZ', 'Europe/Berlin')

const { count, inResolution, instrument, signed } = await import('../../../src-renderer/words/number.ts')
const time = await import('../../../src-renderer/words/time.ts')
const { unitText } = await import('../../../src-renderer/words/unit.ts')
const { eventTypes, eventTypeWord } = await import('../../../src-renderer/words/event-type.ts')
const { LOCAL_USER } = await import('../../../src-main/endpoints/at-this-machine.ts')
const { personName, personRole } = await import('../../../src-renderer/words/roles.ts')
const { overwriteGetLocale } = await import('../../../src-renderer/paraglide/runtime.js')
const { spans } = await import('../../../src-renderer/words/rich.ts')

function speak(current: 'en' | 'de'): void {
  Object.assign(language, { current, intl: current === 'de' ? 'de-DE' : 'en-GB' })
}
beforeEach(() => speak('en'))
afterAll(() => vi.unstubAllEnvs())

describe('a value', () => {
  it('keeps every digit the instrument gave, trailing zeros too', () => {
    expect(instrument('72.40')).toBe('72.40')
    expect(instrument('0.10')).toBe('0.10')
    expect(instrument('-0.0')).toBe('−0.0')
    expect(instrument('123456789012345678')).toBe('123,456,789,012,345,678')
  })

  it.each([
    ['231.82013', [0, 480], '231.82'],
    ['214.61998', [0, 400], '214.62'],
    ['0.30000000000000004', [0, 1], '0.3000'],
    ['-12.3456789', [-50, 50], '-12.35'],
    ['231.820', [0, 480], '231.820'],
    ['0.0012345', [0, 480], '0.0012345'],
    ['1482306.375', [0, 10_000_000], '1482306.4'],
    ['1482306.375', null, '1482306.375'],
    ['123456789', [0, 480], '123456789'],
    ['NaN', [0, 480], 'NaN'],
  ] as const)('%s of an instrument of %j is shown as %s', (text, range, shown) => {
    expect(inResolution(text, range && [...range])).toBe(shown)
  })

  it('takes the decimal sign and the grouping of the language', () => {
    expect(instrument('1482306.4')).toBe('1,482,306.4')
    speak('de')
    expect(instrument('1482306.4')).toBe('1.482.306,4')
    expect(count(4211)).toBe('4.211')
  })

  it('leaves what is no plain number as it came', () => {
    for (const text of ['1e-7', 'NaN', 'open', '0x12', '1.2.3', '']) expect(instrument(text)).toBe(text)
  })

  it('shows the sign of an offset', () => {
    expect([signed(2), signed(-4), signed(0)]).toEqual(['+2', '−4', '0'])
  })
})

describe('a time', () => {
  const repeated = Date.UTC(2026, 9, 25, 0, 30) * 1000

  it('has its second with the decimal sign of the language, and its year where that is another one', () => {
    const atUs = Date.UTC(2026, 2, 11, 12, 40, 15, 204) * 1000
    expect([time.second(atUs), time.dayBrief(atUs, atUs)]).toEqual(['15.204', '11 March'])
    speak('de')
    expect([time.second(atUs), time.dayBrief(atUs, atUs + 366 * 86_400e6)]).toEqual(['15,204', '11. März 2026'])
  })

  it('tells the two halves of the repeated hour in autumn apart by the offset', () => {
    expect(time.moment(repeated)).toBe('25 October 2026, 02:30:00 UTC+02:00')
    expect(time.moment(repeated + 3_600_000_000)).toBe('25 October 2026, 02:30:00 UTC+01:00')
  })

  it('shows microseconds where there are any, and milliseconds where not', () => {
    expect(time.clockExact(repeated + 412_000)).toBe('02:30:00.412')
    expect(time.clockExact(repeated + 412_035)).toBe('02:30:00.412035')
    speak('de')
    expect(time.clockExact(repeated + 412_000)).toBe('02:30:00,412')
  })

  it('names days in the language', () => {
    const march = Date.UTC(2026, 2, 11, 13) * 1000
    expect(time.weekdayDayYear(march)).toBe('Wed 11 March 2026')
    speak('de')
    expect(time.weekdayDayYear(march)).toBe('Mi 11. März 2026')
    expect(time.dayClock(march)).toBe('11. März, 14:00:00')
  })

  it('says an age with the precision that age needs', () => {
    const ages = [0.4, 9.94, 38, 235, 3600, 7500, 90_000].map((seconds) => time.duration(seconds * 1e6))
    expect(ages).toEqual(['0.4 s', '9.9 s', '38 s', '3 min 55 s', '1 h', '2 h 5 min', '1 d 1 h'])
    expect(time.duration(-5e6), 'a clock that runs ahead').toBe('0.0 s')
  })

  it('is written in a field as the language of the console writes it, and read back in either', () => {
    const march = Date.UTC(2026, 2, 9, 5, 4, 3) * 1000
    expect(time.toField(march)).toBe('9 Mar 2026 06:04:03')
    speak('de')
    expect(time.toField(march)).toBe('09.03.2026 06:04:03')
    for (const text of [
      '09.03.2026 06:04:03',
      '9.3.2026, 6:04:03',
      '9 Mar 2026 06:04:03',
      '9 March 2026 06:04:03',
      '9. März 2026 06:04:03',
      '2026-03-09T06:04:03',
      ' 2026-03-09 06:04:03 ',
      '2026-03-09T05:04:03Z',
      '2026-03-09T06:04:03+01:00',
      '9 March 2026, 06:04:03 UTC+01:00',
    ])
      expect(time.fromWritten(text, 0), text).toBe(march)
    expect(time.fromWritten('06:04:03', march + 1)).toBe(march)
    expect(time.fromWritten('6:04', march)).toBe(march - 3_000_000)
    expect(time.fromWritten('2026-03-09T05:04:03.000412Z', 0)).toBe(march + 412)
    expect(time.fromWritten('9. Okt. 2026', 0)).toBe(Date.UTC(2026, 9, 8, 22) * 1000)
    expect(time.fromWritten('9 Sept 2026 01:00', 0)).toBe(Date.UTC(2026, 8, 8, 23) * 1000)
  })

  it.each([
    '',
    'yesterday',
    '31.02.2026',
    '9.13.2026',
    '09/03/2026',
    '9 Foo 2026',
    '9.3.2026 25:00',
    '9.3.26',
    '1.1.',
    '24:00',
  ])('is no time in a field: "%s"', (text) => expect(time.fromWritten(text, 0)).toBeNull())

  it('survives the way through a field for every month, and in the hour that repeats in autumn', () => {
    for (const language of ['en', 'de'] as const) {
      speak(language)
      for (let month = 0; month < 12; month++) {
        const atUs = Date.UTC(2026, month, 1, 12) * 1000
        expect(time.fromWritten(time.toField(atUs), 0)).toBe(atUs)
      }
      expect(time.fromWritten(time.toField(repeated), 0)).not.toBeNull()
    }
  })
})

describe('a unit', () => {
  it('is printed as people write it', () => {
    const codes = ['Cel', 'm3/h', 'kW.h', 'N.m', '{bottles}/h', '%', '1', 'm/s2', 'L/min', 'km']
    expect(codes.map(unitText)).toEqual(['°C', 'm³/h', 'kWh', 'N·m', 'bottles/h', '%', '', 'm/s²', 'L/min', 'km'])
  })
})

describe('a sentence', () => {
  it('has one deciding word, and nothing in it becomes markup', () => {
    expect(spans('All are *unchanged*.')).toEqual([
      { text: 'All are ', strong: false },
      { text: 'unchanged', strong: true },
      { text: '.', strong: false },
    ])
    expect(spans('<b>x</b>')).toEqual([{ text: '<b>x</b>', strong: false }])
  })
})

describe('a word in place of a code', () => {
  beforeEach(() => overwriteGetLocale(() => 'de'))
  afterAll(() => overwriteGetLocale(() => 'en'))

  it('stands for every type of event that the format knows, and for no other', () => {
    for (const type of eventTypes) expect(eventTypeWord(type)).not.toBe(type)
    expect(eventTypeWord('sensor.calibrated')).toBe('sensor.calibrated')
  })

  it('stands for whoever sits at the machine of the gateway, and for nobody who has a name', () => {
    expect(personName('Site manager')).toBe('Werksleitung')
    expect(personName('M. Lindner')).toBe('M. Lindner')
    expect(personRole({ name: 'Site manager', role: 'site-manager' })).toBe('am Gateway')
    expect(personRole({ name: 'M. Lindner', role: 'site-manager' })).toBe('Werksleitung')
  })
})

describe('who did something at the machine and has no name', () => {
  it('is called so in the language of the console', () => {
    expect(personName(LOCAL_USER)).toBe("this machine's user")
    overwriteGetLocale(() => 'de')
    expect(personName(LOCAL_USER)).toBe('Benutzer dieses Rechners')
    expect(personName('Local User')).toBe('Local User')
    overwriteGetLocale(() => 'en')
  })
})
