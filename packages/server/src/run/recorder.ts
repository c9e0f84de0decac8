import type { Step, ToolCall, ToolOutcome } from '../agent/agent.ts'
import {
  makeEvent,
  threadStream,
  userStream,
  type EventContext,
  type Expectation,
  type Journal,
  type NewEvent,
  type RunRow,
} from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, newId, type MessageId } from '../platform/ids.ts'
import type { Statement } from '../platform/statement.ts'
import { unreachable } from '../platform/unreachable.ts'
import { asking, contextOf } from './approval.ts'
import type { BacklogShare } from './backlog.ts'
import { CommitLine, type Facts } from './commit-line.ts'
import { endingRows, type Ending, type ToolRecord } from './ending.ts'
import type { Lease } from './lease.ts'
import { Speech, type Spoken } from './speech.ts'
import { statesThatAllow } from './state.ts'
import type { RunTimer } from './timing/run-timer.ts'
import type { Timings } from './timing/timings.ts'

/** Somebody else owns the run now: stop, and write nothing more. */
export class RunLost extends Error {
  override readonly name = 'RunLost'
}

/** A person stopped the run in the moment in which it was to wait for them. */
export class StoppedInstead extends Error {
  override readonly name = 'StoppedInstead'
}

/** What a service counts is its own affair; in an event a count is a whole number from 0. */
const countedUsage = (usage: { inputTokens: number; outputTokens: number }) => ({
  input_tokens: counted(usage.inputTokens),
  output_tokens: counted(usage.outputTokens),
})

const counted = (tokens: number): number =>
  Number.isFinite(tokens) ? Math.min(Math.max(0, Math.round(tokens)), Number.MAX_SAFE_INTEGER) : 0

const some = (name: string, query: { compile(): Statement }): Expectation => ({
  name,
  rows: 'some',
  query: query.compile(),
})

const STATUS = { completed: 'ok', failed: 'error', cancelled: 'cancelled' } as const

interface RecorderOptions {
  journal: Journal
  clock: Clock
  run: RunRow
  lease: Lease
  backlog: BacklogShare
  /** Keeps what the run's time went to. */
  timing: { timer: RunTimer; timings: Timings }
  /** Calls of models that are over, for the commit of the step they led to. */
  calls: (agent: string | null) => { rows: Statement[]; written: () => void }
  /** Who of the team was at work when the earlier attempt broke off. */
  agent: string | undefined
  /** Calls that an earlier attempt completed. */
  tools: readonly ToolRecord[]
  /** The last message that an earlier attempt spoke to its end. */
  lastMessageId: MessageId | undefined
  /** This attempt has brought the run on by a whole step: it was not in vain. */
  onProgress: () => void
}

/**
 * Turns the steps of one attempt into events of the thread, in order.
 *
 * Invariant: every append carries the attempt's fence, and none is sent after its lease. `take`
 * resolves when the agent may go on: at once where a process that died now would only do again what
 * may be done again, else when all that was said is durable. Whatever fails to become durable
 * surfaces at the next step.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #clock: Clock
  readonly #run: RunRow
  /** Its agent is the one of the team that works now. */
  #context: EventContext
  readonly #speech: Speech
  readonly #line: CommitLine
  /** Calls that have begun, and whether they may be made again. */
  readonly #openCalls = new Map<string, { call: ToolCall; repeatable: boolean }>()
  readonly #tools: ToolRecord[]
  #lastMessageId: MessageId | undefined
  #thought = false
  #progressed = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#run = options.run
    this.#tools = [...options.tools]
    this.#lastMessageId = options.lastMessageId
    this.#context = { ...contextOf(options.run), agent: options.agent ?? options.run.agent }
    const { backlog } = options
    this.#line = new CommitLine({
      send: (facts) => this.#write(facts),
      spoken: () => factsOf(this.#speech.take()),
      onOver: ({ spokenBytes = 0 }) => backlog.taken(spokenBytes),
    })
    this.#speech = new Speech({
      runId: options.run.id,
      clock: options.clock,
      backlog,
      onDue: () => this.#line.wake(),
    })
  }

  /** Records one step; resolves when the agent may go on. */
  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'thinking':
        return this.#thinking(step)
      case 'text':
        return this.#text(step.text)
      case 'spoken':
        return this.#spoken(step)
      case 'tool_started':
        return this.#toolStarted(step)
      case 'tool_progress':
        this.#say('tool_progress', {
          tool_call_id: step.callId,
          progress: step.progress,
          ...(step.total !== undefined && { total: step.total }),
          ...(step.note !== undefined && { note: step.note }),
        })
        // A flood of them waits with the tool, not here.
        return this.#line.settled()
      case 'tool_ended':
        return this.#toolEnded(step)
      case 'summarised':
        return this.#summarised(step)
      case 'handoff':
        return this.#handOff(step)
      case 'waits':
        return this.#park(step)
      case 'done':
        return this.#done(step)
      default:
        return unreachable(step)
    }
  }

  /** The one terminal event of a run that did not finish by itself. */
  async end(ending: Ending): Promise<void> {
    const events: NewEvent[] = []
    for (const { call } of this.#openCalls.values()) {
      const { callId, toolName } = call
      const status = ending.kind === 'cancelled' ? 'cancelled' : 'unknown'
      events.push(this.#completed({ callId, toolName, status, result: null }, 0))
    }
    if (!this.#thought)
      events.push(this.#event('agent_thinking', { thought: ending.thought, step: 1 }))
    events.push(
      this.#event(ending.kind === 'cancelled' ? 'run_cancelled' : 'agent_failed', ending.fields),
    )
    await this.#end(events, ending.kind, () => this.#speech.unfinished)
  }

  /** What was said so far becomes durable; for a run that goes on in another process. */
  async settle(): Promise<void> {
    this.#add({ thread: [] })
    await this.#line.settled()
  }

  async #thinking({ thought, step, fallback }: Extract<Step, { kind: 'thinking' }>) {
    this.#thought = true
    this.#say('agent_thinking', { thought, step, ...(fallback && { fallback }) })
    await this.#line.room()
  }

  async #text(text: string): Promise<void> {
    this.#line.assertWell()
    this.#speech.add(text)
    if (this.#options.backlog.mustWait()) await this.#line.settled()
  }

  /** The row is what the next turn begins from; the event shows the person what it says. */
  async #summarised(step: Extract<Step, { kind: 'summarised' }>): Promise<void> {
    const { text, messages, throughMessageId, model } = step
    const { journal, clock, run } = this.#options
    const row = { messages, text, model, created_at: isoTime(clock) }
    const insert = journal.db
      .insertInto('thread_summary')
      .values({
        thread_id: run.thread_id,
        through_message_id: asId<MessageId>(throughMessageId),
        user_id: run.user_id,
        ...row,
      })
      .onConflict((conflict) =>
        conflict.columns(['thread_id', 'through_message_id']).doUpdateSet(row),
      )
    const thought = `The first ${messages} messages are summarised from here on.`
    const fields = { thought, step: step.step, summary: { messages, text } }
    this.#thought = true
    this.#add({ thread: [this.#event('agent_thinking', fields)], rows: [insert.compile()] })
    await this.#line.settled()
  }

  /** The hand-off is said by who hands on; what follows is said by the other. */
  async #handOff({ from, to, why }: Extract<Step, { kind: 'handoff' }>): Promise<void> {
    this.#say('agent_handoff', { from, to, why })
    // Calls of models are written as those of who is at work.
    await this.#line.settled()
    this.#context = { ...this.#context, agent: to }
  }

  /** What must not be done twice does not begin before it is known that it has begun. */
  async #toolStarted({ call, repeatable = false }: Extract<Step, { kind: 'tool_started' }>) {
    this.#openCalls.set(call.callId, { call, repeatable })
    this.#say('tool_executing', {
      tool_call_id: call.callId,
      tool_name: call.toolName,
      arguments: call.arguments,
    })
    await (repeatable ? this.#line.room() : this.#line.settled())
  }

  async #toolEnded({ call, outcome, durationMs }: Extract<Step, { kind: 'tool_ended' }>) {
    const { repeatable } = this.#openCalls.get(call.callId) ?? { repeatable: false }
    this.#openCalls.delete(call.callId)
    this.#tools.push({ call, outcome })
    this.#add({ thread: [this.#completed(outcome, durationMs)], rows: this.#progress() })
    await (repeatable ? this.#line.room() : this.#line.settled())
  }

  #completed(outcome: ToolOutcome, durationMs: number): NewEvent {
    return this.#event('tool_completed', {
      tool_call_id: outcome.callId,
      tool_name: outcome.toolName,
      status: outcome.status,
      result: outcome.result,
      ...(outcome.resultRef && { result_ref: outcome.resultRef }),
      duration_ms: Math.round(durationMs),
    })
  }

  async #spoken(step: Extract<Step, { kind: 'spoken' }>): Promise<void> {
    const { text, usage, costUsd, calls, model } = step
    if (text === '' && calls.length === 0) return
    // What led to this call of the model is durable before another one is made.
    await this.#line.settled()
    this.#addSpoken()
    const messageId = this.#speech.finish()
    const event = this.#event('message_completed', {
      message_id: messageId,
      content: [{ type: 'text', text }],
      usage: countedUsage(usage),
      cost: { usd: costUsd },
      ...(model !== undefined && { model }),
      tool_calls: calls.map((call) => ({
        tool_call_id: call.callId,
        tool_name: call.toolName,
        arguments: call.arguments,
      })),
    })
    this.#lastMessageId = messageId
    this.#add({ thread: [event], rows: this.#progress() })
  }

  /** The first whole step of an attempt clears what earlier ones did in vain. */
  #progress(): Statement[] {
    if (this.#progressed) return []
    this.#progressed = true
    this.#options.onProgress()
    const { journal, run } = this.#options
    return [journal.db.updateTable('run').set({ tries: 0 }).where('id', '=', run.id).compile()]
  }

  async #park(step: Extract<Step, { kind: 'waits' }>): Promise<void> {
    this.#addSpoken()
    // What was said holds even where the run does not come to wait.
    await this.#line.settled()
    const who = { run: this.#run, agent: this.#context.agent }
    const { thread, user, rows } = asking(this.#options, who, step)
    const { timer, timings } = this.#options.timing
    const notStopped = some('not stopped', this.#row().where('cancel_requested', '=', 0))
    await this.#write({
      thread,
      user,
      rows: [...rows, ...timings.rows(this.#run, timer.stored())],
      expect: [notStopped],
    })
    timer.finished('ok')
  }

  /** The run's row, to expect something of it. */
  #row() {
    const { db } = this.#options.journal
    return db.selectFrom('run').select('id').where('id', '=', this.#run.id)
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
        ...(step.model !== undefined && { model: step.model }),
        ...(step.insteadOf !== undefined && { instead_of: step.insteadOf }),
      }),
    )
    await this.#end(events, 'completed', () => ({ id: messageId, text: step.finalResponse }))
  }

  async #end(
    events: NewEvent[],
    state: 'completed' | 'failed' | 'cancelled',
    said: () => { id: MessageId; text: string } | undefined,
  ): Promise<void> {
    const { journal, clock, run, timing } = this.#options
    const { timer, timings } = timing
    const status = STATUS[state]
    const from = timer.now()
    this.#addSpoken()
    const spoken = said()
    this.#add({
      thread: events,
      user: [this.#event('run_state_changed', { state })],
      rows: [
        ...endingRows(journal, clock, run, {
          state,
          message: spoken && { ...spoken, tools: this.#tools },
        }),
        ...timings.rows(run, timer.stored(status)),
      ],
      expect: [some('open', this.#row().where('state', 'in', statesThatAllow(state)))],
    })
    await this.#line.settled()
    timer.finished(status)
    const endMs = timer.now() - from
    timings.amend(run, timer.storedWith(endMs, status), endMs)
  }

  #say(type: string, fields: Record<string, unknown>): void {
    this.#add({ thread: [this.#event(type, fields)] })
  }

  /** After all that was spoken before it. */
  #add(facts: Facts): void {
    this.#addSpoken()
    this.#line.add(facts)
  }

  #addSpoken(): void {
    const spoken = factsOf(this.#speech.takeAll())
    if (spoken) this.#line.add(spoken)
  }

  #event(type: string, fields: Record<string, unknown>): NewEvent {
    return makeEvent(this.#clock, type, this.#context, fields)
  }

  /** With the calls of models that led to it. */
  async #write({ thread, user, rows = [], expect = [] }: Facts): Promise<void> {
    const { journal, lease } = this.#options
    const { id, fence, thread_id, user_id } = this.#run
    lease.assertHeld()
    const calls = this.#options.calls(this.#context.agent)
    // Nothing said in it, the user's stream is locked with calls all the same: see `callRows`.
    const own = user ?? (calls.rows.length > 0 ? [] : undefined)
    const result = await journal.commit({
      appends: [
        { stream: threadStream(thread_id), events: thread },
        ...(own ? [{ stream: userStream(user_id), events: own }] : []),
      ],
      rows: [...rows, ...calls.rows],
      expect,
      fence: { runId: id, fence },
    })
    if (result.status === 'unexpected' && result.name === 'not stopped') throw new StoppedInstead()
    if (result.status !== 'committed') throw new RunLost(`run ${id} is not ours any more`)
    if (calls.rows.length > 0) calls.written()
  }
}

const factsOf = (spoken: Spoken | undefined): Facts | undefined =>
  spoken && { thread: spoken.deltas, spokenBytes: spoken.bytes }
