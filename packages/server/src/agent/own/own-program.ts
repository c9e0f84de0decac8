import { isoTime } from '../../platform/clock.ts'
import type { AgentProgram } from '../agents/definition.ts'
import { program as programOver, type Work as StepWork } from '../program/program.ts'
import { reasonIn } from '../refused-outcome.ts'
import { AgentFailure, type ToolOutcome } from '../step.ts'
import { ToolError } from '../tools/tool.ts'
import { isUntrusted } from '../untrusted.ts'
import { ToolRefused, type AgentSpec, type Work } from './kit.ts'

/** One wish of a program: a call, or a thought to tell. */
type Wish =
  | { kind: 'think'; thought: string }
  | {
      kind: 'call'
      tool: string
      input: Record<string, unknown>
      answer: PromiseWithResolvers<unknown>
    }

/** The author writes promises; a run is made of steps, one after the other. */
export const programOf =
  (body: NonNullable<AgentSpec['program']>): AgentProgram =>
  (options) =>
    programOver(
      async function* (steps) {
        const wishes = createWishes()
        const { turn } = options
        const work: Work = {
          message: turn.message.text,
          history: turn.history.map(({ role, text }) => ({ role, text })),
          files: turn.files,
          signal: options.signal,
          today: isoTime(options.clock).slice(0, 10),
          think: (thought) => wishes.push({ kind: 'think', thought }),
          call(tool, input) {
            const answer = Promise.withResolvers<unknown>()
            // One that the author does not wait for may fail all the same.
            answer.promise.catch(() => undefined)
            wishes.push({ kind: 'call', tool, input, answer })
            return answer.promise
          },
        }
        const written = (async () => body(work))()
        // A program that failed is told below, once what it wished for before is done.
        written.then(wishes.end, wishes.end)
        for (let wish = await wishes.next(); wish; wish = await wishes.next())
          yield* grant(wish, steps)
        // Of plain JavaScript it may be anything.
        const returned: unknown = await written.catch(answerTo)
        const answer = String(returned)
        yield* steps.say(answer)
        return answer
      },
      // It has tools, and no model to ask.
      { asksModels: false },
    )(options)

async function* grant(wish: Wish, steps: StepWork): ReturnType<StepWork['think']> {
  if (wish.kind === 'think') {
    yield* steps.think(wish.thought)
    return
  }
  const outcome = yield* steps.call(wish.tool, wish.input)
  if (outcome.status === 'ok') wish.answer.resolve(outcome.result)
  else wish.answer.reject(errorOf(outcome))
}

/** A refusal that the author did not foresee ends the run with these words, and is no fault of anything. */
function answerTo(error: unknown): string {
  if (error instanceof ToolRefused) return error.message
  if (error instanceof ToolError)
    throw new AgentFailure('tool_failed', error.message, { retry: 'same', cause: error })
  throw error
}

function errorOf(outcome: ToolOutcome): Error {
  const { toolName: tool, status, result } = outcome
  const reason = reasonIn(outcome)
  if (status === 'denied') return new ToolRefused({ tool, reason, mayHaveRun: false })
  if (status === 'unknown') return new ToolRefused({ tool, reason, mayHaveRun: true })
  return new ToolError(wordsOf(result) ?? `${tool}: ${status}`, result)
}

const MOST_WORDS = 500

function wordsOf(result: unknown): string | undefined {
  if (isUntrusted(result)) {
    const { untrusted, text } = result
    return `${untrusted.from} says that it failed: ${text.slice(0, MOST_WORDS).toWellFormed()}`
  }
  return typeof result === 'object' && result !== null && 'error' in result
    ? String(result.error)
    : undefined
}

function createWishes() {
  const waiting: Wish[] = []
  const state = { isOver: false }
  let wake: (() => void) | undefined
  return {
    push(wish: Wish): void {
      waiting.push(wish)
      wake?.()
    },
    end: (): void => {
      state.isOver = true
      wake?.()
    },
    /** Undefined when the program has come to its end. */
    async next(): Promise<Wish | undefined> {
      while (waiting.length === 0 && !state.isOver)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return waiting.shift()
    },
  }
}
