import type { ColumnIndex } from '../question/match-columns.ts'
import { meaningOf } from './lexicon.ts'
import { tokenise, type Token } from './tokenise.ts'

/** camelCase, capitals, or anything but letters: nobody writes such a word by chance. */
const DISTINCTIVE = /\P{L}|\p{Ll}\p{Lu}|\p{Lu}{2}/u

interface Span {
  text: string
  start: number
  end: number
}

/** `per-minute` is two words when neither a column nor the lexicon has it as one. */
export function splitHyphens(tokens: readonly Token[], index: ColumnIndex): Token[] {
  return tokens.flatMap((token) => {
    if (token.kind !== 'word' || !token.text.includes('-')) return [token]
    if (meaningOf([token.text]) || index.match([token.text])?.kind === 'column') return [token]
    const pieces = tokenise(token.text.replaceAll('-', ' '))
    const known = pieces.every(
      (piece) => piece.kind !== 'word' || meaningOf([piece.text]) !== undefined,
    )
    if (!known) return [token]
    return pieces.map((piece) => ({
      ...piece,
      start: piece.start + token.start,
      end: piece.end + token.start,
    }))
  })
}

/** A name written exactly as the column has it is that column, whatever its words may mean. */
export function mergeVerbatimNames(
  tokens: readonly Token[],
  question: string,
  index: ColumnIndex,
): Token[] {
  let merged = [...tokens]
  const names = index.columns
    .map((column) => column.name)
    .filter((name) => DISTINCTIVE.test(name))
    .toSorted((one, other) => other.length - one.length)
  for (const name of names) {
    for (
      let start = question.indexOf(name);
      start >= 0;
      start = question.indexOf(name, start + 1)
    ) {
      merged = mergeSpan(merged, { start, end: start + name.length, text: name })
    }
  }
  return merged
}

function mergeSpan(tokens: Token[], place: Span): Token[] {
  const inside = tokens.filter((token) => token.start >= place.start && token.end <= place.end)
  const first = inside[0]
  const aligned =
    first?.start === place.start &&
    inside.at(-1)?.end === place.end &&
    !inside.some((token) => token.kind === 'quoted')
  if (!aligned || !first) return tokens
  const at = tokens.indexOf(first)
  return tokens.toSpliced(at, inside.length, { kind: 'quoted', value: place.text, ...place })
}
