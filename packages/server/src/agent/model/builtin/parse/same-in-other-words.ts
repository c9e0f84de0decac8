/** Ways of asking that the grammar knows by other words; what is replaced means exactly the same. */
const WAYS: readonly (readonly [RegExp, string])[] = [
  // Both sides as one number.
  [
    /\b(?:input|prompt)s? (?:and|plus|&|\+) (?:output|completion)s? tokens?,? (?:together|combined|altogether|taken together|added up)\b/i,
    'tokens',
  ],
  [
    /(?<=\btokens\b.*)[,:]?\s*\(?(?:both )?(?:input|prompt)s? (?:and|plus|&|\+) (?:output|completion)s?,? (?:together|combined|altogether|taken together|added up)\)?/i,
    '',
  ],
  // What would be billed are the tokens themselves: no row says so of itself.
  [
    /(?<=\btokens )(?:would|will) (?:I |we |you )?(?:be|get|have been) (?:billed|charged|paid)(?: for)?/i,
    '',
  ],
  [
    /\bhow much (?:money )?(?:did|do|have) (?:we|i|they|you) (?:spent|spend|paid|pay)\b(?! (?:per|for each) (?:token|request|call))/i,
    'what did it cost',
  ],
  [
    /\b(?:what(?:’s|'s| is| was| were| are)) (?:our|my|the) (?:total |overall |whole |actual )?(?:bill|spending|expenses?|spend)\b/i,
    'what did it cost',
  ],
  [
    /\bhow much money (?:goes|went|is going) (?:to|into|on) (?:each|every) /i,
    'what did it cost per ',
  ],
  // A model may be dear by its price or by its use: that is for who asks to say.
  [
    /^(?:what|which) (?:is|was|are|were) (?:the |our |my )?(?:most expensive|dearest|costliest) (?!models?\b)([\w -]+?)\??$/i,
    'which $1 cost the most',
  ],
  [
    /^which (?!of\b|models?\b)([\w -]+?) (?:is|was) (?:the )?(?:most expensive|dearest|costliest)\??$/i,
    'which $1 cost the most',
  ],
]

export const sameInOtherWords = (source: string): string =>
  WAYS.reduce((text, [pattern, words]) => text.replace(pattern, words), source)
