import type { CompletedStep, ToolCall, ToolStatus } from '../agent/agent.ts'
import type { Journal, RunRow } from '../journal/journal.ts'

const PAGE = { events: 512, bytes: 1024 * 1024 }

/** What the earlier attempts of a run left in the journal. */
export interface DoneSteps {
  completed: CompletedStep[]
  /** Messages that were still being spoken. */
  superseded: string[]
  /** Tool calls whose outcome is not known. */
  interrupted: string[]
}

export const NOTHING_DONE: DoneSteps = { completed: [], superseded: [], interrupted: [] }

interface RunEvent {
  type: string
  run_id?: string
  message_id?: string
  content?: { text: string }[]
  usage?: { input_tokens: number; output_tokens: number }
  cost?: { usd: number | null }
  tool_calls?: { tool_call_id: string; tool_name: string; arguments: Record<string, unknown> }[]
  tool_call_id?: string
  tool_name?: string
  arguments?: Record<string, unknown>
  status?: ToolStatus
  result?: unknown
  result_ref?: string
  superseded?: string[]
}

export async function readDone(journal: Journal, run: RunRow): Promise<DoneSteps> {
  const completed: CompletedStep[] = []
  const speaking = new Set<string>()
  const open = new Map<string, ToolCall>()
  for await (const event of eventsOf(journal, run)) {
    switch (event.type) {
      case 'message_delta':
        speaking.add(event.message_id ?? '')
        break
      case 'run_attempt':
        for (const id of event.superseded ?? []) speaking.delete(id)
        break
      case 'message_completed':
        speaking.delete(event.message_id ?? '')
        completed.push(spokenStep(event))
        break
      case 'tool_executing':
        open.set(event.tool_call_id ?? '', callOf(event))
        break
      case 'tool_completed': {
        const call = open.get(event.tool_call_id ?? '')
        if (call && open.delete(call.callId)) completed.push(toolStep(event, call))
        break
      }
      default:
    }
  }
  return { completed, superseded: [...speaking], interrupted: [...open.keys()] }
}

const spokenStep = (event: RunEvent): CompletedStep => ({
  kind: 'spoken',
  text: (event.content ?? []).map((part) => part.text).join(''),
  usage: {
    inputTokens: event.usage?.input_tokens ?? 0,
    outputTokens: event.usage?.output_tokens ?? 0,
  },
  costUsd: event.cost?.usd ?? null,
  calls: (event.tool_calls ?? []).map(callOf),
})

const toolStep = (event: RunEvent, call: ToolCall): CompletedStep => ({
  kind: 'tool',
  call,
  outcome: {
    callId: call.callId,
    toolName: call.toolName,
    status: event.status ?? 'unknown',
    result: event.result,
    ...(event.result_ref && { resultRef: event.result_ref }),
  },
})

const callOf = (event: Pick<RunEvent, 'tool_call_id' | 'tool_name' | 'arguments'>): ToolCall => ({
  callId: event.tool_call_id ?? '',
  toolName: event.tool_name ?? '',
  arguments: event.arguments ?? {},
})

async function* eventsOf(journal: Journal, run: RunRow): AsyncGenerator<RunEvent> {
  let after = 0
  for (;;) {
    const page = await journal.read(`thread:${run.thread_id}`, after, PAGE)
    for (const { seq, payload } of page) {
      after = seq
      if (!payload.includes(run.id)) continue
      const event = JSON.parse(payload) as RunEvent
      if (event.run_id === run.id) yield event
    }
    if (page.length === 0) return
  }
}
