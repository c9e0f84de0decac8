import type { z } from 'zod'

import type { Attachment, Change } from '../step.ts'
import type { ToolContext, ToolEffect } from '../tools/tool.ts'

export { z } from 'zod'
export { InputNeeded, ToolError } from '../tools/tool.ts'
export type { Untrusted } from '../untrusted.ts'

/**
 * A person did not allow a call of a program, or did not say so in time. Who does not catch it ends
 * the run in order, with its message as the answer.
 */
export class ToolRefused extends Error {
  override readonly name = 'ToolRefused'
  readonly tool: string
  /** In their words; undefined when they gave none. */
  readonly reason: string | undefined
  /** It had begun before an interruption, and they did not allow it to be run again. */
  readonly mayHaveRun: boolean

  constructor({ tool, reason, mayHaveRun }: Pick<ToolRefused, 'tool' | 'reason' | 'mayHaveRun'>) {
    const refused =
      reason === undefined
        ? `You did not allow \`${tool}\` to run.`
        : `You refused \`${tool}\`: ${reason}`
    super(
      mayHaveRun
        ? `${refused}\n\nIt had begun before an interruption, and may or may not have taken effect.`
        : refused,
    )
    this.tool = tool
    this.reason = reason
    this.mayHaveRun = mayHaveRun
  }
}

/** What a tool may use of the turn that calls it. Its authority is the turn's user, nobody else's. */
export interface OwnToolContext extends Pick<
  ToolContext,
  'userId' | 'threadId' | 'runId' | 'files' | 'signal' | 'progress' | 'answers'
> {
  /** A file that was attached to this thread. @throws ToolError when it is none of its. */
  readFile(fileId: string): Promise<Buffer>
}

/** A tool as its author writes it. */
export interface ToolSpec<Input extends z.ZodObject = z.ZodObject> {
  /** snake_case; unlike every other tool of the agent. */
  name: string
  /** The model reads it to decide when to call the tool. */
  description: string
  /** Its arguments; keys that it does not name are refused. */
  input: Input
  /**
   * `none` and `reads`: running it twice does no harm, so a call that was interrupted is made again.
   * `writes` and `spends`: a person says yes before each call.
   */
  effect: ToolEffect
  /** A person says yes before each call, whatever its effect. */
  approval?: boolean
  /** Milliseconds after which a call is given up; 30 000 unless given. */
  timeoutMs?: number
  /** What the call would change, shown to whoever must allow it. Changes nothing itself. */
  preview?(input: z.output<Input>, context: OwnToolContext): Change | Promise<Change>
  /**
   * @throws ToolError with words for the model when the arguments are at fault.
   * @throws InputNeeded with a question when only the person knows how to go on.
   */
  run(input: z.output<Input>, context: OwnToolContext): unknown
}

/** A tool of any input, as an agent holds it. */
export type OwnTool = Omit<ToolSpec, 'run' | 'preview'> & {
  run(input: never, context: OwnToolContext): unknown
  preview?(input: never, context: OwnToolContext): Change | Promise<Change>
}

/** What an agent's own program works with. Each call is a step of the run that a person sees. */
export interface Work {
  message: string
  /** What was said before, oldest first. */
  history: readonly { role: 'user' | 'assistant'; text: string }[]
  /** Files attached anywhere in the thread. */
  files: readonly Attachment[]
  signal: AbortSignal
  /** The day in UTC, as 2026-01-31. */
  today: string
  /** Says what is done next. */
  think: (thought: string) => void
  /**
   * Calls one of the agent's tools. After an interruption the program begins anew, and calls that
   * had ended give what they gave before: it must make them in the same order.
   *
   * @returns what the tool gave; of a tool of an MCP server an `Untrusted`.
   * @throws ToolRefused when a person does not allow it.
   * @throws ToolError when it fails or takes too long; `result` is what the tool gave with it.
   */
  call: (tool: string, input: Record<string, unknown>) => Promise<unknown>
}

/** An agent as its author writes it. */
export interface AgentSpec {
  /** What people read; the file's name unless given. */
  name?: string
  /** One sentence: what it is for. */
  description: string
  /** What the model is told of its task. */
  instructions?: string | ((at: { today: string }) => string)
  /** `<provider>/<model>`, the only one that it speaks with; the person's choice unless given. */
  model?: string
  /** Names of Netra's tools, and tools of its own. */
  tools?: readonly (string | OwnTool)[]
  /** Names of its tools that wait for a person's yes before each call. */
  approvals?: readonly string[]
  /** Tools of connected MCP servers: all that the person has, or those named `<server>__<tool>`. */
  mcp?: boolean | readonly string[]
  /** Questions for an empty chat. */
  examples?: readonly string[]
  /** In no list: who calls it knows its name. */
  hidden?: boolean
  /** In place of instructions and a model: answers by itself. @returns the answer, in Markdown. */
  program?: (work: Work) => Promise<string> | string
}

/** Gives a file's default export its type: `export default defineAgent({ … })`. */
export const defineAgent = (spec: AgentSpec): AgentSpec => spec

/** Gives `run` the type of `input`. */
export const defineTool = <Input extends z.ZodObject>(spec: ToolSpec<Input>): OwnTool => spec
