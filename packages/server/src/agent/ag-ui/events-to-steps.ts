import {
  contentToText,
  EventType,
  type AGUIEvent,
  type Interrupt,
  type TokenUsage,
} from '@ag-ui/core'

import type { Clock } from '../../platform/clock.ts'
import { newCallId } from '../call-ids.ts'
import type { Step, ToolCall, ToolOutcome, Usage } from '../step.ts'
import { PatchTooLarge } from './json-patch.ts'
import { notUnderstood } from './read-event.ts'
import type { SharedState } from './shared-state.ts'

/** How the stream of one request ended. */
export type StreamEnd =
  | { kind: 'success'; usage: Usage }
  | { kind: 'cancelled' }
  | { kind: 'interrupt'; interrupts: Interrupt[] }
  | { kind: 'error'; message: string }

export interface EventLimits {
  /** UTF-16 units of all text. */
  maxAnswerUnits: number
  maxToolCalls: number
  maxEvents: number
}

const THOUGHT_UNITS = 16_000
const ARGUMENT_UNITS = 64_000

interface Spoken {
  id: string
  /** What of it was told already. */
  told: string
  waiting: string
  hasEnded: boolean
}

interface OpenCall {
  call: ToolCall
  json: string
  /** When it was told as begun, on the monotonic clock. */
  begunAt: number | undefined
}

/**
 * Turns AG-UI events into steps. One message is spoken at a time: of two that are interleaved, the
 * second waits for the end of the first. What breaks the protocol's order ends the run.
 */
export class EventsToSteps {
  readonly #agent: string
  readonly #clock: Clock
  readonly #limits: EventLimits
  readonly #state: SharedState
  readonly #settle: (call: ToolCall, result: unknown) => Promise<ToolOutcome>
  readonly #messages: Spoken[] = []
  /** Ids of messages that are not for the person to read. */
  readonly #others = new Set<string>()
  readonly #calls = new Map<string, OpenCall>()
  #thought = ''
  #chunkCall: string | undefined
  #chunkMessage: string | undefined
  #hasStarted = false
  #events = 0
  #units = 0
  #toolCalls = 0
  #steps = 0
  #spokenId: string | undefined
  #hasSpokenSince = false
  /** The last whole message; '' when it said nothing. */
  answer = ''
  /** The last answer of a message list, for agents that do not stream. */
  listed = ''
  end: StreamEnd | undefined

  constructor(options: {
    agent: string
    clock: Clock
    limits: EventLimits
    state: SharedState
    settle: (call: ToolCall, result: unknown) => Promise<ToolOutcome>
  }) {
    this.#agent = options.agent
    this.#clock = options.clock
    this.#limits = options.limits
    this.#state = options.state
    this.#settle = options.settle
  }

  /** It ended with a call that it expects somebody else to make: what it said before is no answer. */
  get endsInCall(): boolean {
    return this.#calls.size > 0 && !this.#hasSpokenSince
  }

  /** Tool calls that it made and of which it did not say what came. */
  get unanswered(): ToolCall[] {
    return [...this.#calls.values()].map(({ call }) => call)
  }

  get steps(): number {
    return this.#steps
  }

  /** @throws AgentFailure */
  async *take(event: AGUIEvent): AsyncGenerator<Step> {
    if (++this.#events > this.#limits.maxEvents)
      throw notUnderstood(this.#agent, `more than ${this.#limits.maxEvents} events`)
    this.#inOrder(event)
    yield* this.#closeChunks(event)
    switch (event.type) {
      case EventType.TEXT_MESSAGE_START:
        this.#open(event.messageId, event.role ?? 'assistant')
        break
      case EventType.TEXT_MESSAGE_CONTENT:
        yield* this.#say(event.messageId, event.delta)
        break
      case EventType.TEXT_MESSAGE_END:
        yield* this.#endMessage(event.messageId)
        break
      case EventType.TEXT_MESSAGE_CHUNK:
        yield* this.#chunk(event)
        break
      case EventType.REASONING_MESSAGE_CONTENT:
      case EventType.REASONING_MESSAGE_CHUNK:
        this.#reason(event.delta ?? '')
        break
      case EventType.REASONING_MESSAGE_END:
      case EventType.REASONING_END:
        yield* this.#think()
        break
      case EventType.TOOL_CALL_START:
        this.#openCall(event.toolCallId, event.toolCallName)
        break
      case EventType.TOOL_CALL_ARGS:
        this.#argue(event.toolCallId, event.delta)
        break
      case EventType.TOOL_CALL_END:
        yield* this.#begin(event.toolCallId)
        break
      case EventType.TOOL_CALL_CHUNK:
        this.#callChunk(event)
        break
      case EventType.TOOL_CALL_RESULT:
        yield* this.#result(event.toolCallId, contentToText(event.content))
        break
      case EventType.STATE_SNAPSHOT:
        this.#state.replace(event.snapshot)
        break
      case EventType.STATE_DELTA:
        this.#patch(event.delta)
        break
      case EventType.MESSAGES_SNAPSHOT:
        this.#list(event.messages)
        break
      case EventType.STEP_STARTED:
        yield this.#thinking(event.stepName)
        break
      case EventType.SUBAGENT_STARTED:
        yield this.#thinking(
          `${event.name} takes over${event.description ? `: ${event.description}` : '.'}`,
        )
        break
      case EventType.SUBAGENT_ERROR:
        yield this.#thinking(`A part of the work failed: ${event.message}`)
        break
      case EventType.RUN_ERROR:
        this.end = { kind: 'error', message: event.message }
        break
      case EventType.RUN_FINISHED:
        yield* this.#finish(event)
        break
      // What says nothing to a person, or is meant for one application alone.
      case EventType.RUN_STARTED:
      case EventType.STEP_FINISHED:
      case EventType.REASONING_START:
      case EventType.REASONING_MESSAGE_START:
      case EventType.REASONING_ENCRYPTED_VALUE:
      case EventType.SUBAGENT_FINISHED:
      case EventType.ACTIVITY_SNAPSHOT:
      case EventType.ACTIVITY_DELTA:
      case EventType.RAW:
      case EventType.CUSTOM:
    }
  }

  #patch(delta: Parameters<SharedState['patch']>[0]): void {
    try {
      this.#state.patch(delta)
    } catch (error) {
      throw error instanceof PatchTooLarge ? notUnderstood(this.#agent, error.message) : error
    }
  }

  #inOrder({ type }: AGUIEvent): void {
    if (type === EventType.RUN_STARTED) {
      if (this.#hasStarted) throw notUnderstood(this.#agent, 'RUN_STARTED twice')
      this.#hasStarted = true
    } else if (!this.#hasStarted && type !== EventType.RUN_ERROR)
      throw notUnderstood(this.#agent, `${type} before RUN_STARTED`)
  }

  /** Chunks of one message or call end with whatever comes in between. */
  *#closeChunks(event: AGUIEvent): Generator<Step> {
    if (event.type === EventType.RAW) return
    const { type } = event
    if (this.#chunkMessage !== undefined) {
      const goesOn =
        type === EventType.TEXT_MESSAGE_CHUNK &&
        (event.messageId ?? this.#chunkMessage) === this.#chunkMessage
      const ended = this.#chunkMessage
      if (!goesOn) {
        this.#chunkMessage = undefined
        yield* this.#endMessage(ended)
      }
    }
    if (this.#chunkCall !== undefined) {
      const goesOn =
        type === EventType.TOOL_CALL_CHUNK &&
        (event.toolCallId ?? this.#chunkCall) === this.#chunkCall
      const ended = this.#chunkCall
      if (!goesOn) {
        this.#chunkCall = undefined
        yield* this.#begin(ended)
      }
    }
    const reasons =
      type === EventType.REASONING_MESSAGE_CONTENT || type === EventType.REASONING_MESSAGE_CHUNK
    if (!reasons) yield* this.#think()
  }

  #open(id: string, role: string): void {
    if (role !== 'assistant') this.#others.add(id)
    else if (!this.#messages.some((message) => message.id === id && !message.hasEnded))
      this.#messages.push({ id, told: '', waiting: '', hasEnded: false })
  }

  *#chunk(event: Extract<AGUIEvent, { type: EventType.TEXT_MESSAGE_CHUNK }>): Generator<Step> {
    const id = event.messageId ?? this.#chunkMessage
    if (id === undefined) throw notUnderstood(this.#agent, 'a first TEXT_MESSAGE_CHUNK without id')
    if (this.#chunkMessage === undefined) this.#open(id, event.role ?? 'assistant')
    this.#chunkMessage = id
    if (event.delta) yield* this.#say(id, event.delta)
  }

  *#say(id: string, text: string): Generator<Step> {
    if (this.#others.has(id)) return
    const message = this.#messages.find((open) => open.id === id && !open.hasEnded)
    if (!message) throw notUnderstood(this.#agent, 'text of a message that had not begun')
    this.#units += text.length
    if (this.#units > this.#limits.maxAnswerUnits)
      throw notUnderstood(this.#agent, `more than ${this.#limits.maxAnswerUnits} characters`)
    if (this.#messages[0] === message) {
      message.told += text
      yield { kind: 'text', text }
    } else message.waiting += text
  }

  *#endMessage(id: string): Generator<Step> {
    if (this.#others.delete(id)) return
    const message = this.#messages.find((open) => open.id === id && !open.hasEnded)
    if (!message) throw notUnderstood(this.#agent, 'the end of a message that had not begun')
    message.hasEnded = true
    yield* this.#flush()
  }

  /** Speaks the messages that are whole, and what there is of the next. */
  *#flush(): Generator<Step> {
    for (let [first] = this.#messages; first; [first] = this.#messages) {
      if (first.waiting !== '') {
        yield { kind: 'text', text: first.waiting }
        first.told += first.waiting
        first.waiting = ''
      }
      if (!first.hasEnded) return
      this.#messages.shift()
      yield* this.#spoken(first.told, first.id)
    }
  }

  /** Before a tool begins, what was said until then is a message of its own. */
  *#breakMessage(): Generator<Step> {
    const [first] = this.#messages
    if (!first || first.told === '') return
    const { told, id } = first
    first.told = ''
    yield* this.#spoken(told, id)
  }

  *#spoken(text: string, id: string): Generator<Step> {
    if (text === '') return
    this.#steps += 1
    // One that was closed may be opened again: it goes on.
    this.answer = id === this.#spokenId ? `${this.answer}${text}` : text
    this.#spokenId = id
    this.#hasSpokenSince = true
    yield { kind: 'spoken', text, usage: NO_USAGE, costUsd: null, calls: [] }
  }

  #reason(text: string): void {
    if (this.#thought.length < THOUGHT_UNITS) this.#thought += text
  }

  *#think(): Generator<Step> {
    const thought = this.#thought.trim().slice(0, THOUGHT_UNITS)
    this.#thought = ''
    if (thought !== '') yield this.#thinking(thought)
  }

  #thinking(thought: string): Step {
    return {
      kind: 'thinking',
      step: Math.max(1, this.#steps),
      thought: thought.slice(0, THOUGHT_UNITS),
    }
  }

  #openCall(id: string, name: string): void {
    if (++this.#toolCalls > this.#limits.maxToolCalls)
      throw notUnderstood(this.#agent, `more than ${this.#limits.maxToolCalls} tool calls`)
    if (this.#calls.has(id)) throw notUnderstood(this.#agent, 'a tool call that had begun already')
    const call = { callId: newCallId(), toolName: toolNameOf(name), arguments: {} }
    this.#calls.set(id, { call, json: '', begunAt: undefined })
  }

  #argue(id: string, delta: string): void {
    const open = this.#calls.get(id)
    if (!open || open.begunAt !== undefined)
      throw notUnderstood(this.#agent, 'arguments of no open tool call')
    open.json += delta
    if (open.json.length > ARGUMENT_UNITS)
      throw notUnderstood(this.#agent, `more than ${ARGUMENT_UNITS} characters of arguments`)
  }

  #callChunk(event: Extract<AGUIEvent, { type: EventType.TOOL_CALL_CHUNK }>): void {
    const id = event.toolCallId ?? this.#chunkCall
    if (id === undefined) throw notUnderstood(this.#agent, 'a first TOOL_CALL_CHUNK without id')
    if (this.#chunkCall === undefined) {
      if (!event.toolCallName)
        throw notUnderstood(this.#agent, 'a first TOOL_CALL_CHUNK without a name')
      this.#openCall(id, event.toolCallName)
    }
    const name = this.#calls.get(id)?.call.toolName
    if (event.toolCallName && toolNameOf(event.toolCallName) !== name)
      throw notUnderstood(this.#agent, 'two names of one tool call')
    this.#chunkCall = id
    if (event.delta) this.#argue(id, event.delta)
  }

  *#begin(id: string): Generator<Step> {
    const open = this.#calls.get(id)
    if (!open || open.begunAt !== undefined)
      throw notUnderstood(this.#agent, 'the end of a tool call that had not begun')
    open.begunAt = this.#clock.monotonic()
    open.call = { ...open.call, arguments: argumentsOf(open.json) }
    yield* this.#breakMessage()
    this.#hasSpokenSince = false
    this.#steps += 1
    yield { kind: 'tool_started', call: open.call }
  }

  async *#result(id: string, content: string): AsyncGenerator<Step> {
    const open = this.#calls.get(id)
    // Of a call that an earlier turn made.
    if (!open) return
    if (open.begunAt === undefined) yield* this.#begin(id)
    this.#calls.delete(id)
    const durationMs = Math.max(
      0,
      Math.round(this.#clock.monotonic() - (open.begunAt ?? this.#clock.monotonic())),
    )
    const outcome = await this.#settle(open.call, jsonOr(content))
    yield { kind: 'tool_ended', call: open.call, outcome, durationMs }
  }

  #list(messages: readonly { role: string; content?: unknown }[]): void {
    const last = messages.at(-1)
    if (last?.role === 'assistant' && typeof last.content === 'string') this.listed = last.content
  }

  *#finish(event: Extract<AGUIEvent, { type: EventType.RUN_FINISHED }>): Generator<Step> {
    const { outcome } = event
    if (outcome?.type === 'cancelled') {
      this.end = { kind: 'cancelled' }
      return
    }
    if (this.#messages.length > 0)
      throw notUnderstood(this.#agent, 'RUN_FINISHED in the middle of a message')
    if (outcome?.type === 'interrupt') {
      this.end = { kind: 'interrupt', interrupts: outcome.interrupts }
      return
    }
    if (this.answer === '' && this.#units === 0) {
      const said = typeof event.result === 'string' ? event.result : this.listed
      if (said !== '') {
        yield { kind: 'text', text: said }
        yield* this.#spoken(said, '')
      }
    }
    this.end = { kind: 'success', usage: usageOf(event.usage) }
  }
}

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 }

const usageOf = (entries: readonly TokenUsage[] = []): Usage => ({
  inputTokens: entries.reduce((sum, { inputTokens = 0 }) => sum + inputTokens, 0),
  outputTokens: entries.reduce((sum, { outputTokens = 0 }) => sum + outputTokens, 0),
})

/** Theirs to choose, ours to show. */
const toolNameOf = (name: string): string =>
  name.replaceAll(/[^\w.:/-]/g, '_').slice(0, 64) || 'tool'

function argumentsOf(json: string): Record<string, unknown> {
  const value = jsonOr(json === '' ? '{}' : json)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : { unparsed: json }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
