import * as fc from 'fast-check'

import type { ThreadEvent } from '../events/thread-event.ts'
import { threadEventSchema } from '../events/thread-event.ts'
import { unreachable } from '../unreachable.ts'

/*
 * Histories of a thread as a correct server writes them: runs one after the other, deltas with right
 * offsets, attempts that supersede what was streaming, exactly one terminal event each.
 */

const TEXTS = ['a', 'über', '漢字 ', '😀', 'the end. ', '\n\n# x\n']

type Move =
  | { kind: 'think' }
  | { kind: 'speak'; texts: number[]; complete: boolean }
  | { kind: 'tool'; ends: boolean; approval: boolean; asks: boolean }
  | { kind: 'attempt' }
  | { kind: 'handoff' }

interface Plan {
  turns: { moves: Move[]; end: 'completed' | 'failed' | 'cancelled' | 'open'; followsOld: number }[]
}

const moveArbitrary: fc.Arbitrary<Move> = fc.oneof(
  fc.constant({ kind: 'think' } as const),
  fc.record({
    kind: fc.constant('speak' as const),
    texts: fc.array(fc.nat(TEXTS.length - 1), { minLength: 1, maxLength: 5 }),
    complete: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('tool' as const),
    ends: fc.boolean(),
    approval: fc.boolean(),
    asks: fc.boolean(),
  }),
  fc.constant({ kind: 'attempt' } as const),
  fc.constant({ kind: 'handoff' } as const),
)

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  turns: fc.array(
    fc.record({
      moves: fc.array(moveArbitrary, { maxLength: 6 }),
      end: fc.constantFrom('completed', 'failed', 'cancelled', 'open'),
      followsOld: fc.nat(9),
    }),
    { minLength: 1, maxLength: 10 },
  ),
})

class Writer {
  readonly events: ThreadEvent[] = []
  readonly #messages: string[] = []
  #count = 0
  #run = ''
  #calls = 0
  #attempt = 1
  #streaming: { id: string; length: number } | undefined
  #openTools: string[] = []

  turn(turn: Plan['turns'][number], isLast: boolean): void {
    const question = this.#id('message')
    const parent = this.#messages.at(-1 - turn.followsOld) ?? null
    this.#messages.push(question)
    this.#run = this.#id('run')
    this.#attempt = 1
    // Models number their calls from the start in every run.
    this.#calls = 0
    this.#write('message_added', {
      message_id: question,
      parent_message_id: parent,
      role: 'user',
      content: [{ type: 'text', text: 'q' }],
      attachments: [],
    })
    this.#write('run_accepted', {
      client_message_id: this.#id('c'),
      model: 'm/x',
      parent_message_id: question,
    })
    this.#write('agent_started', { attempt: 1 })
    for (const move of turn.moves) this.#move(move)
    this.#finish(turn.end === 'open' && !isLast ? 'failed' : turn.end)
  }

  #move(move: Move): void {
    switch (move.kind) {
      case 'think':
        return this.#write('agent_thinking', { thought: 'hm', step: 1 })
      case 'speak':
        return this.#speak(move)
      case 'tool':
        return this.#tool(move)
      case 'handoff':
        return this.#write('agent_handoff', { from: 'a', to: 'b', why: 'better' })
      case 'attempt':
        return this.#again()
      default:
        return unreachable(move)
    }
  }

  #speak(move: Extract<Move, { kind: 'speak' }>): void {
    const message = (this.#streaming ??= { id: this.#id('message'), length: 0 })
    for (const index of move.texts) {
      const text = TEXTS[index] ?? ''
      this.#push({
        type: 'message_delta',
        run_id: this.#run,
        message_id: message.id,
        part: 0,
        offset: message.length,
        text,
      })
      message.length += text.length
    }
    if (!move.complete) return
    this.#write('message_completed', {
      message_id: message.id,
      content: [{ type: 'text', text: 'x'.repeat(message.length) }],
      usage: { input_tokens: 1, output_tokens: 2 },
    })
    this.#messages.push(message.id)
    this.#streaming = undefined
  }

  #tool(move: Extract<Move, { kind: 'tool' }>): void {
    const call = { tool_call_id: `call-${this.#calls++}`, tool_name: 'sql', arguments: { q: 1 } }
    if (move.approval) {
      this.#write('approval_requested', { ...call, fence: 1, expires_at: this.#time() })
      this.#write('approval_decided', { tool_call_id: call.tool_call_id, approved: true, by: 'u' })
    }
    this.#write('tool_executing', call)
    this.#write('tool_progress', { tool_call_id: call.tool_call_id, progress: 0.5 })
    if (move.asks) this.#ask(call)
    if (!move.ends) this.#openTools.push(call.tool_call_id)
    else this.#endTool(call.tool_call_id)
  }

  #ask(call: { tool_call_id: string; tool_name: string; arguments: object }): void {
    const question = { mode: 'url', message: 'Sign in.', url: 'https://example.com/in' }
    const asked = {
      ...call,
      fence: 2,
      expires_at: this.#time(),
      server: 'Mail',
      asks_always: true,
      question,
    }
    this.#write('approval_requested', asked)
    const answered = { approved: false, by: 'u', action: 'decline', reason: 'no' }
    this.#write('approval_decided', { tool_call_id: call.tool_call_id, ...answered })
    this.#write('tool_executing', call)
  }

  #endTool(id: string): void {
    const fields = {
      tool_call_id: id,
      tool_name: 'sql',
      status: 'ok',
      result: { rows: [1] },
      duration_ms: 3,
    }
    this.#write('tool_completed', fields)
  }

  #again(): void {
    this.#attempt += 1
    const superseded = this.#streaming ? [this.#streaming.id] : []
    const fields = { attempt: this.#attempt, fence: this.#attempt, why: 'restart', superseded }
    this.#write('run_attempt', { ...fields, interrupted: this.#openTools })
    this.#openTools = []
    this.#streaming = undefined
    this.#write('agent_started', { attempt: this.#attempt })
  }

  #finish(end: Plan['turns'][number]['end']): void {
    if (end === 'open') return
    if (end === 'cancelled') this.#write('run_cancelled', { by: 'u' })
    if (end === 'failed') {
      this.#write('agent_failed', { code: 'model_cut', message: 'try again', retry: 'same' })
    }
    if (end === 'completed') {
      this.#write('agent_completed', {
        message_id: this.#id('message'),
        final_response: 'done',
        usage: { input_tokens: 1, output_tokens: 2 },
        cost: { usd: null },
        duration_ms: 5,
        steps: 2,
      })
    }
    this.#streaming = undefined
    this.#openTools = []
  }

  #write(type: string, fields: Record<string, unknown>): void {
    const common = {
      id: this.#id('event'),
      at: this.#time(),
      user_id: 'u',
      thread_id: 't',
      run_id: this.#run,
      agent: 'data',
      trace_id: null,
    }
    this.#push({ type, ...common, ...fields })
  }

  #push(event: unknown): void {
    this.events.push(threadEventSchema.parse(event))
  }

  #time(): string {
    return new Date(1_700_000_000_000 + this.#count * 10).toISOString()
  }

  #id(kind: string): string {
    this.#count += 1
    return `${kind}-${this.#count}`
  }
}

export const historyArbitrary: fc.Arbitrary<ThreadEvent[]> = planArbitrary.map((plan) => {
  const writer = new Writer()
  plan.turns.forEach((turn, index) => writer.turn(turn, index === plan.turns.length - 1))
  return writer.events
})
