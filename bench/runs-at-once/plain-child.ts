import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

import { answerParent } from '../support/child.ts'

/** So many runs at once of the loop that the AI SDK has, with one tool and nothing around it. */
export interface PlainRequest {
  url: string
  runs: number
  toolCalls: number
}

export interface PlainAnswer {
  ms: number
  /** Of the process, bytes. */
  rss: number
}

const calculate = tool({
  description: 'Works out an arithmetic expression.',
  inputSchema: z.object({ expression: z.string() }),
  execute: ({ expression }) => {
    const [one = 0, other = 0] = expression.split('+').map(Number)
    return { result: one + other }
  },
})

/** @throws when a run did not call its tool as often as it was to, or said nothing. */
async function oneRun({ url, toolCalls }: PlainRequest, number: number): Promise<void> {
  const provider = createOpenAICompatible({
    name: 'bench',
    baseURL: `${url}/v1`,
    includeUsage: true,
  })
  const result = streamText({
    model: provider('test-model'),
    prompt: `Work out five numbers for me, please (${number}).`,
    tools: { calculate },
    stopWhen: stepCountIs(toolCalls + 2),
  })
  let text = ''
  for await (const piece of result.textStream) text += piece
  const calls = (await result.steps).flatMap((step) => step.toolCalls).length
  if (calls !== toolCalls || text === '') throw new Error(`a plain run made ${calls} tool calls`)
}

answerParent<PlainRequest>(async (request): Promise<PlainAnswer> => {
  const from = performance.now()
  await Promise.all(Array.from({ length: request.runs }, (_, number) => oneRun(request, number)))
  return { ms: performance.now() - from, rss: process.memoryUsage.rss() }
})
