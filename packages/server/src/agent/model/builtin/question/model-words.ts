/** Words that a model's name begins with; a word of letters, a dash and digits is one too. */
const FAMILY =
  /^(?:(?:openai|anthropic|google|mistral|deepseek|x-ai|cohere|azure|groq)\/)?(?:chat)?(?:gpt|claude|gemini|opus|sonnet|haiku|mistral|mixtral|ministral|magistral|codestral|deepseek|llama|grok|command|qwen|gemma|kimi|nova|o[1345])\b/i

export const startsModel = (word: string): boolean =>
  FAMILY.test(word) || (/^[a-z][\w.:/-]*-[\w.:-]*\d[\w.:-]*$/i.test(word) && !/^\d/.test(word))

/** Words that go on with a model's name, as in `claude sonnet 4.5` or `gpt 4o mini`. */
export const MODEL_SUFFIX =
  /^(?:opus|sonnet|haiku|mini|nano|pro|turbo|flash|lite|large|medium|small|preview|codex|luna|sol|terra|astra|\d+(?:\.\d+)?o?|v\d[\w.]*|r\d)$/i

/** `GPT 4o mini` is `gpt-4o-mini`; `sonnet 4.5` is `claude-sonnet-4.5`. */
export function modelNameOf(words: readonly string[]): { name: string; provider?: string } {
  const joined = words.join('-').toLowerCase()
  const slash = joined.indexOf('/')
  const name = slash > 0 ? joined.slice(slash + 1) : joined
  const whole = /^(?:opus|sonnet|haiku)-/.test(name) ? `claude-${name}` : name
  return slash > 0 ? { name: whole, provider: joined.slice(0, slash) } : { name: whole }
}
