import type { FailureKind } from '../platform/recovery/recovery-table.ts'

/**
 * What an agent does, one fact at a time. The run turns each step into journal events, and asks for
 * the next one when what the agent does between the two may be done again by another process.
 * The agent knows nothing of the wire.
 */
export type Step =
  /** Reasoning or a stated next step; `step` counts model and tool calls of the run from 1. */
  | { kind: 'thinking'; step: number; thought: string; fallback?: Fallback }
  /** Text of the message that the current model call is speaking, to append to what came before. */
  | { kind: 'text'; text: string }
  /** The current model call has finished speaking; `text` is its whole message ('' if it said nothing). */
  | {
      kind: 'spoken'
      text: string
      usage: Usage
      costUsd: number | null
      calls: ToolCall[]
      /** Who said it, as `<provider>/<model>`. */
      model?: string
    }
  /** `repeatable`: to begin the call twice does no harm. */
  | { kind: 'tool_started'; call: ToolCall; repeatable?: boolean }
  | { kind: 'tool_progress'; callId: string; progress: number; total?: number; note?: string }
  | { kind: 'tool_ended'; call: ToolCall; outcome: ToolOutcome; durationMs: number }
  /** The oldest messages of the thread, in short, from here on; `messages` counts all that it stands for. */
  | {
      kind: 'summarised'
      step: number
      text: string
      messages: number
      throughMessageId: string
      model: string
    }
  /** From here on another agent of the team works; its steps are of the same run. */
  | { kind: 'handoff'; from: string; to: string; why: string }
  /** Only a person may say whether, or how, this call goes on. The turn ends here until they do. */
  | ({ kind: 'waits'; call: ToolCall } & Asking)
  /** The last step of a turn that went well. */
  | {
      kind: 'done'
      finalResponse: string
      usage: Usage
      costUsd: number | null
      steps: number
      /** Who gave the answer, and in whose stead. */
      model?: string
      insteadOf?: string
    }

/** What a tool asks the person for in the middle of its work. */
export type Question =
  /** `schema`: a flat JSON Schema of an object. */
  | { mode: 'form'; message: string; schema: Record<string, unknown> }
  /** Something to be done at this address, by the person, in their own browser. */
  | { mode: 'url'; message: string; url: string }

export interface Answer {
  action: 'accept' | 'decline' | 'cancel'
  content?: Record<string, unknown>
  /** What the tool gave along with the question. */
  state?: string
}

/** What a call would change. */
export interface Change {
  /** In words, one sentence. */
  summary: string
  before?: unknown
  after?: unknown
}

/** What a person is told and asked beside the call itself. */
export interface Asking {
  /** Absent: whether the call may run. */
  question?: Question
  change?: Change
  /** An attempt before began the call and did not see its end. */
  interrupted?: boolean
  state?: string
  /** Whose tool it is. */
  server?: string
  /** What exactly is asked about: a yes holds for this and nothing else. */
  boundTo?: string
  answerWithinMs?: number
}

/** What a person, or the end of their time, said about a call. */
export interface Decision {
  approved: boolean
  reason?: string | undefined
  /** As it was asked. */
  boundTo?: string | undefined
}

export interface Usage {
  inputTokens: number
  outputTokens: number
}

export interface ToolCall {
  callId: string
  toolName: string
  arguments: Record<string, unknown>
}

export type ToolStatus = 'ok' | 'error' | 'denied' | 'timeout' | 'cancelled' | 'unknown'

export interface ToolOutcome {
  callId: string
  toolName: string
  status: ToolStatus
  /** JSON. Over 32 KB it is stored once and `resultRef` names the file; `result` is then a preview. */
  result: unknown
  resultRef?: string
}

/** One completed step of this run, read back from the journal, so that a taken-over run goes on. */
export type CompletedStep =
  | {
      kind: 'spoken'
      text: string
      usage: Usage
      costUsd: number | null
      calls: ToolCall[]
      model?: string
    }
  | { kind: 'tool'; call: ToolCall; outcome: ToolOutcome }
  | { kind: 'handoff'; from: string; to: string }

export interface Attachment {
  fileId: string
  name: string
  mediaType: string
  bytes: number
}

export interface TurnMessage {
  /** Absent where it is of no thread. */
  id?: string
  role: 'user' | 'assistant'
  text: string
  attachments: Attachment[]
  /** Tool calls made for an assistant message, oldest first. */
  tools: { call: ToolCall; outcome: ToolOutcome }[]
}

export interface Turn {
  userId: string
  threadId: string
  runId: string
  /** Agent name; null: the default for what is connected. */
  agent: string | null
  /** `<provider>/<model>`; null: the configured default. */
  model: string | null
  /** Finished messages before the question, oldest first. */
  history: TurnMessage[]
  /** What a model made of the oldest of them, when they were too many. */
  summary?: { text: string; messages: number; throughMessageId: string }
  message: TurnMessage
  /** Every file attached anywhere in the thread so far, oldest first. */
  files: Attachment[]
  /** Steps this run completed before it was interrupted; empty for a fresh run. */
  completed: CompletedStep[]
  /** What this run said it was thinking before it was interrupted, oldest first. */
  thoughts?: string[]
  /**
   * Ids of tool calls that had started and have no outcome. When absent, the first call without an
   * outcome is taken to have started: calls run one after the other.
   */
  interrupted?: string[]
  /** About calls that have no outcome, by call id. */
  decisions?: ReadonlyMap<string, Decision>
  /** What was answered to the questions of calls that have no outcome, by call id, oldest first. */
  answers?: ReadonlyMap<string, readonly Answer[]>
}

export type FailureCode =
  | 'model_auth'
  | 'model_refused'
  | 'model_rate_limited'
  | 'model_stalled'
  | 'model_cut'
  | 'tool_failed'
  | 'timeout'
  | 'budget'
  | 'out_of_memory'
  | 'interrupted'
  | 'internal'

/** One model answered in another's stead. */
export interface Fallback {
  from: string
  to: string
  /** In words for the person. */
  why: string
}

/** Ends a run with `agent_failed`. `message` is for the person and says what to do. */
export class AgentFailure extends Error {
  override readonly name = 'AgentFailure'
  readonly code: FailureCode
  readonly retry: 'no' | 'same' | 'after'
  readonly breaker?: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
  /** What of the recovery table it is. */
  readonly kind?: FailureKind

  constructor(
    code: FailureCode,
    message: string,
    options: {
      retry: 'no' | 'same' | 'after'
      breaker?: 'CLOSED' | 'OPEN' | 'HALF_OPEN'
      cause?: unknown
      kind?: FailureKind
    },
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.retry = options.retry
    if (options.breaker) this.breaker = options.breaker
    if (options.kind) this.kind = options.kind
  }
}
