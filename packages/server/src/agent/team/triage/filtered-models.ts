import { FAMILY, modelName } from './read-models.ts'

/** What would be, or what it is to be compared with: the model is a price, not a condition. */
const CONDITIONAL =
  /\b(?:(?:everything|all|all of (?:it|them)) on|if|would|could|should|suppose|imagine|assum\w+|hypothetical\w*|instead|alternatives?|pric(?:e|es|ed|ing)|repric\w+|(?:mov|switch|migrat|swap|replac|downgrad|chang)(?:e|es|ed|ing) (?:\w+ ){0,4}(?:to|from|by|with)|replace|cheaper (?:\w+ ){0,2}than)\b/i
/** `and on gpt-4o-mini?`: what came before, on another model. */
const ON_ANOTHER =
  /^\W*(?:and|or|but|now|then|what about|how about)?\W*(?:on|with|at|using)\s+(?:the\s+)?\S+(?:\s+\S+){0,3}\W*$/i
/** Around a model's name: requests of that model, whatever else is asked. */
const OF_MODEL_BEFORE =
  /\b(?:models?(?:\s+(?:is|=))?|(?:requests?|calls?|usage|traffic|tokens?) (?:of|to|on))\s+$/i
const OF_MODEL_AFTER = /^\s+(?:requests?|calls?|usage|traffic)\b/i

/**
 * Models that a question names as a condition: those of requests that were, not those that requests
 * are to be priced on. They are conditions only where the data hold them.
 */
export function filteredModels(question: string, isComparison: boolean): string[] {
  const isConditional = isComparison || CONDITIONAL.test(question) || ON_ANOTHER.test(question)
  return [...question.matchAll(FAMILY)]
    .filter(({ 0: text, index }) => {
      const isExplicit =
        OF_MODEL_BEFORE.test(question.slice(0, index)) ||
        OF_MODEL_AFTER.test(question.slice(index + text.length))
      return isExplicit || !isConditional
    })
    .map(([text]) => modelName(text))
}

/** The question without the models that are conditions: what is left names what it is priced on. */
export const withoutModels = (question: string, models: readonly string[]): string =>
  question.replaceAll(FAMILY, (text) => (models.includes(modelName(text)) ? 'them' : text))
