import type { QualityRisk } from './schemas.ts'

/** Size of a model within its maker's line, by the maker's own naming. It measures no quality. */
const CLASSES = ['', 'smallest', 'small', 'standard', 'largest'] as const
type ModelClass = 1 | 2 | 3 | 4

/** Names to class, the first that fits, for each maker. */
const NAMING: Record<string, readonly (readonly [RegExp, ModelClass])[]> = {
  openai: [
    [/nano/, 1],
    [/mini|luna|^gpt-3\.5|^gpt-oss-20b/, 2],
    [/-pro$|^o1|^gpt-4\.5|astra/, 4],
    [/^gpt-|^chatgpt|^o3|^o4/, 3],
  ],
  anthropic: [
    [/haiku|instant/, 2],
    [/opus|fable/, 4],
    [/sonnet/, 3],
  ],
  google: [
    [/flash-lite|flash.*8b|nano/, 1],
    [/flash/, 2],
    [/pro/, 3],
  ],
  mistral: [
    [/ministral|nemo|mistral-7b|tiny/, 1],
    [/small/, 2],
    [/medium|large/, 3],
  ],
  deepseek: [
    [/flash/, 2],
    [/pro|chat|reasoner|v3/, 3],
  ],
}

/** Text models of today that are offered when nobody names any, if the catalogue has them. */
export const CANDIDATES: readonly { provider: string; model: string }[] = [
  { provider: 'openai', model: 'gpt-6-sol' },
  { provider: 'openai', model: 'gpt-6-luna' },
  { provider: 'openai', model: 'gpt-5' },
  { provider: 'openai', model: 'gpt-5-mini' },
  { provider: 'openai', model: 'gpt-5-nano' },
  { provider: 'openai', model: 'gpt-4.1' },
  { provider: 'openai', model: 'gpt-4.1-mini' },
  { provider: 'openai', model: 'gpt-4.1-nano' },
  { provider: 'openai', model: 'gpt-4o-mini' },
  { provider: 'anthropic', model: 'claude-opus-5-5' },
  { provider: 'anthropic', model: 'claude-sonnet-5' },
  { provider: 'anthropic', model: 'claude-haiku-4-5' },
  { provider: 'google', model: 'gemini-2.5-pro' },
  { provider: 'google', model: 'gemini-3.8-flash' },
  { provider: 'google', model: 'gemini-2.5-flash' },
  { provider: 'google', model: 'gemini-2.5-flash-lite' },
  { provider: 'mistral', model: 'mistral-large-2512' },
  { provider: 'mistral', model: 'mistral-small-2603' },
]

interface Named {
  provider: string
  model: string
}

function classOf({ provider, model }: Named): ModelClass | undefined {
  return NAMING[provider]?.find(([name]) => name.test(model))?.[1]
}

const isSame = (a: Named, b: Named): boolean => a.provider === b.provider && a.model === b.model

/** Of several models in use, the one of the largest class: what leaves it risks most. */
export function largestOfModels(models: readonly Named[]): Named | undefined {
  return models.toSorted((a, b) => (classOf(b) ?? 0) - (classOf(a) ?? 0))[0]
}

/**
 * A class of risk, with its reason. Usage data say nothing about quality, so it rests on the makers'
 * own naming alone: each class down is a step, another maker's model is a step.
 */
export function qualityRisk(
  from: Named | undefined,
  to: Named,
): { quality_risk: QualityRisk; quality_reason: string } {
  if (!from) {
    const quality_reason = 'Which model answers now is not known from these data.'
    return { quality_risk: 'unknown', quality_reason }
  }
  if (isSame(from, to)) return { quality_risk: 'none', quality_reason: 'The same model.' }
  const [now, then] = [classOf(from), classOf(to)]
  if (now === undefined || then === undefined) {
    const unknown = now === undefined ? from : to
    return {
      quality_risk: 'unknown',
      quality_reason: `The class of ${unknown.provider}/${unknown.model} cannot be told from its name.`,
    }
  }
  const down = Math.max(now - then, 0)
  const elsewhere = from.provider !== to.provider
  const steps = down + (elsewhere ? 1 : 0)
  const risk: QualityRisk = steps === 0 ? 'low' : steps === 1 ? 'medium' : 'high'
  const size = `By their makers’ naming ${from.model} is of the class “${CLASSES[now] ?? ''}”, ${to.model} of the class “${CLASSES[then] ?? ''}”`
  const maker = elsewhere ? ', of another maker' : ''
  return {
    quality_risk: risk,
    quality_reason: `${size}${maker}. Not measured: try it on your own prompts first.`,
  }
}
