import { promptBytes } from '../attachments.ts'
import type { Turn, TurnMessage } from '../step.ts'
import { estimatedTokens, type TokenCounter } from './token-counter.ts'

/** Of a model's window: what is asked may take so much; the rest is for tools' results and the answer. */
const FULL_SHARE = 0.6
/** Once it is full, so much of the newest messages is kept word for word. */
const KEPT_SHARE = 0.25
const WINDOW_TOKENS = 128_000
/** What a tool call of an earlier turn takes at most: see `prompt.ts`. */
const EARLIER_CALL_TOKENS = 700
const BYTES_PER_TOKEN = 3
const MESSAGE_TOKENS = 8

/** What of a conversation a model is given. */
export interface ContextPlan {
  /** Messages before the question that are given word for word, oldest first. */
  kept: readonly TurnMessage[]
  /** Those before them that must be summarised first; empty while everything fits. */
  older: readonly TurnMessage[]
  /** What the last summary said of all before both. */
  summary: string | undefined
  /** Tokens of everything that would be said without a new summary. */
  tokens: number
  /** What the window holds of the conversation. */
  budget: number
}

/** Which messages fit the window, and which have to be summarised before it is full. */
export async function planContext(
  turn: Turn,
  at: { instructions: string; contextTokens: number | null; counter: TokenCounter },
): Promise<ContextPlan> {
  const budget = Math.floor((at.contextTokens ?? WINDOW_TOKENS) * FULL_SHARE)
  const summary = turn.summary?.text
  const history = since(turn)
  const fixed = [at.instructions, summary ?? '']
  const texts = [...fixed, ...[...history, turn.message].map(({ text }) => text)]
  // Where even a generous estimate is far below, nothing needs to be counted.
  const guessed = sum(texts.map(estimatedTokens)) + sum([...history, turn.message].map(besideText))
  if (guessed <= budget / 2) {
    return { kept: history, older: [], summary, tokens: guessed, budget }
  }
  const counts = await at.counter.count(texts)
  const weights = history.map((message, index) => (counts[index + 2] ?? 0) + besideText(message))
  const asked = (counts.at(-1) ?? 0) + besideText(turn.message)
  const tokens = (counts[0] ?? 0) + (counts[1] ?? 0) + sum(weights) + asked
  if (tokens <= budget) return { kept: history, older: [], summary, tokens, budget }
  const from = firstKept(history, weights, (at.contextTokens ?? WINDOW_TOKENS) * KEPT_SHARE)
  return { kept: history.slice(from), older: history.slice(0, from), summary, tokens, budget }
}

/** What came after the message up to which the conversation has been summarised. */
function since({ history, summary }: Turn): readonly TurnMessage[] {
  if (!summary) return history
  return history.slice(history.findIndex(({ id }) => id === summary.throughMessageId) + 1)
}

/** The newest messages that fit, beginning with one of the person. */
function firstKept(
  history: readonly TurnMessage[],
  weights: readonly number[],
  tokens: number,
): number {
  let used = 0
  let first = history.length
  for (let index = history.length - 1; index >= 0; index--) {
    used += weights[index] ?? 0
    if (used > tokens) break
    if (history[index]?.role === 'user') first = index
  }
  return first
}

const besideText = ({ tools, attachments }: TurnMessage): number =>
  MESSAGE_TOKENS +
  tools.length * EARLIER_CALL_TOKENS +
  Math.ceil(sum(attachments.map(promptBytes)) / BYTES_PER_TOKEN)

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
