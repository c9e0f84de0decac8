import type { Approval, ApprovalRequested, Run, TerminalEvent } from '@netra/protocol'
import { z } from 'zod'

/** What a run came to, or where it stands: the answer of every tool that waits for one. */
export const runReport = z.object({
  thread_id: z.string(),
  run_id: z.string(),
  status: z
    .enum(['completed', 'failed', 'stopped', 'waiting', 'running'])
    .describe(
      'waiting: a person has to answer first, in Netra at `url`; running: ask again with wait_for_run',
    ),
  agent: z.string().nullable().describe('Who answered'),
  answer: z.string().nullable(),
  problem: z.string().nullable().describe('Why there is no answer'),
  waits_for: z
    .object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) })
    .nullable()
    .describe('What a person is asked to allow'),
  url: z.string().describe('The conversation in the browser'),
})
export type RunReport = z.infer<typeof runReport>
export type Standing = Pick<RunReport, 'status'> & Partial<RunReport>

export function standingOf(event: TerminalEvent): Standing {
  switch (event.type) {
    case 'agent_completed':
      return { status: 'completed', agent: event.agent, answer: event.final_response }
    case 'agent_failed':
      return { status: 'failed', agent: event.agent, problem: event.message }
    case 'run_cancelled':
    default:
      return { status: 'stopped', agent: event.agent, problem: STOPPED }
  }
}

export function standingOfRun({ outcome, agent }: Run): Standing | undefined {
  if (outcome === null) return undefined
  if (outcome.kind === 'completed') {
    return { status: 'completed', agent, answer: outcome.final_response }
  }
  return outcome.kind === 'failed'
    ? { status: 'failed', agent, problem: outcome.message }
    : { status: 'stopped', agent, problem: STOPPED }
}

export const waiting = (asked: ApprovalRequested | Approval | undefined): Standing => ({
  status: 'waiting',
  waits_for: asked ? { tool: asked.tool_name, arguments: asked.arguments } : null,
})

const STOPPED = 'The run was stopped.'

/** The report in words, for clients that show text alone. */
export function wordsOf(report: RunReport): string {
  const { status, url, run_id } = report
  if (status === 'completed') return report.answer ?? ''
  if (status === 'running') {
    return `The agent is still at work. Ask again with wait_for_run and run_id "${run_id}".`
  }
  if (status !== 'waiting') return report.problem ?? 'There is no answer.'
  const what = report.waits_for ? ` whether ${report.waits_for.tool} may run` : ''
  return `A person has to say first${what}: ${url}\nThen ask again with wait_for_run and run_id "${run_id}". Nobody can answer this for them by MCP.`
}
