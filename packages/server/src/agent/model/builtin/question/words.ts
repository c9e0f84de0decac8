import { wordsOf } from '../../../tools/data/roles.ts'

/** A plural as its singular, by English spelling alone; both sides of a match go through it. */
export function singular(word: string): string {
  if (word.length <= 3) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:ss|ch|sh|x|z)es$/.test(word)) return word.slice(0, -2)
  return /[^su]s$/.test(word) && !word.endsWith('is') ? word.slice(0, -1) : word
}

export const isPlural = (word: string): boolean => singular(word) !== word

/** The lower-case singular words of a name or a phrase, whatever its spelling. */
export const singularWords = (text: string): string[] =>
  wordsOf(text)
    .split(' ')
    .filter((word) => word !== '')
    .map(singular)

/** One key for all spellings of a name: `ContextTokens`, `context_tokens`, `context token`. */
export const keyOf = (text: string): string => singularWords(text).join('')
