/** Families by whose names models are known; the catalogue says which of them have a price. */
export const FAMILY =
  /\b(?:(?:openai|anthropic|google|mistral|deepseek|azure|bedrock|groq)\/)?(?:gpt[- ]?(?:oss[- ]?\d+b|\d(?:\.\d+)?o?)(?:[- ](?:mini|nano|pro|turbo|codex|luna|sol|terra|astra|preview))*|o[1345](?:[- ](?:mini|pro|preview))?(?=[\s?.,;:!)]|$)|claude(?:[- ](?:\d+(?:[.-]\d+)?|opus|sonnet|haiku|fable|instant|latest))+|(?:opus|sonnet|haiku)[- ]\d+(?:[.-]\d+)?|gemini(?:[- ](?:\d+(?:\.\d+)?|pro|flash|lite|ultra|nano|preview))+|(?:mistral|ministral|magistral|codestral|devstral|mixtral|pixtral)(?:[- ](?:large|medium|small|tiny|nemo|latest|\d+x?\d*b?|\d+(?:[.-]\d+)?))*|deepseek(?:[- ](?:chat|reasoner|coder|v\d+(?:\.\d+)?|r1|flash|pro))+|llama[- ]?\d+(?:\.\d+)?(?:[- ]\d+b)?(?:[- ]\w+)?|qwen[- ]?\d+(?:\.\d+)?(?:[- ]\w+)*|grok[- ]\d+(?:\.\d+)?(?:[- ](?:mini|fast))?|command[- ]r(?:\+|[- ]plus)?)/gi

/** Before a model's name: the workload is to be priced on it. */
const BASE_BEFORE =
  /\b(?:(?:ran|run|runs|running|priced?|pricing|cost(?:s|ing)?|bill(?:ed)?|were|was|is|are|be|all|everything|it|this|that|these|and|or|what about|how about)\s+(?:only\s+|all\s+|entirely\s+)?(?:on|with|at|using|through)|(?:use|used|using|uses)|at the prices? of|^\s*(?:and |or |what about |how about )?(?:on|with|for)?)\s*(?:the\s+|openai'?s?\s+)?$/i
/** Before a model's name: it is to be compared with. */
const CANDIDATE_BEFORE =
  /\b(?:to|with|versus|vs\.?|against|or|into|instead|try|considering|consider|between|compared)\s+(?:the\s+|a\s+)?$/i
/** Before a model's name: the workload runs on it now. */
const FROM_BEFORE = /\b(?:from|off|of|replace|replacing|leave|leaving|than|compare)\s+(?:the\s+)?$/i

/** What was, not what would be. */
export const SPENT =
  /\b(?:(?:did|have|has) (?:we|i|they|it|our \w+|the \w+) (?:spend|spent|pay|paid|cost)|spent|paid|how much of (?:it|that|this|our \w+)|was spent|our actual)\b/i

/** Models that a question names, as the catalogue writes names, and which one the workload is priced on. */
export function readModels(question: string): { base: string | null; candidates: string[] } {
  let base: string | null = null
  const candidates: string[] = []
  for (const match of question.matchAll(FAMILY)) {
    const name = modelName(match[0])
    const before = question.slice(0, match.index)
    const isBase = FROM_BEFORE.test(before) || BASE_BEFORE.test(before)
    if (
      base === null &&
      isBase &&
      !/\b(?:switch|mov|migrat|chang)\w* (?:\w+ ){0,4}to $/i.test(before)
    )
      base = name
    else if (name !== base && !candidates.includes(name)) candidates.push(name)
  }
  const [only] = candidates
  const isCompared = only !== undefined && CANDIDATE_BEFORE.test(before(question, only))
  // What was spent on a model is no question of what all would cost there.
  if (base === null && only !== undefined && !isCompared && SPENT.test(question))
    return { base: null, candidates: [] }
  // One model and no word for what it is to be: the workload is priced on it.
  if (base === null && candidates.length === 1 && only !== undefined && !isCompared)
    return { base: only, candidates: [] }
  return { base, candidates }
}

const before = (question: string, name: string): string => {
  const words = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('-', '[- ]?')
  const at = question.search(new RegExp(words, 'i'))
  return at < 0 ? '' : question.slice(0, at)
}

/** `GPT 4o mini` is `gpt-4o-mini`; `Sonnet 4.5` is `claude-sonnet-4.5`. */
export function modelName(text: string): string {
  const name = text
    .trim()
    .toLowerCase()
    .replaceAll(/\s+/g, '-')
    .replace(/^gpt(?=\d)/, 'gpt-')
  return /^(?:opus|sonnet|haiku)-/.test(name) ? `claude-${name}` : name
}
