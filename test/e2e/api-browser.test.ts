import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_HEADER } from '../../src-main/api/authenticate.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { blockSource, COOKIE, Rig } from '../unit/api/rig.ts'
import { attack, clickLink, eventIds, frame, loadFrom, readAndChange, submitForm } from './hostile-page.ts'

if (chromiumPath === undefined)
  console.warn('api-browser: skipped, no Chromium on this machine (apt-get install chromium)')

/** What a hostile page does in a real browser, where cookies and Origin are the browser's own. */
describe.skipIf(chromiumPath === undefined)('a hostile page in Chromium', () => {
  const rig = new Rig()
  let browser: Browser
  let context: BrowserContext
  let hostile: Server
  let hostilePort: number
  let hits: string[]
  /** Of Ada's page. */
  let key: string
  /** Cookies that the browser sent to another port of this address. */
  const stolen: string[] = []

  beforeAll(async () => {
    await rig.start({
      events: blockSource(2),
      certificateFile: () => ({
        content: new TextEncoder().encode('<script>document.title = "ran"</script>'),
        mime: 'text/html; charset=utf-8',
        fileName: 'certificate.html',
      }),
    })
    await rig.people.enrol({ name: 'Bob', role: 'auditor', passphrase: 'battery staple' })
    hits = []
    hostile = createServer((request, response) => {
      hits.push(request.url ?? '')
      if (request.headers.cookie?.includes(COOKIE) === true) stolen.push(request.headers.cookie)
      response.writeHead(200, { 'content-type': 'text/html', 'access-control-allow-origin': '*' })
      response.end('<!doctype html><title>hostile</title>')
    })
    hostilePort = await new Promise((resolve) => {
      hostile.listen(0, '127.0.0.1', () => resolve((hostile.address() as AddressInfo).port))
    })
    browser = await launchChromium(
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // The rebound name: hostile for the browser, our address for the network.
      '--host-resolver-rules=MAP rebound.example 127.0.0.1, MAP evil.example 127.0.0.1',
    )
    context = await browser.newContext()
    const secrets = rig.sessions.open({ name: 'Ada', role: 'member-admin' })
    key = secrets.key
    await context.addCookies([
      { name: COOKIE, value: secrets.cookie, url: rig.api.url, httpOnly: true, sameSite: 'Strict' },
    ])
  })
  afterAll(async () => {
    await browser?.close()
    hostile?.close()
    await rig.stop()
  })

  async function pageAt(url: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(url)
    return page
  }

  test('our own page reads and changes, its script does not see the cookie', async () => {
    const page = await pageAt(`${rig.api.url}/`)
    expect(await page.evaluate(readAndChange(key))).toEqual({ read: 200, changed: 200, cookie: '' })
    expect(await page.evaluate(readAndChange(null))).toEqual({ read: 401, changed: 401, cookie: '' })
  })

  test.each(['http://evil.example', 'http://127.0.0.1'])(
    'a page of %s on another port can neither read nor change',
    async (origin) => {
      const page = await pageAt(`${origin}:${hostilePort}/`)
      const outcome = await page.evaluate<Record<string, string>>(attack(rig.api.url))
      expect(Object.keys(outcome)).toHaveLength(7)
      for (const [what, result] of Object.entries(outcome)) expect(['blocked', 'opaque'], what).toContain(result)
      await page.evaluate(submitForm(rig.api.url))
      await page.waitForURL(`${rig.api.url}/**`)
      expect(await page.textContent('body')).toContain('wrong_origin')
      // Ada is still signed in, and nobody made a link for Eve: nothing reached a handler.
      const headers = { [KEY_HEADER]: key }
      expect((await context.request.get(`${rig.api.url}/api/session`, { headers })).status()).toBe(200)
      expect(rig.logged.filter((line) => line.includes('"endpoint":"signInLink"'))).toHaveLength(1)
    },
  )

  test('the cookie that a page on another port of this address is sent opens nothing but the files of the console', async () => {
    const page = await pageAt(`${rig.api.url}/`)
    await page.goto(`http://127.0.0.1:${hostilePort}/`)
    expect(stolen.length).toBeGreaterThan(0)
    const headers = { cookie: stolen.at(-1) ?? '' }
    expect((await rig.ask('/', { headers })).status).toBe(200)
    for (const path of ['/api/session', '/api/assets', '/api/events', '/tile/entries/x001/234.p/56'])
      expect([path, (await rig.ask(path, { headers })).status]).toEqual([path, 401])
  })

  test('a rebound name gets neither the page nor the API', async () => {
    const page = await context.newPage()
    for (const path of ['/', '/api/people', '/checkpoint', '/metrics']) {
      const response = await page.goto(`http://rebound.example:${rig.api.port}${path}`)
      expect(response?.status(), path).toBe(421)
    }
  })

  test('our page can not be framed, and loads nothing from elsewhere', async () => {
    const framing = await pageAt(`http://127.0.0.1:${hostilePort}/`)
    await framing.evaluate(frame(`${rig.api.url}/`))
    expect(framing.frames().at(1)?.url()).toMatch(/^chrome-error:/)

    const page = await pageAt(`${rig.api.url}/`)
    hits.length = 0
    const violated = await page.evaluate<string[]>(loadFrom(`http://127.0.0.1:${hostilePort}`))
    expect(hits).toEqual([])
    for (const directive of ['img-src', 'connect-src', 'require-trusted-types-for'])
      expect(violated).toContain(directive)
  })

  test('our page receives the blocks with their positions', async () => {
    const page = await pageAt(`${rig.api.url}/`)
    expect(await page.evaluate(eventIds(2, key))).toEqual(['10', '20'])
  })

  test('a certificate that is a web page is saved and never shown, and a link without the key gets nothing', async () => {
    const page = await pageAt(`${rig.api.url}/`)
    const answer = await rig.ask('/api/certificates/1/html', { cookie: rig.cookie() })
    expect(answer.headers['content-disposition']).toContain('attachment; filename="certificate.html"')
    await page.evaluate(clickLink('/api/certificates/1/html'))
    await page.waitForURL('**/api/certificates/1/html')
    expect(await page.textContent('body')).toContain('not_signed_in')
    expect(await page.title()).not.toBe('ran')
  })
})
