/** Build of the console. Runs through `src-main/cli/build-console.mjs`, which compiles the messages first. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The worker knows the verifier that pages of this build carry: it is built first. Without one, no page is taken for ours. */
const verifier = folder('out/verifier/offline.js')
const verifierHash = existsSync(verifier) ? createHash('sha256').update(readFileSync(verifier)).digest('hex') : ''

export default defineConfig({
  root: folder('src-renderer'),
  base: './',
  publicDir: false,
  define: { OFFLINE_VERIFIER_SHA256: JSON.stringify(verifierHash) },
  // fontkit unpacks WOFF 2 with it; typefaces come to us as WOFF and go to it unpacked, and its dictionary is 60 KiB that nobody reads.
  resolve: {
    alias: {
      'brotli/decompress.js': folder('src-renderer/verifier/no-brotli.ts'),
      '@noble/ciphers/aes': folder('src-renderer/verifier/no-encryption.ts'),
    },
  },
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  build: {
    outDir: folder('out/renderer'),
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows no data: scripts or styles, and no inline ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: {
    format: 'es',
    // Their own folder: only answers from it may compile WebAssembly.
    rolldownOptions: {
      output: { entryFileNames: 'worker/[name]-[hash].js', chunkFileNames: 'worker/[name]-[hash].js' },
    },
  },
})
