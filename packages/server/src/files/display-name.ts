const LONGEST = 120

/** A file's name as people see it. It names no place on disk: content lies under the file's id. */
export function displayName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const clean = last
    .normalize('NFC')
    // Control, format (such as text direction) and unassigned characters show one name as another.
    .replace(/[\p{C}]+/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^\.+$/, '')
  if (clean.length === 0) return 'file'
  if (clean.length <= LONGEST) return clean
  const ending = /(?<=.)(\.[^.]{1,9}(?=\.gz$))?\.[^.]{1,9}$/u.exec(clean)?.[0] ?? ''
  return `${Array.from(clean)
    .slice(0, LONGEST - ending.length - 1)
    .join('')}…${ending}`
}
