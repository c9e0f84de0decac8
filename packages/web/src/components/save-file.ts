/** Gives the person a text as a file. */
export function saveText(name: string, text: string, type = 'text/markdown'): void {
  saveBlob(name, new Blob([text], { type }))
}

/** Gives the person a file. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
