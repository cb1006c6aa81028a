import { beforeAll, expect, it } from 'vitest'
import { readCredential } from '../../src-main/certificates/credential.ts'
import { objectAt, textAt } from '../../src-main/certificates/json-access.ts'
import {
  axeFindings,
  openConsole,
  type OpenConsole,
  type OpenOptions,
  overflowing,
  settled,
} from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'
import { EVIL, EVIL_SHOWN, named as signedAnew, sentFiles } from '../unit/certificates/documents.ts'
import type { SentFiles } from '../unit/certificates/documents.ts'

/** Real certificates, checked by the console's worker with its engine, under its own security policy. */
describeConsole('a certificate given to the console', (browser) => {
  let sent: SentFiles
  let file: Uint8Array
  let policy: string

  beforeAll(async () => {
    sent = await sentFiles()
    file = sent.genuine
    policy = sent.policy
  })

  type Room = OpenConsole['fixture']['room']

  async function given(
    bytes: Uint8Array,
    pinned: boolean,
    { status, ...options }: OpenOptions & { status?: Room['status'] } = {},
  ): Promise<OpenConsole> {
    const view = await openConsole(browser(), options)
    if (status !== undefined) view.fixture.room.status = status
    if (pinned) view.fixture.room.policies = [{ name: 'channel', channel: '00', fingerprint: '00', text: policy }]
    await view.go(options.person === null ? '#/verify' : '#/certificates?show=verify')
    const file = { name: 'vehicle.plumb', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) }
    await view.page.setInputFiles('input[type=file]', file)
    await view.page.locator('main .statement[data-verdict], main .trouble').first().waitFor()
    await settled(view.page)
    return view
  }

  const states = (view: OpenConsole) =>
    view.page
      .locator('main .steps > li')
      .evaluateAll((steps: { getAttribute(name: string): string | null }[]) =>
        steps.map((step) => step.getAttribute('data-state')),
      )
  const verdict = (view: OpenConsole) => view.page.locator('main .statement').getAttribute('data-verdict')

  for (const language of ['en', 'de'] as const) {
    it(`is unchanged when every step holds under the pinned policy: ${language}`, async () => {
      const view = await given(file, true, { language })
      expect(await verdict(view)).toBe('unchanged')
      expect(await states(view)).toEqual(Array.from({ length: 8 }, () => 'holds'))
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`cannot be told while its channel is unknown, with the fingerprint to compare: ${language}`, async () => {
      const view = await given(file, false, { language })
      expect(await verdict(view)).toBe('cannot-tell')
      expect(await states(view)).toContain('waits')
      expect(await view.page.locator('main .bytes-lead').first().textContent()).toMatch(/[0-9A-F]{4} [0-9A-F]{4}/)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`is changed when one byte is, and stops at the step that shows it: ${language}`, async () => {
      const place = file.length >> 1
      const view = await given(file.with(place, (file[place] ?? 0) ^ 1), true, { language })
      expect(await verdict(view)).toBe('changed')
      const found = await states(view)
      expect(found.filter((state) => state === 'stops')).toHaveLength(1)
      expect(found.slice(found.indexOf('stops') + 1).every((state) => state === 'not-run')).toBe(true)
      expect(await view.page.locator('.banner').count(), 'a changed file is no changed ledger').toBe(0)
      expect(await axeFindings(view.page)).toEqual([])
      expect(await overflowing(view.page)).toEqual([])
      expect(view.complaints).toEqual([])
      await view.close()
    })
  }

  for (const [language, words] of [
    [
      'en',
      ['Revoked by hall-1 (entry 77): The scale was wrong.', 'neither revoked nor replaced', 'does not have this'],
    ],
    [
      'de',
      [
        'Widerrufen von hall-1 (Eintrag 77): The scale was wrong.',
        'weder widerrufen noch ersetzt',
        'hat dieses Zertifikat nicht',
      ],
    ],
  ] as const)
    it(`has beside it what this ledger has of it: that it was revoked, that it stands, or nothing: ${language}`, async () => {
      const actor = textAt(objectAt(readCredential(file).subject, 'issuedBy'), 'actor')
      const issued = { entry: 70, member: 'hall-1', actor }
      const word = { member: 'hall-1', actor, entry: 77, by: null, reason: 'The scale was wrong.' }
      const upTo = 90
      for (const [status, expected] of [
        [{ gateway: 'gw-1', words: [word], issued, upTo }, words[0]],
        // Another member may have said what it wants.
        [{ gateway: 'gw-1', words: [{ ...word, actor: 'f'.repeat(32) }], issued, upTo }, words[1]],
        [{ gateway: 'gw-1', words: [{ ...word, actor: 'f'.repeat(32) }], issued: null, upTo }, words[2]],
      ] as const) {
        const view = await given(file, true, { language, status: { ...status, words: [...status.words] } })
        const row = view.page.locator('.claims dd', { hasText: expected })
        await row.waitFor()
        expect(await verdict(view), 'what a ledger says later changes no bytes').toBe('unchanged')
        expect(await view.page.locator('main .revoked').count()).toBe(expected === words[0] ? 1 : 0)
        await sound(view)
      }
    })

  it('is checked without a sign-in too', async () => {
    const view = await given(file, true, { person: null })
    expect(await verdict(view)).toBe('unchanged')
    expect(view.complaints).toEqual([])
    await view.close()
  })

  for (const language of ['en', 'de'] as const) {
    it(`says what was certified before the verdict, and that the page is ours: ${language}`, async () => {
      const view = await given(named('our HTML page'), true, { language })
      expect(await verdict(view)).toBe('unchanged')
      const said = (await view.page.locator('main .answer').textContent()) ?? ''
      const places = [
        language === 'en' ? 'What was certified' : 'Was bescheinigt wurde',
        'PLBZZZ1KZ00000001',
        'hall GmbH',
        language === 'en' ? 'by the issuer’s clock' : 'nach der Uhr des Ausstellers',
        language === 'en' ? 'This certificate is unchanged' : 'Dieses Zertifikat ist unverändert',
        language === 'en' ? 'byte for byte' : 'Byte für Byte',
      ].map((words) => said.indexOf(words))
      expect(places[0]).toBe(0)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      await sound(view)
    })

    it(`is unchanged when its PDF is the one that the console draws again: ${language}`, async () => {
      const view = await given(named(language === 'en' ? 'our PDF' : 'our PDF in German'), true, { language })
      expect(await verdict(view)).toBe('unchanged')
      expect(await view.page.locator('main .answer').textContent()).toContain(
        language === 'en' ? 'byte for byte' : 'Byte für Byte',
      )
      await sound(view)
    })

    it(`cannot be told when its page was not drawn from it, which is said first: ${language}`, async () => {
      const view = await given(named('an HTML page of another vehicle with a genuine certificate'), true, { language })
      expect(await verdict(view)).toBe('cannot-tell')
      expect(await view.page.locator('main .statement .lead').textContent()).toMatch(
        language === 'en' ? /^The page was not drawn by Plumbline/ : /^Die Seite wurde nicht von Plumbline/,
      )
      await sound(view)
    })

    it(`is refused in words when no single certificate is in it: ${language}`, async () => {
      const none = language === 'en' ? 'This is not a Plumbline certificate.' : 'Das ist kein Plumbline-Zertifikat.'
      const wrong = [
        ['an empty file', language === 'en' ? `${none} The file is empty.` : `${none} Die Datei ist leer.`],
        [
          'a photograph',
          language === 'en' ? `${none} It looks like a picture.` : `${none} Sie sieht aus wie ein Bild.`,
        ],
        ['a table of accounts', language === 'en' ? 'Choose the .plumb file' : 'Wählen Sie die .plumb-Datei'],
        ['the beginning of our PDF', language === 'en' ? 'no certificate is found' : 'kein Zertifikat zu finden'],
        ['an HTML page with two blocks', language === 'en' ? 'Different programs' : 'Verschiedene Programme'],
      ] as const
      const refuse = async ([name, words]: (typeof wrong)[number]) => {
        const view = await given(named(name), true, { language })
        expect(await view.page.locator('main .trouble').textContent(), name).toContain(words)
        expect(await view.page.locator('main .statement').count(), name).toBe(0)
        await sound(view)
      }
      await Promise.all(wrong.map(refuse))
    })
  }

  it('shows nothing of what a changed file says', async () => {
    const view = await given(named('the certificate with a bit flipped'), true)
    expect(await verdict(view)).toBe('changed')
    expect(await view.page.locator('main').textContent()).not.toMatch(/PLBZZZ1KZ00000001|hall GmbH/)
    await view.close()
  })

  it('shows a name that would turn or hide text as what it is', async () => {
    const view = await given(signedAnew(sent, EVIL), false)
    const said = (await view.page.locator('main').textContent()) ?? ''
    expect(said).toContain(EVIL_SHOWN)
    expect(said).not.toMatch(/\u001b|\u202e/)
    await view.close()
  })

  it('leaves this computer with no request', async () => {
    const view = await openConsole(browser(), {})
    await view.go('#/certificates?show=verify')
    const sentTo: string[] = []
    view.page.on('request', (request) => {
      if (request.method() !== 'GET' || new URL(request.url()).origin !== new URL(view.fixture.url).origin)
        sentTo.push(`${request.method()} ${request.url()}`)
    })
    const buffer = Buffer.from(named('our HTML page'))
    await view.page.setInputFiles('input[type=file]', { name: 'a.html', mimeType: 'text/html', buffer })
    await view.page.locator('main .statement[data-verdict]').waitFor()
    expect(sentTo).toEqual([])
    await view.close()
  })

  function named(name: string): Uint8Array {
    return sent.files.find((one) => one.name === name)!.bytes
  }

  /** Nothing that axe, the layout or the browser complains of. */
  async function sound(view: OpenConsole): Promise<void> {
    expect(await axeFindings(view.page)).toEqual([])
    expect(await overflowing(view.page)).toEqual([])
    expect(view.complaints).toEqual([])
    await view.close()
  }
})
