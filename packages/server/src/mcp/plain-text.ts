/**
 * Characters that a person does not see and a model reads: tags (which spell ASCII), zero width,
 * direction overrides, variation selectors beyond those of emoji, and control characters.
 */
const INVISIBLE = new RegExp(
  [
    '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad]',
    '\\u034f|\\u061c|[\\u115f\\u1160]|[\\u17b4\\u17b5]|[\\u180b-\\u180e]',
    // Joiners stay: whole languages are written with them.
    '[\\u200b\\u200e\\u200f]|[\\u202a-\\u202e]|[\\u2060-\\u206f]|\\u3164',
    '[\\ufe00-\\ufe0d]|\\ufeff|\\uffa0|[\\ufff0-\\ufffb]',
    '[\\u{1bca0}-\\u{1bca3}]|[\\u{1d173}-\\u{1d17a}]|[\\u{e0000}-\\u{e0fff}]',
  ].join('|'),
  'gu',
)

/** What stays is what a person sees. */
export const withoutInvisible = (text: string): string => text.toWellFormed().replace(INVISIBLE, '')

/** The same for everything in a JSON value, its keys too. */
export function plainJson(value: unknown): unknown {
  if (typeof value === 'string') return withoutInvisible(value)
  if (Array.isArray(value)) return value.map(plainJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [withoutInvisible(key), plainJson(inner)]),
  )
}

/** At most `characters`, and it says so. */
export const cut = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1).toWellFormed()}…`
