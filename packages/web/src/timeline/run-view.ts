import { textOf, type Outcome, type Run, type ThreadMessage, type ToolCall } from '@netra/protocol'
import { z } from 'zod'

import { countOf, formatDuration, formatUsd } from './format.ts'
import { resultOf, type ChartData, type TableView } from './result-view.ts'
import { teamOf, type TeamMember } from './team.ts'
import { isOnlyTheCall } from './tool-words.ts'
import type { Answer } from './turns.ts'

export type Step =
  | { kind: 'thought'; id: string; text: string }
  | { kind: 'said'; id: string; text: string }
  | { kind: 'tool'; id: string; call: ToolCall }
  | { kind: 'attempt'; id: string; text: string }
  | { kind: 'handoff'; id: string; to: string; text: string }
  /** What stands for the conversation's first messages from here on; the messages are all there. */
  | { kind: 'summary'; id: string; text: string; summary: string }

export interface Exhibit {
  id: string
  chart: ChartData
  table: TableView
}

export interface AnswerText {
  id: string
  text: string
  streaming: boolean
  cut: boolean
}

export interface Problem {
  title: string
  message: string
  code: Extract<Outcome, { kind: 'failed' }>['code']
}

/** One run as the screen shows it. */
export interface RunView {
  state: 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'
  steps: Step[]
  exhibits: Exhibit[]
  /** Who worked on it one after the other; nobody where one agent did it all. */
  team: TeamMember[]
  /** What it wrote down, as a file of the person. */
  report: { fileId: string; title: string } | null
  answer: AnswerText | null
  /** "3 steps · 1.2 s" */
  summary: string
  /** Duration, steps, tokens and cost of a run that went well. */
  footer: string[]
  problem: Problem | null
  /** Another model answers than the one that was asked. */
  fallback: { from: string; to: string; why: string } | null
  /** From the message to the end, as the server counts; 0 while it is open. */
  tookMs: number
}

const PROBLEMS: Record<Problem['code'], string> = {
  model_auth: 'The model did not accept the key',
  model_refused: 'The model refused the request',
  model_rate_limited: 'The model is receiving too many requests',
  model_stalled: 'The model stopped answering',
  model_cut: 'The connection to the model broke',
  tool_failed: 'A tool failed',
  timeout: 'This took too long',
  budget: 'A limit was reached',
  out_of_memory: 'There was not enough memory',
  interrupted: 'The run was interrupted',
  internal: 'Something went wrong',
}

/** An open breaker refused it: the model was not even asked. */
const titleOf = ({ code, breaker }: Extract<Outcome, { kind: 'failed' }>): string =>
  breaker === 'OPEN' && code === 'model_refused' ? 'The model is not called now' : PROBLEMS[code]

const answerOf = (message: ThreadMessage): AnswerText => ({
  id: message.id,
  text: textOf(message.content),
  streaming: message.status === 'streaming',
  cut: message.status === 'cut',
})

/** The message that stands as the answer: the final one, else what is being said last. */
function answerId(run: Run): string | null {
  if (run.outcome?.kind === 'completed') return run.outcome.message_id
  const last = run.timeline.at(-1)
  return last?.kind === 'message' ? last.id : null
}

function stepsOf(run: Run, answer: Answer, finalId: string | null): Step[] {
  const messages = new Map<string, ThreadMessage>(answer.messages.map((item) => [item.id, item]))
  const calls = new Map<string, ToolCall>(answer.calls.map((call) => [call.id, call]))
  const said = new Set(answer.messages.map((message) => textOf(message.content).trim()))
  const steps: Step[] = []
  for (const { kind, id } of run.timeline) {
    switch (kind) {
      case 'thought': {
        const thought = run.thoughts.find((one) => one.id === id)
        const text = thought?.thought ?? ''
        if (thought?.summary) {
          steps.push({ kind: 'summary', id, text, summary: thought.summary.text })
          break
        }
        // What stands in for the model is said above all steps.
        if (!thought?.fallback && !said.has(text.trim()) && !isOnlyTheCall(text))
          steps.push({ kind, id, text })
        break
      }
      case 'message': {
        const message = messages.get(id)
        const text = message ? textOf(message.content) : ''
        if (id !== finalId && text.trim() !== '') steps.push({ kind: 'said', id, text })
        break
      }
      case 'tool': {
        const call = calls.get(id)
        if (call) steps.push({ kind, id, call })
        break
      }
      case 'attempt': {
        const attempt = run.attempts.find((item) => item.id === id)
        if (attempt) steps.push({ kind, id, text: `Attempt ${attempt.attempt}: ${attempt.why}` })
        break
      }
      case 'handoff': {
        const handoff = run.handoffs.find((item) => item.id === id)
        if (handoff) {
          steps.push({
            kind,
            id,
            to: handoff.to,
            text: handoff.why,
          })
        }
        break
      }
    }
  }
  return steps
}

function exhibitsOf(calls: readonly ToolCall[]): Exhibit[] {
  return calls.flatMap((call) => {
    const result = call.status === 'ok' ? resultOf(call) : null
    return result?.kind === 'chart'
      ? [{ id: call.id, chart: result.chart, table: result.table }]
      : []
  })
}

const written = z.object({ file_id: z.string(), title: z.string() })

/** Of several, the last: it was made with all that the ones before knew. */
function reportOf(calls: readonly ToolCall[]): RunView['report'] {
  const call = calls.findLast(({ name, status }) => name === 'build_report' && status === 'ok')
  const { data } = written.safeParse(call?.result)
  return data ? { fileId: data.file_id, title: data.title } : null
}

const elapsed = (run: Run): number =>
  run.ended_at === null
    ? 0
    : Date.parse(run.ended_at) - Date.parse(run.started_at ?? run.accepted_at)

function footerOf(outcome: Outcome | null, builtIn: boolean): string[] {
  if (outcome?.kind !== 'completed') return []
  const { usage, cost, duration_ms, steps } = outcome
  const tokens = usage.input_tokens + usage.output_tokens
  const price = cost.usd === null ? 'cost not known' : formatUsd(cost.usd)
  return [
    formatDuration(duration_ms),
    countOf(steps, 'step'),
    ...(tokens > 0
      ? [`${countOf(usage.input_tokens, 'token')} in, ${countOf(usage.output_tokens, 'token')} out`]
      : []),
    builtIn || cost.usd === 0 ? 'no cost' : price,
  ]
}

function summaryOf(run: Run, steps: readonly Step[]): string {
  const count = run.outcome?.kind === 'completed' ? run.outcome.steps : steps.length
  const duration = run.outcome?.kind === 'completed' ? run.outcome.duration_ms : elapsed(run)
  return `${countOf(count, 'step')} · ${formatDuration(duration)}`
}

/** What is shown of an answer; `builtIn`: no language model gave it, so it cost nothing. */
export function runView(answer: Answer, builtIn: boolean): RunView {
  const { run } = answer
  if (run === null) {
    const text = answer.messages.map((message) => textOf(message.content)).join('\n\n')
    const shown = { id: answer.id, text, streaming: false, cut: false }
    return { ...EMPTY, state: 'completed', answer: shown }
  }
  const finalId = answerId(run)
  const message = answer.messages.find((item) => item.id === finalId)
  const { outcome } = run
  const steps = stepsOf(run, answer, finalId)
  return {
    state: run.state,
    steps,
    exhibits: exhibitsOf(answer.calls),
    team: teamOf(run),
    report: reportOf(answer.calls),
    answer: message ? answerOf(message) : null,
    summary: summaryOf(run, steps),
    footer: footerOf(outcome, builtIn),
    fallback: run.thoughts.findLast(({ fallback }) => fallback !== undefined)?.fallback ?? null,
    tookMs: outcome?.kind === 'completed' ? outcome.duration_ms : elapsed(run),
    problem:
      outcome?.kind === 'failed'
        ? { title: titleOf(outcome), message: outcome.message, code: outcome.code }
        : null,
  }
}

const EMPTY: RunView = {
  state: 'completed',
  steps: [],
  exhibits: [],
  team: [],
  report: null,
  answer: null,
  summary: '',
  footer: [],
  problem: null,
  fallback: null,
  tookMs: 0,
}
