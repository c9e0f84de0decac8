import { deadline } from '../abort.ts'
import type { AgentProgram } from '../agents/definition.ts'
import type { LoopOptions } from '../loop.ts'
import { AgentFailure, type Step } from '../step.ts'
import { Parked, Work } from './work.ts'

export type { ModelQuestion } from './ask-model.ts'
export type { Work } from './work.ts'

/** Steps that come to a value; `yield*` hands them on. */
export type Steps<T> = AsyncGenerator<Step, T>

/**
 * An agent whose turn is a program over tools. The body is run from its beginning in every attempt
 * and must decide by the turn and by what its calls come to alone: what an earlier attempt recorded
 * is given back in place of being done again. It answers with the turn's final response; undefined when
 * a loop has said it. One that asks no model names none as who answered.
 */
export function program(
  body: (work: Work) => Steps<string | undefined>,
  { asksModels = true } = {},
): AgentProgram {
  return async function* (options: LoopOptions): AsyncGenerator<Step> {
    const { turn, clock, limits } = options
    using time = deadline(clock, limits.maxDurationMs, () => outOfTime(limits.maxDurationMs))
    const signal = AbortSignal.any([options.signal, time.signal])
    const until = clock.monotonic() + limits.maxDurationMs
    const work = new Work({ ...options, signal }, { until, asksModels })
    signal.throwIfAborted()
    if (turn.completed.length > 0) yield work.goingOn()
    try {
      const finalResponse = yield* body(work)
      signal.throwIfAborted()
      if (finalResponse !== undefined) yield work.done(finalResponse)
    } catch (error) {
      if (!(error instanceof Parked)) throw error
    }
  }
}

const outOfTime = (ms: number): AgentFailure =>
  new AgentFailure(
    'timeout',
    `The run was stopped because it took longer than ${Math.round(ms / 1000)} s. Ask about fewer files or a shorter period.`,
    { retry: 'same' },
  )
