/** A certificate opened on the desktop: the shell hands it over, and it is checked as if it had been dropped. */
import type { OpenedFile } from './file-check.svelte.ts'
import { goTo } from './route.svelte.ts'
import { signedIn } from './session.svelte.ts'

interface Shell {
  onOpenFile(callback: (file: OpenedFile) => void): void
}

class OpenedFiles {
  /** Waits for the verifier's screen, which takes it. */
  waiting = $state.raw<OpenedFile | null>(null)
}

export const openedFiles = new OpenedFiles()

/** Call once. In a plain browser there is no shell, and nothing happens. */
export function listenToShell(): void {
  const shell = (globalThis as { plumblineShell?: Shell }).plumblineShell
  shell?.onOpenFile((file) => {
    openedFiles.waiting = file
    if (signedIn.session) goTo('certificates', { show: 'verify' })
    else goTo('verify')
  })
}
