/** Hands bytes to the browser's download. Never as a page of ours: a type that a browser shows would run in this origin. */
export function saveFile(bytes: Uint8Array | string, name: string): void {
  saveBlob(new Blob([typeof bytes === 'string' ? bytes : Uint8Array.from(bytes)]), name)
}

/** The same of what the browser holds already, whatever type it has. */
export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
