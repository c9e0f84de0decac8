import type { LanguageModelV4CallOptions, LanguageModelV4Usage } from '@ai-sdk/provider'

/** One call of a model that is over, whatever came of it. */
export interface CallMade {
  /** `<provider>/<model>` */
  model: string
  /** When it began; milliseconds since 1970. */
  at: number
  ms: number
  status: 'ok' | 'error' | 'cancelled'
  /** All of the prompt, what came from the provider's cache included. */
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  /** The provider did not say what it counted: estimated from the text. */
  estimated: boolean
  /** US dollars; null when no price is known. */
  costUsd: number | null
}

/** What a call is before it is made. */
export interface CallWanted {
  model: string
  isRetry: boolean
  /** No language model is asked: it uses no tokens and costs nothing. */
  isFree?: boolean
  /** What it will use at least, roughly; read only where a budget asks. */
  likely: () => { tokens: number; costUsd: number | null }
  /** What it came to if it broke off after so many characters; a call that nobody can estimate has none. */
  brokenOff?: (characters: number) => CallMade
}

/**
 * Stands between agents and models: asked before each call, told of each that is over. Every call
 * passes it, of the loop and of an agent's own program alike.
 */
export interface ModelMeter {
  /**
   * Resolves when the call may be made.
   *
   * @throws AgentFailure of the code `budget`; the signal's reason when it is aborted.
   */
  admit(wanted: CallWanted, signal: AbortSignal): Promise<Admitted>
}

/** To be told once; more does no harm. */
export interface Admitted {
  /** Null: the call used nothing, because it was never answered. */
  over(call: CallMade | null): void
}

export const UNMETERED: ModelMeter = {
  admit: () => Promise.resolve({ over: () => undefined }),
}

/** What a token is of English text or JSON, about. */
const CHARACTERS_PER_TOKEN = 4

export const tokensIn = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN)

/** Text alone: what a picture or a file comes to, only its provider knows. */
export function charactersOf({
  prompt,
  tools = [],
}: Pick<LanguageModelV4CallOptions, 'prompt' | 'tools'>): number {
  let characters = 0
  for (const { content } of prompt) {
    if (typeof content === 'string') characters += content.length
    else for (const part of content) characters += part.type === 'file' ? 0 : lengthOf(part)
  }
  return tools.length === 0 ? characters : characters + lengthOf(tools)
}

const lengthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
    ? value.text.length
    : (JSON.stringify(value)?.length ?? 0)

/** As a provider would say it, for its price. */
export const usageOf = (inputTokens: number, outputTokens: number): LanguageModelV4Usage => ({
  inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
})
