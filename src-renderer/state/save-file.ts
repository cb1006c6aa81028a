/** Hands bytes to the browser's download. Never as a page of ours: a type that a browser shows would run in this origin. */
export function saveFile(bytes: Uint8Array | string, name: string): void {
  const address = URL.createObjectURL(
    new Blob([typeof bytes === 'string' ? bytes : Uint8Array.from(bytes)], { type: 'application/octet-stream' }),
  )
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
