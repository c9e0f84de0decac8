import { createOpenAI } from '@ai-sdk/openai'
import { jsonSchema, stepCountIs, streamText, tool, type JSONSchema7, type ToolSet } from 'ai'

import { answerParent } from '../support/child.ts'

/** A tool as Netra's agent declares it. */
export interface DeclaredTool {
  name: string
  description: string
  input_schema: JSONSchema7
}

/** So many runs at once of the loop that the AI SDK has, with nothing around it. */
export interface PlainRequest {
  url: string
  runs: number
  toolCalls: number
  /** Declared to the model, so that it is asked the same; `calculate` alone is ever called. */
  tools: DeclaredTool[]
}

export interface PlainAnswer {
  ms: number
  /** Of the process, bytes. */
  rss: number
}

const declared = (tools: readonly DeclaredTool[]): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, input_schema }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema<{ expression: string }>(input_schema),
        execute: ({ expression }) => {
          const [one = 0, other = 0] = expression.split('+').map(Number)
          return { expression, value: one + other }
        },
      }),
    ]),
  )

/** @throws when a run did not call its tool as often as it was to, or said nothing. */
async function oneRun(
  { url, toolCalls }: PlainRequest,
  tools: ToolSet,
  number: number,
): Promise<void> {
  const result = streamText({
    model: createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).chat('test-model'),
    prompt: `Work out five numbers for me, please (${number}).`,
    tools,
    stopWhen: stepCountIs(toolCalls + 2),
  })
  let text = ''
  for await (const piece of result.textStream) text += piece
  const calls = (await result.steps).flatMap((step) => step.toolCalls).length
  if (calls !== toolCalls || text === '') throw new Error(`a plain run made ${calls} tool calls`)
}

answerParent<PlainRequest>(async (request): Promise<PlainAnswer> => {
  const tools = declared(request.tools)
  const from = performance.now()
  const runs = Array.from({ length: request.runs }, (_, number) => oneRun(request, tools, number))
  await Promise.all(runs)
  return { ms: performance.now() - from, rss: process.memoryUsage.rss() }
})
