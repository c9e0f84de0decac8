/** A piece of a text: words, or the id of a fact that stands there in brackets. */
export interface TextPart {
  text: string
  fact: string | null
}

/** The part of a page's address that leads to a fact's row. */
export const factAddress = (id: string): `#${string}` => `#fact-${id}`

/** A text and the facts of `known` that it names as `(f28)`; all else is words. */
export function partsOf(text: string, known: ReadonlySet<string>): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const found of text.matchAll(/\((f\d+)\)/g)) {
    const [whole, fact = ''] = found
    if (!known.has(fact)) continue
    if (found.index > from) parts.push({ text: text.slice(from, found.index), fact: null })
    parts.push({ text: whole, fact })
    from = found.index + whole.length
  }
  if (from < text.length) parts.push({ text: text.slice(from), fact: null })
  return parts
}
