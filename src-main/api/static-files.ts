import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { securityHeaders } from './security-headers.ts'

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}
/** Compressed already, or too small to gain. */
const NOT_COMPRESSED = new Set(['.png', '.woff2', '.woff', '.ico'])
const COMPRESS_BYTES_MIN = 1024
const FILES_MAX = 2000
/** The build puts a hash of the content into these names, so what they hold never changes. */
const HASHED = /^\/(?:assets|worker)\/.+-[\w-]{8,}\.\w+$/
/** The build puts what compiles WebAssembly into a folder of its own. */
const WORKERS = '/worker/'

interface StaticFile {
  readonly path: string
  readonly modifiedMs: number
  readonly bytes: Buffer
  readonly zipped: Buffer | null
  readonly etag: string
  readonly mime: string
}

/**
 * The built console, served from memory. Only files found by walking the folder are served, so no request can name its
 * way out of it.
 */
export class StaticFiles {
  readonly #folder: string
  readonly #paths = new Map<string, string>()
  readonly #loaded = new Map<string, StaticFile>()

  /** @param folder the console's build; may be missing or empty, which `serve` then says */
  constructor(folder: string) {
    this.#folder = folder
    this.#walk()
  }

  /**
   * @param path of the request's address; `/` is the console
   * @param head the request's headers
   * @returns null when there is no such file
   */
  serve(path: string, head: Headers): Response | null {
    if (this.#paths.size === 0) this.#walk()
    const address = path === '/' ? '/index.html' : path
    const file = this.#load(address)
    if (file === null) return null
    const kind = address.startsWith(WORKERS) ? 'worker' : 'page'
    const headers: Record<string, string> = {
      ...securityHeaders(kind),
      'content-type': file.mime,
      etag: file.etag,
      'cache-control': HASHED.test(address) ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
    }
    if (matches(head.get('if-none-match'), file.etag)) return new Response(null, { status: 304, headers })
    const isZipped = file.zipped !== null && /\bgzip\b/.test(head.get('accept-encoding') ?? '')
    const body = isZipped ? file.zipped : file.bytes
    if (isZipped) headers['content-encoding'] = 'gzip'
    return new Response(new Uint8Array(body), { headers: { ...headers, 'content-length': String(body.length) } })
  }

  get isEmpty(): boolean {
    return this.#paths.size === 0
  }

  #load(address: string): StaticFile | null {
    const path = this.#paths.get(address)
    if (path === undefined) return null
    const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (modifiedMs === undefined) return null
    const known = this.#loaded.get(address)
    if (known?.modifiedMs === modifiedMs) return known
    // A new page names new files: the console was built again while this gateway runs.
    if (known !== undefined && address === '/index.html') this.#walk()
    const bytes = readFileSync(path)
    const extension = extname(path).toLowerCase()
    const isWorthZipping = bytes.length >= COMPRESS_BYTES_MIN && !NOT_COMPRESSED.has(extension)
    const file = {
      path,
      modifiedMs,
      bytes,
      zipped: isWorthZipping ? gzipSync(bytes) : null,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      mime: MIME[extension] ?? 'application/octet-stream',
    }
    this.#loaded.set(address, file)
    return file
  }

  #walk(): void {
    let entries
    try {
      entries = readdirSync(this.#folder, { recursive: true, withFileTypes: true })
    } catch {
      return // not built yet: `isEmpty` says so
    }
    for (const entry of entries.slice(0, FILES_MAX)) {
      if (!entry.isFile()) continue // a symbolic link is not a file here: it could lead out of the folder
      const path = join(entry.parentPath, entry.name)
      this.#paths.set(`/${relative(this.#folder, path).split(sep).join('/')}`, path)
    }
  }
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  return ifNoneMatch !== null && ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
