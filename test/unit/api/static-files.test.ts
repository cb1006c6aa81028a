import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rig } from './rig.ts'

const rig = new Rig()
beforeAll(async () => {
  await rig.start()
})
afterAll(() => rig.stop())

test('serves the console at / with the strict policy, revalidated by its tag', async () => {
  const page = await rig.ask('/')
  expect(page.status).toBe(200)
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = page.headers['content-security-policy'] ?? ''
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    expect(policy).toContain(part)
  }
  expect(policy).not.toMatch(/unsafe-inline|unsafe-eval/)
  expect(page.headers['cache-control']).toBe('no-cache')
  const again = await rig.ask('/', { headers: { 'if-none-match': page.headers.etag ?? '' } })
  expect(again.status).toBe(304)
  expect(again.body).toBe('')
})

test('a changed file gets another tag', async () => {
  const before = (await rig.ask('/')).headers.etag
  writeFileSync(join(rig.folder, 'site', 'index.html'), '<!doctype html><title>Plumbline 2</title>')
  expect((await rig.ask('/')).headers.etag).not.toBe(before)
})

test('files named by their hash are kept for good, and compressed for whoever can read that', async () => {
  const plain = await rig.ask('/assets/main-0a1b2c3d.js')
  expect(plain.headers['cache-control']).toContain('immutable')
  expect(plain.headers['content-encoding']).toBeUndefined()
  const zipped = await rig.ask('/assets/main-0a1b2c3d.js', { headers: { 'accept-encoding': 'br, gzip' } })
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(Number(zipped.headers['content-length'])).toBeLessThan(500)
})

test('only the worker may compile WebAssembly', async () => {
  const policyOf = async (path: string) => (await rig.ask(path)).headers['content-security-policy']
  expect(await policyOf('/worker/verify-0a1b2c3d.js')).toContain("'wasm-unsafe-eval'")
  expect(await policyOf('/assets/main-0a1b2c3d.js')).not.toContain('wasm-unsafe-eval')
})

test('no path leads out of the folder, and no link in it does', async () => {
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '//secret.txt',
  ]) {
    const answer = await rig.ask(path)
    expect(answer.status, path).toBeGreaterThanOrEqual(400)
    expect(answer.body).not.toContain('not for the web')
  }
  const other = new Rig()
  await other.start()
  symlinkSync(join(other.folder, 'secret.txt'), join(other.folder, 'site', 'link.txt'))
  expect((await other.ask('/link.txt')).status).toBe(404)
  await other.stop()
})

test('says that the console is not built instead of showing nothing', async () => {
  const bare = await new Rig().start({}, { isBuilt: false })
  const answer = await bare.ask('/')
  expect(answer.status).toBe(503)
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(answer.body).toMatch(/^The console of this gateway is not built\..*run: npm run build\n/s)
  await bare.stop()
})
