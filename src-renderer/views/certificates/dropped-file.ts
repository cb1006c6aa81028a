/** Files that are dragged onto an element, and reading them. */
import type { Attachment } from 'svelte/attachments'
import type { OpenedFile } from '../../state/file-check.svelte.ts'

/** Rejects with the browser's reason when the file cannot be read. */
export async function readFile(file: File): Promise<OpenedFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }
}

/** The element takes the first file that is dropped on it; anywhere else the browser would leave the console for the file. */
export function acceptDrops(to: {
  over: (is: boolean) => void
  drop: (file: File | undefined) => void
}): Attachment<HTMLElement> {
  return (element) => {
    const listening = new AbortController()
    const { signal } = listening
    const inside = (event: DragEvent): boolean => event.target instanceof Node && element.contains(event.target)
    addEventListener(
      'dragover',
      (event) => {
        event.preventDefault()
        to.over(inside(event))
      },
      { signal },
    )
    addEventListener('dragleave', (event) => event.relatedTarget === null && to.over(false), { signal })
    addEventListener(
      'drop',
      (event) => {
        event.preventDefault()
        to.over(false)
        if (inside(event)) to.drop(event.dataTransfer?.files[0])
      },
      { signal },
    )
    return () => listening.abort()
  }
}
