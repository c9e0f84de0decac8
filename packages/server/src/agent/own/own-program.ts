import { isoTime } from '../../platform/clock.ts'
import type { AgentProgram } from '../agents/definition.ts'
import { program as programOver, type Work as StepWork } from '../program/program.ts'
import { ToolError } from '../tools/tool.ts'
import type { AgentSpec, Work } from './kit.ts'

/** One wish of a program: a call, or a thought to tell. */
type Wish =
  | { kind: 'think'; thought: string }
  | {
      kind: 'call'
      tool: string
      input: Record<string, unknown>
      answer: PromiseWithResolvers<unknown>
    }

/** The author writes promises; a run is made of steps, each durable before the next. */
export const programOf =
  (body: NonNullable<AgentSpec['program']>): AgentProgram =>
  (options) =>
    programOver(async function* (steps) {
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
      const returned: unknown = await written
      const answer = String(returned)
      yield* steps.say(answer)
      return answer
    })(options)

async function* grant(wish: Wish, steps: StepWork): ReturnType<StepWork['think']> {
  if (wish.kind === 'think') {
    yield* steps.think(wish.thought)
    return
  }
  const { status, result } = yield* steps.call(wish.tool, wish.input)
  if (status === 'ok') wish.answer.resolve(result)
  else wish.answer.reject(new ToolError(errorOf(result) ?? `${wish.tool}: ${status}`))
}

const errorOf = (result: unknown): string | undefined =>
  typeof result === 'object' && result !== null && 'error' in result
    ? String(result.error)
    : undefined

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
