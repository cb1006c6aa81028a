/**
 * Build of the verifier that HTML renderings carry: one classic script with its rule engine inside, to
 * `out/verifier/offline.js`. Run: `vite build -c vite.verifier.config.ts`.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The engine's loader names its own file beside itself; it is given the bytes, so that file must not be inlined twice. */
const engineOnce: Plugin = {
  name: 'engine-once',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('emscripten-module.browser.mjs')) return null
    const loose = code.replaceAll(
      /new URL\("emscripten-module\.wasm",\s*import\.meta\.url\)/g,
      'new URL("about:blank")',
    )
    return { code: loose.replaceAll('import.meta.url', '""'), map: null }
  },
}

export default defineConfig({
  root: folder('src-renderer/verifier'),
  publicDir: false,
  plugins: [engineOnce],
  build: {
    outDir: folder('out/verifier'),
    emptyOutDir: true,
    target: 'es2023',
    reportCompressedSize: false,
    lib: {
      entry: folder('src-renderer/verifier/offline.ts'),
      formats: ['iife'],
      name: 'plumblineVerifier',
      fileName: () => 'offline.js',
    },
  },
})
