import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

import type { Clock } from '../../../platform/clock.ts'
import { pause } from '../../abort.ts'
import { askedFailure, refused } from './asked-failure.ts'
import { partText, planOf, PlanProblem, type Plan } from './plan.ts'

const NO_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

/**
 * A model that does what the commands of the last message say (`plan.ts`): one tool call, then an
 * answer with what the tool returned. Deterministic but for its pauses, and without state.
 */
export function createSelftestModel(clock: Clock): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'netra',
    modelId: 'selftest',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('the selftest model only streams')),
    async doStream(options) {
      const { text, toolResults } = lastTurn(options)
      const plan = planFor(text)
      const failure = plan.failure && askedFailure(plan.failure)
      if (failure) throw failure
      const parts = partsOf(plan, { ...options, toolResults, clock })
      return { stream: streamOf(parts, options.abortSignal) }
    },
  }
}

/** @throws as a service that does not take a request */
function planFor(text: string): Plan {
  try {
    return planOf(text)
  } catch (error) {
    if (error instanceof PlanProblem) throw refused(400, error.message)
    throw error
  }
}

interface Saying extends LanguageModelV4CallOptions {
  clock: Clock
  toolResults: readonly ToolResult[]
}

interface ToolResult {
  isError: boolean
  value: unknown
}

function lastTurn({ prompt }: LanguageModelV4CallOptions) {
  const at = prompt.findLastIndex(({ role }) => role === 'user')
  const asked = prompt[at]
  const text =
    asked?.role === 'user'
      ? asked.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
      : ''
  const toolResults = prompt
    .slice(at + 1)
    .flatMap((message) => (message.role === 'tool' ? message.content : []))
    .flatMap((part): ToolResult[] => {
      if (part.type !== 'tool-result') return []
      const { output } = part
      return [{ isError: output.type !== 'json', value: 'value' in output ? output.value : null }]
    })
  return { text, toolResults }
}

/** Whether the tool is called (again). These two failures are of the loop and never end by themselves. */
const asksForTool = ({ failure, useTool }: Plan, called: number): boolean =>
  failure === 'tool' || failure === 'budget' || (useTool && called === 0)

async function* partsOf(plan: Plan, say: Saying): AsyncGenerator<LanguageModelV4StreamPart> {
  const { toolResults, clock, abortSignal = new AbortController().signal } = say
  yield { type: 'stream-start', warnings: [] }
  if (asksForTool(plan, toolResults.length)) {
    const input = {
      text: plan.text,
      takes_ms: plan.toolTakesMs,
      fails: plan.toolFails || plan.failure === 'tool',
    }
    yield* thought('Calling selftest_digest with the text of the message.')
    const toolCallId = `selftest-${toolResults.length + 1}`
    const toolName = 'selftest_digest'
    yield { type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) }
    yield { type: 'finish', usage: NO_USAGE, finishReason: of('tool-calls') }
    return
  }
  if (plan.waitMs > 0) await pause(clock, plan.waitMs, abortSignal)
  yield { type: 'text-start', id: 'answer' }
  yield { type: 'text-delta', id: 'answer', delta: answerTo(plan, toolResults.at(-1)) }
  for (let place = 1; place <= plan.parts.count; place++) {
    if (plan.parts.everyMs > 0) await pause(clock, plan.parts.everyMs, abortSignal)
    yield { type: 'text-delta', id: 'answer', delta: partText(place, plan.parts) }
  }
  // As a connection that breaks: neither the text nor the stream has its end.
  if (plan.ending === 'cut') return
  yield { type: 'text-end', id: 'answer' }
  yield {
    type: 'finish',
    usage: NO_USAGE,
    finishReason: of(plan.ending === 'truncated' ? 'length' : 'stop'),
  }
}

const of = (unified: 'tool-calls' | 'length' | 'stop') => ({ unified, raw: unified })

function* thought(delta: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'reasoning-start', id: 'thought' }
  yield { type: 'reasoning-delta', id: 'thought', delta }
  yield { type: 'reasoning-end', id: 'thought' }
}

function answerTo({ text }: Plan, result: ToolResult | undefined): string {
  if (!result) return `This installation answers. You said ${text.length} characters.`
  if (result.isError) return `The tool failed: ${JSON.stringify(result.value)}`
  const { digest, characters } = result.value as { digest?: unknown; characters?: unknown }
  return `This installation answers. The tool returned ${String(digest)} for ${String(characters)} characters.`
}

/** One part ahead of its reader at most; ends with the signal. */
function streamOf(
  parts: AsyncGenerator<LanguageModelV4StreamPart>,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    async pull(controller) {
      try {
        signal?.throwIfAborted()
        const { value, done } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(error)
      }
    },
  })
}
