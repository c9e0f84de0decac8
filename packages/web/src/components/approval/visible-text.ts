/*
 * What turns the direction of writing, joins or hides could show a person something else than what
 * will run: C0 and C1 controls but tab and line feed, soft hyphen, zero-width and bidirectional marks.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/** A text with everything in it that a person could not see, as `\u202e`. */
export const visibleText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })

/** A value as a person reads it. */
export function readableValue(value: unknown): string {
  if (typeof value === 'string') return visibleText(value)
  if (Array.isArray(value) && value.every(isPlain)) return visibleText(value.map(String).join(', '))
  return visibleText(JSON.stringify(value, null, 2) ?? 'nothing')
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null
