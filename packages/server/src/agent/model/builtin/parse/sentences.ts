/** A message as its separable questions: at sentence ends and line breaks, outside of quotes. */
export function sentencesOf(message: string): string[] {
  return message
    .split(/(?<=[?!;])\s+|(?<=[\p{L}\p{N})"'`”%]\.)\s+(?=[\p{Lu}\d])|[;\n]+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

/** Where `…, and what is …` begins a question of its own. */
export function clausesOf(sentence: string): string[] {
  return sentence
    .split(
      /\s*(?:,|\band\b)+\s+(?=(?:and\s+)?(?:how many|how much|what(?:'s| is| are| was| were| share| percentage| fraction| proportion)|which|also)\b)/iu,
    )
    .map((clause) => clause.replace(/^\s*and\s+/i, '').trim())
    .filter((clause) => clause !== '')
}
