import type {
  LanguageModelV4,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

/** What the model says in one call: an answer, or tool calls with words before them. */
export type ModelTurn = string | { say?: string; call: ScriptedCall | readonly ScriptedCall[] }

export interface ScriptedCall {
  tool: string
  input: Record<string, unknown>
}

const USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

/** Says its turns one after the other. `given` collects what it was given, one prompt a call. */
export function scriptedModel(
  turns: readonly ModelTurn[],
  given: LanguageModelV4Prompt[],
): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'netra',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('not used')),
    async doStream({ prompt }) {
      const turn = turns[given.length]
      given.push(prompt)
      if (turn === undefined)
        throw new Error(
          `the script has ${turns.length} turns, and the agent asked the model once more: add what it says then`,
        )
      return { stream: ReadableStream.from(partsOf(turn, given.length)) }
    },
  }
}

function* partsOf(turn: ModelTurn, number: number): Generator<LanguageModelV4StreamPart> {
  const { say = '', call } = typeof turn === 'string' ? { say: turn, call: [] } : turn
  const calls: readonly ScriptedCall[] = 'tool' in call ? [call] : call
  yield { type: 'stream-start', warnings: [] }
  if (say !== '') {
    yield { type: 'text-start', id: '0' }
    yield { type: 'text-delta', id: '0', delta: say }
    yield { type: 'text-end', id: '0' }
  }
  for (const [index, { tool, input }] of calls.entries())
    yield {
      type: 'tool-call',
      toolCallId: `scripted-${number}-${index}`,
      toolName: tool,
      input: JSON.stringify(input),
    }
  const unified = calls.length > 0 ? 'tool-calls' : 'stop'
  yield { type: 'finish', usage: USAGE, finishReason: { unified, raw: unified } }
}
