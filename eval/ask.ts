import type { NetraClient } from '@netra/client'
import type { Run } from '@netra/protocol'

import type { Program } from '../tests/support/sdk.ts'
import type { Answered } from './check.ts'
import { FILES, type FileName } from './data.ts'
import type { Question } from './question.ts'

/** How a question was answered, and what that took. */
export interface Outcome {
  question: Question
  answer: Answered
  /** Words of the checks that do not hold; all of them when the run failed. */
  missed: string[]
  /** Why the run did not end well. */
  problem: string | undefined
  model: string | null
  ms: number
  /** US dollars; null when the price of the model is not known. */
  costUsd: number | null
  tokens: { input: number; output: number }
}

/** Asks one question after the other, as one person in their own conversations. */
export class Asker {
  readonly #program: Program
  readonly #model: string | undefined
  readonly #files = new Map<FileName, string>()
  readonly #threads = new Map<string, string>()

  /** @param model `<provider>/<model>`; without it the configured one answers. */
  constructor(program: Program, model: string | undefined) {
    this.#program = program
    this.#model = model
  }

  /** A message that is refused is a question without an answer, and no reason to stop. */
  async ask(question: Question): Promise<Outcome> {
    const begun = performance.now()
    try {
      return await this.#ask(question, begun)
    } catch (error) {
      return {
        question,
        answer: { text: '', tools: [], isComplete: false, hasChart: false },
        missed: question.checks.map(({ what }) => what),
        problem: error instanceof Error ? error.message : String(error),
        model: this.#model ?? null,
        ms: Math.round(performance.now() - begun),
        costUsd: 0,
        tokens: { input: 0, output: 0 },
      }
    }
  }

  async #ask(question: Question, begun: number): Promise<Outcome> {
    const { client } = this.#program
    const threadId =
      question.after === undefined ? null : (this.#threads.get(question.after) ?? null)
    const accepted = await client.sendMessage({
      threadId,
      text: question.ask,
      ...(question.file && { attachments: [{ file_id: await this.#fileId(question.file) }] }),
      ...(question.agent !== undefined && { agent: question.agent }),
      ...(this.#model !== undefined && { model: this.#model }),
    })
    this.#threads.set(question.id, accepted.threadId)
    const run = await client.runEnded(accepted.threadId, accepted.runId)
    const answer = answered(client, accepted.threadId, run)
    const held = answer.isComplete ? question.checks.filter(({ holds }) => holds(answer)) : []
    const { outcome } = run
    const done = outcome?.kind === 'completed' ? outcome : undefined
    return {
      question,
      answer,
      missed: question.checks.filter((check) => !held.includes(check)).map(({ what }) => what),
      problem: outcome?.kind === 'failed' ? `${outcome.code}: ${outcome.message}` : undefined,
      model: run.model,
      ms: Math.round(performance.now() - begun),
      costUsd: done?.cost.usd ?? null,
      tokens: { input: done?.usage.input_tokens ?? 0, output: done?.usage.output_tokens ?? 0 },
    }
  }

  async #fileId(name: FileName): Promise<string> {
    const known = this.#files.get(name)
    if (known !== undefined) return known
    const id = await this.#program.upload(FILES[name].name, FILES[name].text)
    this.#files.set(name, id)
    return id
  }
}

function answered(client: NetraClient, threadId: string, run: Run): Answered {
  const { state } = client.thread(threadId).getSnapshot()
  const calls = state.tool_calls.filter((call) => call.run_id === run.id)
  const completed = run.outcome?.kind === 'completed' ? run.outcome : undefined
  return {
    text: completed?.final_response ?? '',
    tools: calls.map(({ name }) => name),
    isComplete: completed !== undefined,
    hasChart: calls.some(
      ({ result }) => typeof result === 'object' && result !== null && 'chart' in result,
    ),
  }
}
