/** The screen People, and the door for others, in Chromium and both languages. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { X509Certificate, createHash } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { axeFindings, buildConsole, openConsole, overflowing, settled } from '../support/console-page.ts'
import { describeConsole } from '../support/describe-console.ts'
import { plumbline, Running } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const WORDS = {
  en: {
    enrol: 'Enrol a person',
    name: 'Name',
    first: 'Passphrase',
    again: 'Passphrase again',
    do: 'Enrol',
    differs: 'The two passphrases differ.',
    may: 'Eve Ng may sign in now.',
    end: 'Take off the list',
    confirm: 'Take Eve Ng off the list',
    ended: 'Eve Ng is off the list. 1 session was ended.',
    fresh: 'Passphrase reset',
    change: 'Change passphrase',
    old: 'Old passphrase',
    fresher: 'New passphrase',
    notThis: 'This is not the passphrase of this name',
    changed: 'Your passphrase is changed. 1 other session was ended.',
    last: 'Only this person keeps the list',
    notYours: 'The list of people is kept by the role Member admin.',
    menu: 'Keys and people',
    onLedger: 'To sign on the ledger, it has to be enrolled there, too',
    letSign: 'Let sign on the ledger',
    recorded: 'Signed and recorded as entry',
    signers: 'Who signs on the ledger',
    enrolThere: 'Enrol on the ledger',
    opens: 'Your passphrase opens your key for this session',
    close: 'Close',
    link: 'Sign-in link',
    works: 'Works once',
    your: 'Your name',
    signIn: 'Sign in',
    silent: 'How this gateway is, and who may sign in, is shown after the sign-in.',
    screen: 'Who may do what, with which key?',
    onlyHere: "The fingerprints are shown at the gateway's machine only.",
    add: 'Add a passkey',
    label: 'What it is called',
    yours: 'Your passphrase',
    added: 'My key signs you in from now on.',
    byPasskey: 'Sign in with a passkey',
    remove: 'Remove My key',
    removed: 'My key opens nothing any more.',
    notOne: 'This passkey is not one of this gateway, or was not confirmed',
    signOut: 'Sign out',
  },
  de: {
    enrol: 'Person aufnehmen',
    name: 'Name',
    first: 'Passphrase',
    again: 'Passphrase noch einmal',
    do: 'Aufnehmen',
    differs: 'Die beiden Passphrasen sind verschieden.',
    may: 'Eve Ng darf sich jetzt anmelden.',
    end: 'Von der Liste streichen',
    confirm: 'Eve Ng streichen',
    ended: 'Eve Ng steht nicht mehr auf der Liste. 1 Sitzung wurde beendet.',
    fresh: 'Passphrase zurückgesetzt',
    change: 'Passphrase ändern',
    old: 'Alte Passphrase',
    fresher: 'Neue Passphrase',
    notThis: 'Das ist nicht die Passphrase zu diesem Namen',
    changed: 'Ihre Passphrase ist geändert. 1 andere Sitzung wurde beendet.',
    last: 'Nur diese Person führt die Liste',
    notYours: 'Die Liste der Personen führt die Rolle Verwaltung.',
    menu: 'Schlüssel und Personen',
    onLedger: 'muss sie auch dort eingetragen werden',
    letSign: 'Auf dem Ledger signieren lassen',
    recorded: 'Signiert und als Eintrag',
    signers: 'Wer auf dem Ledger signiert',
    enrolThere: 'Auf dem Ledger eintragen',
    opens: 'Ihre Passphrase öffnet Ihren Schlüssel für diese Sitzung',
    close: 'Schließen',
    link: 'Anmeldelink',
    works: 'Gilt einmal',
    your: 'Ihr Name',
    signIn: 'Anmelden',
    silent: 'Wie es um dieses Gateway steht und wer sich anmelden darf, zeigt es nach der Anmeldung.',
    screen: 'Wer darf was, mit welchem Schlüssel?',
    onlyHere: 'Die Fingerabdrücke werden nur am Gerät des Gateways gezeigt.',
    add: 'Passkey hinzufügen',
    label: 'Wie er heißt',
    yours: 'Ihre Passphrase',
    added: 'My key meldet Sie von jetzt an an.',
    byPasskey: 'Mit einem Passkey anmelden',
    remove: 'My key entfernen',
    removed: 'My key öffnet nichts mehr.',
    notOne: 'Dieser Passkey gehört nicht zu diesem Gateway oder wurde nicht bestätigt',
    signOut: 'Abmelden',
  },
} as const
const LANGUAGES = ['en', 'de'] as const
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
/** In the list of those who may sign in; who signs on the ledger stands below, by the same names. */
const listed = (page: Page, name: string) => page.locator('.persons > table').getByRole('button', { name, exact: true })

describeConsole('people of the console', (browser) => {
  for (const language of LANGUAGES) {
    const word = WORDS[language]

    it(`enrols and ends a person, in steps that say what follows: ${language}`, async () => {
      const view = await openConsole(browser(), { language, person: 'R. Hofmann' })
      await settled(view.page)
      await view.page.getByRole('link', { name: word.menu, exact: true }).click()
      await button(view.page, word.enrol).click()
      const dialog = view.page.getByRole('dialog')
      await dialog.getByLabel(word.name, { exact: true }).fill('Eve Ng')
      await dialog.getByLabel(word.first, { exact: true }).fill('correct horse')
      await dialog.getByLabel(word.again, { exact: true }).fill('correct house')
      await button(view.page, word.do).click()
      await dialog.getByText(word.differs).waitFor()
      expect(view.fixture.room.enrolled).toHaveLength(5)
      expect(await axeFindings(view.page)).toEqual([])
      await dialog.getByLabel(word.again, { exact: true }).fill('correct horse')
      await button(view.page, word.do).click()
      // On the list, and the admin's own key is shut: it is asked for once.
      await dialog.getByText(word.onLedger).waitFor()
      await button(view.page, word.enrolThere).click()
      await dialog.getByLabel(word.opens).fill('plumb line true')
      expect(await axeFindings(view.page)).toEqual([])
      await button(view.page, word.enrolThere).click()
      await view.page.getByText(word.may).waitFor()
      await button(view.page, 'Eve Ng').click()
      await button(view.page, word.link).click()
      await view.page.getByText(word.works).waitFor()
      await button(view.page, word.end).click()
      expect(view.fixture.room.enrolled).toHaveLength(6)
      expect(await axeFindings(view.page)).toEqual([])
      await button(view.page, word.confirm).click()
      await view.page.getByText(word.ended).waitFor()
      expect(view.fixture.room.enrolled.map(({ name }) => name)).not.toContain('Eve Ng')
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`says what may not be done and why: ${language}`, async () => {
      const view = await openConsole(browser(), { language, person: 'R. Hofmann' })
      await view.go('#/people')
      await listed(view.page, 'R. Hofmann').click()
      await view.page.getByText(word.last).waitFor()
      expect(await button(view.page, word.end).isDisabled()).toBe(true)
      await button(view.page, word.close).click()
      // Who gave a person another passphrase stands beside it: in the table and in its dialog.
      expect(
        await view.page.locator('.persons > table').getByRole('row').filter({ hasText: 'K. Pohl' }).textContent(),
      ).toContain('R. Hofmann')
      await listed(view.page, 'K. Pohl').click()
      const reset = view.page.getByRole('dialog').locator('dl > div').filter({ hasText: word.fresh })
      expect(await reset.textContent()).toContain('R. Hofmann')
      await button(view.page, word.close).click()
      await listed(view.page, 'M. Lindner').click()
      await view.page.getByText('plumbline console --as NAME').waitFor()
      expect(await button(view.page, word.link).isDisabled()).toBe(true)
      expect(await button(view.page, word.end).isDisabled()).toBe(false)
      await view.close()
      const other = await openConsole(browser(), { language })
      await other.go('#/people')
      await other.page.getByText(word.notYours).waitFor()
      expect(await button(other.page, word.enrol).count()).toBe(0)
      expect(await axeFindings(other.page)).toEqual([])
      expect(other.complaints).toEqual([])
      await other.close()
    })

    it(`lets a person change its own passphrase: ${language}`, async () => {
      const view = await openConsole(browser(), { language })
      await settled(view.page)
      await view.page.locator('.bar .menu').click()
      await button(view.page, word.change).click()
      const dialog = view.page.getByRole('dialog')
      await dialog.getByLabel(word.old).fill('not this one')
      await dialog.getByLabel(word.fresher).fill('correct horse')
      await dialog.getByLabel(word.again).fill('correct house')
      await button(view.page, word.change).click()
      await dialog.getByText(word.differs).waitFor()
      await dialog.getByLabel(word.again).fill('correct horse')
      await button(view.page, word.change).click()
      await dialog.getByText(word.notThis).waitFor()
      expect(await axeFindings(view.page)).toEqual([])
      await dialog.getByLabel(word.old).fill('plumb line true')
      await button(view.page, word.change).click()
      await dialog.getByText(word.changed).waitFor()
      await button(view.page, word.close).click()
      expect(await view.page.getByRole('dialog').count()).toBe(0)
      expect(view.complaints).toEqual([])
      await view.close()
    })

    it(`has its fingerprint whole, and nothing beyond the edge on a low screen: ${language}`, async () => {
      const view = await openConsole(browser(), { language, person: 'R. Hofmann' })
      await view.page.setViewportSize({ width: 1024, height: 600 })
      await view.go('#/people')
      const { fingerprint } = view.fixture.room.elsewhere?.certificate ?? { fingerprint: '' }
      const shown = await view.page.locator('dd.bytes').first().textContent()
      expect(shown?.replaceAll(':', '').toLowerCase()).toBe(fingerprint)
      expect(await overflowing(view.page)).toEqual([])
      await view.close()
    })
  }
})

describe.skipIf(chromiumPath === undefined)('the door for others', () => {
  const NAME = 'gw-1.works.example'
  const PASSPHRASE = 'correct horse'
  let browser: Browser
  let gateway: Running
  let url: string

  beforeAll(async () => {
    buildConsole()
    const data = temporaryFolder(afterAll)
    const ports = { here: await freePort(), elsewhere: await freePort() }
    url = `https://${NAME}:${ports.elsewhere}`
    const config = join(data, 'gateway.yaml')
    // On all addresses, so that loopback is one of them: what counts is the door, not from where it is opened.
    const console = `{ port: ${ports.here}, listen: { host: 0.0.0.0, port: ${ports.elsewhere} }, names: [${NAME}] }`
    writeFileSync(config, `name: gw-1\nconsole: ${console}\n`, { mode: 0o600 })
    gateway = Running.start(['start', '--config', config, '--data', data])
    await gateway.line(/Console: /)
    const secret = join(data, 'secret')
    writeFileSync(secret, PASSPHRASE, { mode: 0o600 })
    for (const name of ['Eve Ng', 'R. Hofmann'])
      await plumbline('person', 'enrol', name, '--role', 'member-admin', '--passphrase-file', secret, '--data', data)
    const certificate = new X509Certificate(readFileSync(join(data, 'gw-1', 'console', 'certificate.pem')))
    const key = certificate.publicKey.export({ format: 'der', type: 'spki' })
    browser = await launchChromium(
      `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
      // As a person who compared the fingerprint of the key.
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
    )
  }, 400_000)
  afterAll(async () => {
    await browser?.close()
    gateway?.signal('SIGTERM')
    await gateway?.ended
  })

  async function opened(language: 'en' | 'de'): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.addInitScript({ path: join(import.meta.dirname, 'page', 'probe.js') })
    const kept = JSON.stringify(JSON.stringify({ language, palette: 'light', density: 'desk' }))
    await page.addInitScript(`localStorage.setItem('plumbline-preferences', ${kept})`)
    await page.goto(`${url}/`)
    return { context, page, complaints }
  }

  async function enter(page: Page, word: (typeof WORDS)['en' | 'de']): Promise<void> {
    await page.getByLabel(word.your).fill('R. Hofmann')
    await page.getByLabel(word.first, { exact: true }).fill(PASSPHRASE)
    await button(page, word.signIn).click()
    await page.locator('.rail').waitFor()
  }

  it('lets the first admin sign by the gateway, and everybody after by the admin, whose key the sign-in opened', async () => {
    const word = WORDS.en
    const { context, page, complaints } = await opened('en')
    await enter(page, word)
    await page.evaluate(`location.hash = '#/people'`)
    for (const name of ['R. Hofmann', 'Eve Ng']) {
      await listed(page, name).click()
      await button(page, word.letSign).click()
      await page.getByLabel(`Passphrase of ${name}`).fill(PASSPHRASE)
      await button(page, word.letSign).click()
      await page.getByRole('status').filter({ hasText: word.recorded }).waitFor()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    const signers = page.locator('.sect', { hasText: word.signers }).locator('tbody tr')
    await signers.nth(1).waitFor()
    expect(await signers.locator('td:first-child button').allTextContents()).toEqual(['R. Hofmann', 'Eve Ng'])
    const entry = /entry (\d+)/.exec(
      (await page.getByRole('status').filter({ hasText: word.recorded }).textContent()) ?? '',
    )
    await page.evaluate(`location.hash = '#/ledger?entry=${entry?.[1]}'`)
    await page.locator('.c3 header', { hasText: 'person enrolled, R. Hofmann (gw-1)' }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  for (const language of LANGUAGES) {
    const word = WORDS[language]

    it(`signs in by a passkey that the person added and confirms, until it is removed: ${language}`, async () => {
      const { context, page, complaints } = await opened(language)
      // The device of a person, as Chromium's debugger pretends it (Web Authentication, 11).
      const debug = await context.newCDPSession(page)
      await debug.send('WebAuthn.enable')
      const options = {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
      } as const
      const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', {
        options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
      })
      await enter(page, word)
      await page.evaluate(`location.hash = '#/people'`)
      const add = async (passphrase: string) => {
        await page.getByRole('dialog').getByLabel(word.label).fill('My key')
        await page.getByRole('dialog').getByLabel(word.yours).fill(passphrase)
        await page.getByRole('dialog').getByRole('button', { name: word.add }).click()
      }
      await button(page, word.add).click()
      await add('wrong')
      await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor()
      expect(await axeFindings(page)).toEqual([])
      await add(PASSPHRASE)
      await page.getByText(word.added).waitFor()
      expect((await debug.send('WebAuthn.getCredentials', { authenticatorId })).credentials).toHaveLength(1)
      expect(await axeFindings(page)).toEqual([])
      const leave = async () => {
        await page.locator('.bar .menu').click()
        await button(page, word.signOut).click()
        await button(page, word.byPasskey).waitFor()
      }
      await leave()
      await button(page, word.byPasskey).click()
      await page.locator('.rail').waitFor()
      expect(await page.locator('.bar .menu b').textContent()).toBe('R. Hofmann')
      await page.evaluate(`location.hash = '#/people'`)
      await button(page, word.remove).click()
      await page.getByText(word.removed).waitFor()
      await leave()
      await button(page, word.byPasskey).click()
      await page.getByText(word.notOne).waitFor()
      expect(await page.locator('.rail').count()).toBe(0)
      expect(complaints).toEqual([])
      await context.close()
    })

    it(`says nothing before the sign-in, and lets a person in: ${language}`, async () => {
      const { context, page, complaints } = await opened(language)
      await page.getByText(word.silent).waitFor()
      const body = await page.locator('body').textContent()
      for (const said of ['R. Hofmann', 'Eve Ng', 'My site']) expect(body).not.toContain(said)
      expect(await axeFindings(page)).toEqual([])
      expect(await overflowing(page)).toEqual([])
      await enter(page, word)
      const cookies = await context.cookies(url)
      expect(cookies.find(({ name }) => name.startsWith('__Host-plumbline-'))).toMatchObject({
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
      })
      await page.evaluate(`location.hash = '#/people'`)
      await page.getByText(word.screen).waitFor()
      await page.getByText(word.onlyHere).waitFor()
      expect(complaints).toEqual([])
      await context.close()
    })
  }
})
