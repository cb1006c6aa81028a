/**
 * Build of the desktop shell: main process and preload into out/. The console it shows is the daemon's own
 * (`vite.config.ts`), so there is no renderer here; the daemon it starts is laid beside them by
 * `src-main/cli/build-shell.mjs`, which runs this.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'electron-vite'

const inRepository = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  main: {
    build: {
      outDir: inRepository('out/main'),
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: { main: inRepository('src-main/shell/main.ts') },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: inRepository('out/preload'),
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: { preload: inRepository('src-main/shell/preload.ts') },
        // A sandboxed preload is one CommonJS file: it can't import.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
})
