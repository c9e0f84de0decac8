import type { Answer, CompletedStep, Decision, ToolCall, ToolStatus } from '../agent/agent.ts'
import { threadStream, type Journal, type RunRow } from '../journal/journal.ts'
import { asId, type MessageId } from '../platform/ids.ts'
import { readAsked, Told } from './asked.ts'

const PAGE = { events: 512, bytes: 1024 * 1024 }

/** What the earlier attempts of a run left in the journal. */
export interface DoneSteps {
  completed: CompletedStep[]
  /** What it said it was thinking. */
  thoughts: string[]
  /** Messages that were still being spoken. */
  superseded: string[]
  /** How much of them was told. */
  supersededCharacters: number
  /** Tool calls whose outcome is not known. */
  interrupted: string[]
  /** The last message that was spoken to its end. */
  lastMessageId: MessageId | undefined
  /** Answers about calls that did not run since. */
  decisions: Map<string, Decision>
  /** Answers to the questions of calls that have no outcome. */
  answers: Map<string, Answer[]>
}

export const NOTHING_DONE: DoneSteps = {
  completed: [],
  thoughts: [],
  superseded: [],
  supersededCharacters: 0,
  interrupted: [],
  lastMessageId: undefined,
  decisions: new Map(),
  answers: new Map(),
}

interface RunEvent {
  type: string
  run_id?: string
  message_id?: string
  /** Of a delta. */
  text?: string
  content?: { text: string }[]
  usage?: { input_tokens: number; output_tokens: number }
  cost?: { usd: number | null }
  model?: string
  tool_calls?: { tool_call_id: string; tool_name: string; arguments: Record<string, unknown> }[]
  tool_call_id?: string
  tool_name?: string
  arguments?: Record<string, unknown>
  status?: ToolStatus
  result?: unknown
  result_ref?: string
  superseded?: string[]
  approved?: boolean
  action?: Answer['action']
  question?: unknown
  fence?: number
  reason?: string
  thought?: string
  from?: string
  to?: string
}

export async function readDone(journal: Journal, run: RunRow): Promise<DoneSteps> {
  const completed: CompletedStep[] = []
  const thoughts: string[] = []
  const speaking = new Map<string, number>()
  const asked = new Map<string, ToolCall>()
  const begun = new Set<string>()
  const told = new Told(await readAsked(journal, run))
  let lastMessageId: MessageId | undefined
  for await (const event of eventsOf(journal, run)) {
    const callId = event.tool_call_id ?? ''
    switch (event.type) {
      case 'message_delta':
        addText(speaking, event)
        break
      case 'run_attempt':
        for (const id of event.superseded ?? []) speaking.delete(id)
        break
      case 'message_completed': {
        lastMessageId = asId<MessageId>(event.message_id ?? '')
        speaking.delete(lastMessageId)
        const step = spokenStep(event)
        for (const call of step.calls) asked.set(call.callId, call)
        completed.push(step)
        break
      }
      case 'approval_requested':
        told.asked(callId, event)
        // A person may refuse a call of a program's: then it ends without having begun.
        if (!asked.has(callId)) asked.set(callId, callOf(event))
        // A call that asks its person has ended in order; it begins again with the answer.
        if (event.question !== undefined) begun.delete(callId)
        break
      case 'approval_decided':
        told.decided(callId, event)
        break
      case 'agent_thinking':
        thoughts.push(event.thought ?? '')
        break
      case 'agent_handoff':
        completed.push({ kind: 'handoff', from: event.from ?? '', to: event.to ?? '' })
        break
      case 'tool_executing':
        begun.add(callId)
        // A call that no model asked for: an agent's own program did.
        if (!asked.has(callId)) asked.set(callId, callOf(event))
        told.began(callId)
        break
      case 'tool_completed': {
        begun.delete(callId)
        told.ended(callId)
        const call = asked.get(callId)
        if (call && asked.delete(callId)) completed.push(toolStep(event, call))
        break
      }
      default:
    }
  }
  return {
    completed,
    thoughts,
    superseded: [...speaking.keys()],
    supersededCharacters: sumOf(speaking.values()),
    interrupted: [...begun],
    lastMessageId,
    decisions: told.decisions,
    answers: told.answers,
  }
}

/** Characters by message. */
function addText(speaking: Map<string, number>, { message_id = '', text = '' }: RunEvent): void {
  speaking.set(message_id, (speaking.get(message_id) ?? 0) + text.length)
}

const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, n) => sum + n, 0)

const spokenStep = (event: RunEvent): Extract<CompletedStep, { kind: 'spoken' }> => ({
  kind: 'spoken',
  text: (event.content ?? []).map((part) => part.text).join(''),
  usage: {
    inputTokens: event.usage?.input_tokens ?? 0,
    outputTokens: event.usage?.output_tokens ?? 0,
  },
  costUsd: event.cost?.usd ?? null,
  calls: (event.tool_calls ?? []).map(callOf),
  ...(event.model !== undefined && { model: event.model }),
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
  for (let after = 0; ;) {
    const { events, through } = await journal.readKept(threadStream(run.thread_id), after, PAGE)
    for (const { payload } of events) {
      if (!payload.includes(run.id)) continue
      const event = JSON.parse(payload) as RunEvent
      if (event.run_id === run.id) yield event
    }
    if (through <= after) return
    after = through
  }
}
