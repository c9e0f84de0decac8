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

/** What could be taken for another kind of value: `5`, `true`, nothing at all. */
const AMBIGUOUS = /^(?:[ \t].*|.*[ \t]|true|false|null|-?\d[\d.eE+-]*|\s*)$/

export const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null

/** A value without parts; a text that could be taken for something else stands in quotes. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return visibleText(String(value))
  return AMBIGUOUS.test(value) ? visibleText(JSON.stringify(value)) : visibleText(value)
}

/** For what is too large or too deep to be laid out. */
export const asJson = (value: unknown): string =>
  visibleText(JSON.stringify(value, null, 2) ?? 'nothing')

/** How many values there are in a value, itself included; counting stops above `most`. */
export function nodesIn(value: unknown, most: number): number {
  let count = 0
  const open = [value]
  while (open.length > 0 && count <= most) {
    const next = open.pop()
    count += 1
    if (!isPlain(next)) open.push(...Object.values(Object(next)))
  }
  return count
}
