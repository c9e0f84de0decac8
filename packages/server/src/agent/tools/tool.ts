import type { z } from 'zod'

import type { Answer, Attachment, Change, Question, Turn } from '../step.ts'

/** What a tool may use of the turn that calls it. Its authority is the turn's user, nobody else's. */
export interface ToolContext {
  userId: string
  threadId: string
  runId: string
  /** Files of this thread; a tool opens no other. */
  files: readonly Attachment[]
  /** Aborted by Stop, by the tool's timeout and at shutdown; children must die with it. */
  signal: AbortSignal
  progress: (update: { progress: number; total?: number; note?: string }) => void
  /** What the person said to this call's questions so far, oldest first. */
  answers?: readonly Answer[]
}

/**
 * What a call does to the world outside of its conversation: nothing at all (it computes), it reads,
 * it changes something, it costs money. Of what writes or spends a person is asked before each call.
 */
export type ToolEffect = 'none' | 'reads' | 'writes' | 'spends'

export interface Tool {
  /** snake_case, unique. */
  name: string
  description: string
  /** Arguments; unknown keys are refused. */
  input: z.ZodType<Record<string, unknown>>
  timeoutMs: number
  /** Running it twice does no harm: an interrupted call is repeated; of any other a person decides. */
  repeatable: boolean
  effect: ToolEffect
  /** A person says yes to each call before it runs, whatever its effect. */
  needsApproval?: boolean
  /** And no choice of theirs ends the asking. */
  asksAlways?: boolean
  /** How long a person has to answer; seven days unless given. */
  answerWithinMs?: number
  /** Whose tool it is, in words: a server that a person connected. Absent: Netra's own. */
  server?: string
  /** What it calls has a circuit breaker; one by the tool's name would be shared by its namesakes. */
  hasOwnBreaker?: boolean
  /** What the call would change, told to whoever must allow it. Changes nothing itself. */
  preview?(input: Record<string, unknown>, context: ToolContext): Promise<Change>
  /**
   * @throws ToolError when the arguments or the data are at fault: the model reads its message.
   * @throws InputNeeded when only the person knows how to go on.
   */
  run(input: Record<string, unknown>, context: ToolContext): Promise<unknown>
}

/** Tools that are not every agent's own: whose they are depends on the person whose turn it is. */
export interface ToolSource {
  /** Must not wait for anything slow: what is not there yet is left out. Names are unique. */
  toolsFor(turn: Turn): Promise<readonly Tool[]>
}

/**
 * The person must say something first. The run waits as a stored row, for days if need be, and the
 * call is made again from its beginning with the answer as the last of `context.answers`.
 */
export class InputNeeded extends Error {
  override readonly name = 'InputNeeded'
  readonly question: Question
  /** Opaque; handed back in the answer. */
  readonly state: string | undefined

  constructor(question: Question, state?: string) {
    super(question.message)
    this.question = question
    this.state = state
  }
}

/** A failure that the model, and then the person, can act on. The message says how. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  /** What is kept and read instead of the message: what somebody outside wrote. */
  readonly result: unknown

  constructor(message: string, result?: unknown) {
    super(message)
    this.result = result
  }
}

/** What the tool needs is not there, whoever asks: its circuit breaker counts it. */
export class ToolUnavailable extends Error {
  override readonly name = 'ToolUnavailable'
}
