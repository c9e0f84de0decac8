/** A model in running words: up to four, none of which can end it. */
const MODEL = String.raw`((?:(?!(?:be|than|instead|rather|over|and|for|by|to|with|on|would|cost)\b)[\w.:/@-]+\s*){1,4}?)`
const REST = String.raw`(?:\s+(.+?))?`

/** Each gives the model that is asked about, the one it is held against, and which rows. */
const WAYS: readonly { pattern: RegExp; swapped?: true }[] = [
  {
    pattern: new RegExp(
      String.raw`^(?:by )?how much (?:cheaper|less expensive|more expensive|dearer|costlier) (?:would|will|is|are|was|were) ${MODEL}\s*(?:be )?than ${MODEL}${REST}$`,
      'i',
    ),
  },
  {
    pattern: new RegExp(
      String.raw`^(?:how much|what) (?:money )?(?:would|could|can|do|will) (?:i|we|you|it|this|one) save (?:by (?:using|choosing|taking|running on) |with |using |on )${MODEL}\s*(?:instead of|rather than|over|compared (?:to|with)|versus|vs\.?|and not) ${MODEL}${REST}$`,
      'i',
    ),
  },
  {
    swapped: true,
    pattern: new RegExp(
      String.raw`^(?:how much|what) (?:money )?(?:would|could|can|do|will) (?:i|we|you|it|this|one) save by (?:switching|moving|going|migrating|changing) from ${MODEL}\s*to ${MODEL}${REST}$`,
      'i',
    ),
  },
  {
    pattern: new RegExp(
      String.raw`^what (?:is|would be|are) the savings? (?:of|with|by) ${MODEL}\s*(?:over|versus|vs\.?|against|compared (?:to|with)|instead of) ${MODEL}${REST}$`,
      'i',
    ),
  },
  {
    pattern: new RegExp(
      String.raw`^(?:what(?:’s|'s| is| would be)? )?(?:the )?(?:(?:price|cost) difference|difference in (?:price|costs?)) between ${MODEL}\s*and ${MODEL}${REST}$`,
      'i',
    ),
  },
]

/**
 * `how much cheaper would a be than b` as the question for both prices, the one asked about first;
 * undefined for any other. The reader of prices has the last word on each of its words.
 */
export function asDifference(source: string): string | undefined {
  const asked = source.trim().replace(/[\s?.!]+$/, '')
  for (const { pattern, swapped } of WAYS) {
    const [, first = '', second = '', rest = ''] = pattern.exec(asked) ?? []
    if (first === '' || second === '') continue
    const [one, other] = (swapped ? [second, first] : [first, second]).map((name) => name.trim())
    return `cost on ${one ?? ''} and on ${other ?? ''}${rest === '' ? '' : ` ${rest}`}`
  }
  return undefined
}
