import type { Step, ToolCall, ToolOutcome } from '../agent/agent.ts'
import {
  makeDelta,
  makeEvent,
  type EventContext,
  type Journal,
  type NewEvent,
  type RunRow,
} from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { newId, type MessageId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { unreachable } from '../platform/unreachable.ts'
import { Coalescer } from './coalescer.ts'
import { endingRows, type Ending, type ToolRecord } from './ending.ts'

/** Somebody else owns the run now: stop, and write nothing more. */
export class RunLost extends Error {
  override readonly name = 'RunLost'
}

/** Three bytes a unit at most: an event stays well below the window of a socket. */
const MAX_DELTA_UNITS = 32_000

/** Cuts a text that came at once; a surrogate pair stays whole. */
function slices(text: string): string[] {
  const cut: string[] = []
  for (let from = 0; from < text.length;) {
    const end = from + MAX_DELTA_UNITS
    const splitsPair = end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))
    const to = splitsPair ? end - 1 : end
    cut.push(text.slice(from, to))
    from = to
  }
  return cut
}

/** What a service counts is its own affair; in an event a count is a whole number from 0. */
const countedUsage = (usage: { inputTokens: number; outputTokens: number }) => ({
  input_tokens: counted(usage.inputTokens),
  output_tokens: counted(usage.outputTokens),
})

const counted = (tokens: number): number =>
  Number.isFinite(tokens) ? Math.min(Math.max(0, Math.round(tokens)), Number.MAX_SAFE_INTEGER) : 0

/** A model may be this far ahead of the disk before its reader waits. */
const MAX_QUEUED_UNITS = 512 * 1024

/**
 * Turns the steps of one attempt into events of the thread, in order.
 *
 * Invariant: every append carries the attempt's fence, and `take` resolves only when what the step
 * says is durable; text alone streams behind, and any failure of it surfaces at the next step.
 */
export class Recorder {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #run: RunRow
  readonly #context: EventContext
  readonly #coalescer: Coalescer
  readonly #openCalls = new Map<string, ToolCall>()
  readonly #tools: ToolRecord[]
  #messageId: MessageId | undefined
  #length = 0
  #partial = ''
  #lastMessageId: MessageId | undefined
  #thought = false
  #streaming: Promise<void> = Promise.resolve()
  #queuedUnits = 0
  #failure: { error: unknown } | undefined

  constructor(options: {
    journal: Journal
    clock: Clock
    run: RunRow
    /** Calls that an earlier attempt completed. */
    tools: readonly ToolRecord[]
  }) {
    this.#journal = options.journal
    this.#clock = options.clock
    this.#run = options.run
    this.#tools = [...options.tools]
    const { run } = options
    this.#context = {
      user_id: run.user_id,
      thread_id: run.thread_id,
      run_id: run.id,
      agent: run.agent,
      trace_id: run.trace_id,
    }
    this.#coalescer = new Coalescer(this.#clock, (text) => this.#stream(text))
  }

  /** Records one step; resolves when the agent may go on. */
  async take(step: Step): Promise<void> {
    if (this.#failure) throw this.#failure.error
    switch (step.kind) {
      case 'thinking':
        this.#thought = true
        return this.#append('agent_thinking', { thought: step.thought, step: step.step })
      case 'text':
        this.#partial += step.text
        this.#coalescer.add(step.text)
        if (this.#queuedUnits > MAX_QUEUED_UNITS) await this.#streaming
        return
      case 'spoken':
        return this.#spoken(step)
      case 'tool_started':
        this.#openCalls.set(step.call.callId, step.call)
        return this.#append('tool_executing', {
          tool_call_id: step.call.callId,
          tool_name: step.call.toolName,
          arguments: step.call.arguments,
        })
      case 'tool_progress':
        return this.#append('tool_progress', {
          tool_call_id: step.callId,
          progress: step.progress,
          ...(step.total !== undefined && { total: step.total }),
          ...(step.note !== undefined && { note: step.note }),
        })
      case 'tool_ended':
        this.#toolEnded(step.outcome)
        return this.#append('tool_completed', {
          tool_call_id: step.outcome.callId,
          tool_name: step.outcome.toolName,
          status: step.outcome.status,
          result: step.outcome.result,
          ...(step.outcome.resultRef && { result_ref: step.outcome.resultRef }),
          duration_ms: Math.round(step.durationMs),
        })
      case 'done':
        return this.#done(step)
      default:
        return unreachable(step)
    }
  }

  /** The one terminal event of a run that did not finish by itself. */
  async end(ending: Ending): Promise<void> {
    await this.#streaming.catch(() => undefined)
    const events = this.#pendingDelta()
    for (const call of this.#openCalls.values()) {
      events.push(
        this.#event('tool_completed', {
          tool_call_id: call.callId,
          tool_name: call.toolName,
          status: ending.kind === 'cancelled' ? 'cancelled' : 'unknown',
          result: null,
          duration_ms: 0,
        }),
      )
    }
    if (!this.#thought)
      events.push(this.#event('agent_thinking', { thought: ending.thought, step: 1 }))
    events.push(
      this.#event(ending.kind === 'cancelled' ? 'run_cancelled' : 'agent_failed', ending.fields),
    )
    const partial = this.#partial
    const message =
      partial && this.#messageId
        ? { id: this.#messageId as string, text: partial, tools: this.#tools }
        : undefined
    await this.#commit(
      events,
      endingRows(this.#journal, this.#clock, this.#run, { state: ending.kind, message }),
      ending.kind,
    )
  }

  /** What was streamed so far becomes durable; for a run that goes on in another process. */
  async settle(): Promise<void> {
    await this.#streaming
  }

  #toolEnded(outcome: ToolOutcome): void {
    const call = this.#openCalls.get(outcome.callId)
    this.#openCalls.delete(outcome.callId)
    if (call) this.#tools.push({ call, outcome })
  }

  async #spoken(step: Extract<Step, { kind: 'spoken' }>): Promise<void> {
    const { text, usage, costUsd, calls } = step
    if (text === '' && calls.length === 0) return
    const events = this.#pendingDelta()
    const messageId = (this.#messageId ??= newId<MessageId>())
    events.push(
      this.#event('message_completed', {
        message_id: messageId,
        content: [{ type: 'text', text }],
        usage: countedUsage(usage),
        cost: { usd: costUsd },
        tool_calls: calls.map((call) => ({
          tool_call_id: call.callId,
          tool_name: call.toolName,
          arguments: call.arguments,
        })),
      }),
    )
    this.#lastMessageId = messageId
    this.#messageId = undefined
    this.#length = 0
    this.#partial = ''
    await this.#commit(events)
  }

  async #done(step: Extract<Step, { kind: 'done' }>): Promise<void> {
    const messageId = this.#lastMessageId ?? newId<MessageId>()
    const events: NewEvent[] = []
    if (!this.#thought) {
      events.push(this.#event('agent_thinking', { thought: 'Answering directly.', step: 1 }))
    }
    events.push(
      this.#event('agent_completed', {
        message_id: messageId,
        final_response: step.finalResponse,
        usage: countedUsage(step.usage),
        cost: { usd: step.costUsd },
        duration_ms: Math.max(0, this.#clock.now() - Date.parse(this.#run.created_at)),
        steps: step.steps,
      }),
    )
    const message = { id: messageId as string, text: step.finalResponse, tools: this.#tools }
    const rows = endingRows(this.#journal, this.#clock, this.#run, { state: 'completed', message })
    await this.#commit(events, rows, 'completed')
  }

  #append(type: string, fields: Record<string, unknown>): Promise<void> {
    return this.#commit([...this.#pendingDelta(), this.#event(type, fields)])
  }

  #event(type: string, fields: Record<string, unknown>): NewEvent {
    return makeEvent(this.#clock, type, this.#context, fields)
  }

  #deltas(text: string): NewEvent[] {
    const messageId = (this.#messageId ??= newId<MessageId>())
    return slices(text).map((slice) => {
      const offset = this.#length
      this.#length += slice.length
      return makeDelta({
        run_id: this.#run.id,
        message_id: messageId,
        part: 0,
        offset,
        text: slice,
      })
    })
  }

  #pendingDelta(): NewEvent[] {
    const text = this.#coalescer.take()
    return text === '' ? [] : this.#deltas(text)
  }

  /** Commits keep their order in the journal, so only the last one needs to be waited for. */
  #stream(text: string): void {
    this.#queuedUnits += text.length
    const written = this.#commit(this.#deltas(text))
    this.#streaming = written.then(
      () => {
        this.#queuedUnits -= text.length
      },
      (error: unknown) => {
        this.#queuedUnits -= text.length
        this.#failure ??= { error }
      },
    )
  }

  async #commit(
    events: NewEvent[],
    rows: Statement[] = [],
    state?: 'completed' | 'failed' | 'cancelled',
  ): Promise<void> {
    const { id, fence, thread_id, user_id } = this.#run
    const result = await this.#journal.commit({
      appends: [
        { stream: `thread:${thread_id}`, events },
        ...(state
          ? [
              {
                stream: `user:${user_id}` as const,
                events: [this.#event('run_state_changed', { state })],
              },
            ]
          : []),
      ],
      rows,
      fence: { runId: id, fence },
    })
    if (result.status !== 'committed') throw new RunLost(`run ${id} is not ours any more`)
  }
}
