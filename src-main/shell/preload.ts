/**
 * The only bridge between the shell and the page: a certificate that was opened on the desktop. The page checks it as if
 * it had been dropped on it; in a plain browser this is absent and dropping does the same.
 */
import { contextBridge, ipcRenderer } from 'electron'

interface OpenedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

let listener: ((file: OpenedFile) => void) | null = null
let waiting: OpenedFile | null = null

ipcRenderer.on('plumb-opened', (_event, file: OpenedFile) => {
  if (listener === null) waiting = file
  else listener(file)
})

contextBridge.exposeInMainWorld('plumblineShell', {
  /** Calls back with the file that was opened, now or later. */
  onOpenFile(callback: (file: OpenedFile) => void): void {
    listener = callback
    if (waiting !== null) callback(waiting)
    waiting = null
  },
})
