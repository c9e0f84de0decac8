import { changeSchema, questionSchema, type AnswerAction } from '@netra/protocol'
import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

export const waitingCallSchema = z.object({
  run_id: z.string(),
  tool_call_id: z.string(),
  /** An answer names it. */
  fence: z.number(),
  thread: z.object({ id: z.string(), title: z.string() }),
  /** Who asks. */
  agent: z.string().nullable(),
  /** The beginning of what the person wanted of that agent. */
  asked_for: z.string(),
  tool: z.string(),
  /** Whose tool it is, in words; null: Netra's own. */
  server: z.string().nullable(),
  /** Exactly what will run. */
  arguments: z.record(z.string(), z.unknown()),
  question: questionSchema.nullable(),
  change: changeSchema.nullable(),
  /** The call was cut off in the middle: what became of it is not known. */
  interrupted: z.boolean(),
  /** No choice of the person ends the asking about this tool: `stopAsking` answers 409. */
  asks_always: z.boolean().default(false),
  asked_at: z.string(),
  expires_at: z.string(),
})

export const waitingCallsSchema = z.object({ approvals: z.array(waitingCallSchema) })

export const answeredCallSchema = z.object({
  run_id: z.string(),
  tool_call_id: z.string(),
  state: z.enum(['waiting', 'approved', 'denied', 'expired']),
  action: z.enum(['accept', 'decline', 'cancel']).nullable(),
  decided_at: z.string().nullable(),
  /** It had been answered so already, by the same person. */
  repeated: z.boolean(),
})

export const unaskedToolSchema = z.object({ tool: z.string(), at: z.string() })

export const unaskedToolsSchema = z.object({ tools: z.array(unaskedToolSchema) })

export type WaitingCall = z.infer<typeof waitingCallSchema>
export type UnaskedTool = z.infer<typeof unaskedToolSchema>

interface CallKey {
  runId: string
  toolCallId: string
}

/**
 * What agents ask the person who is signed in, and which tools they need not ask about.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class ApprovalsApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  async waiting(signal?: AbortSignal): Promise<WaitingCall[]> {
    const read = await this.#http.json(waitingCallsSchema, 'GET', '/api/approvals', { signal })
    return read.approvals
  }

  /** @throws ApiError 409 when it was answered otherwise, 422 with the fields that are wrong. */
  answer(
    { runId, toolCallId }: CallKey,
    body: {
      fence: number
      action: AnswerAction
      content?: Record<string, unknown>
      reason?: string
    },
  ): Promise<z.infer<typeof answeredCallSchema>> {
    const path = `/api/approvals/${encodeURIComponent(runId)}/${encodeURIComponent(toolCallId)}`
    return this.#http.json(answeredCallSchema, 'POST', path, { body })
  }

  async unasked(signal?: AbortSignal): Promise<UnaskedTool[]> {
    const path = '/api/approvals/unasked'
    return (await this.#http.json(unaskedToolsSchema, 'GET', path, { signal })).tools
  }

  /** The tool of this call runs without a question from now on. */
  stopAsking({ runId, toolCallId }: CallKey): Promise<UnaskedTool> {
    const body = { run_id: runId, tool_call_id: toolCallId }
    return this.#http.json(unaskedToolSchema, 'PUT', '/api/approvals/unasked', { body })
  }

  askAgain(tool: string): Promise<void> {
    return this.#http.nothing('DELETE', `/api/approvals/unasked/${encodeURIComponent(tool)}`)
  }
}
