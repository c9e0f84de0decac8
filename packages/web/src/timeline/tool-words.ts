import type { ToolCall } from '@netra/protocol'

import { toolPhrase, type ToolName } from './tool-names.ts'

export interface ToolWords {
  /** What happens or happened, in plain words. */
  title: string
  /** How it ended, unless it went well. */
  ending: string | null
  state: 'running' | 'good' | 'bad' | 'stopped'
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

type Phrase = (call: ToolCall, file: string) => { now: string; past: string }

const PHRASES: Record<string, Phrase> = {
  profile_table: (_, file) => ({
    now: `Looking at the columns of ${file}`,
    past: `Looked at the columns of ${file}`,
  }),
  query_table: (_, file) => ({ now: `Querying ${file}`, past: `Queried ${file}` }),
  chart_table: (call, file) => {
    const title = text(call.arguments['title'])
    return title === ''
      ? { now: `Drawing a chart of ${file}`, past: `Drew a chart of ${file}` }
      : { now: `Drawing “${title}”`, past: `Drew “${title}”` }
  },
  price_workload: (call, file) => {
    const models = call.arguments['models']
    const on = Array.isArray(models) ? ` on ${models.map(text).join(', ')}` : ''
    return { now: `Pricing ${file}${on}`, past: `Priced ${file}${on}` }
  },
  price_tokens: (call) => {
    const models = call.arguments['models']
    const on = Array.isArray(models) ? ` on ${models.map(text).join(', ')}` : ''
    return { now: `Pricing tokens${on}`, past: `Priced tokens${on}` }
  },
  workload_profile: (_, file) => ({
    now: `Summing up the usage in ${file}`,
    past: `Summed up the usage in ${file}`,
  }),
  cost_drivers: (_, file) => ({
    now: `Finding what costs in ${file}`,
    past: `Found what costs in ${file}`,
  }),
  compare_periods: (_, file) => ({
    now: `Comparing two periods of ${file}`,
    past: `Compared two periods of ${file}`,
  }),
  find_anomalies: (_, file) => ({
    now: `Looking for anomalies and trends in ${file}`,
    past: `Looked for anomalies and trends in ${file}`,
  }),
  prompt_reuse: (_, file) => ({
    now: `Looking for prompts that repeat in ${file}`,
    past: `Looked for prompts that repeat in ${file}`,
  }),
  substitute_model: (_, file) => ({
    now: `Pricing ${file} on other models`,
    past: `Priced ${file} on other models`,
  }),
  batch_pricing: (_, file) => ({
    now: `Pricing ${file} as batch calls`,
    past: `Priced ${file} as batch calls`,
  }),
  project_growth: (call, file) => {
    const factor = call.arguments['factor']
    const by = typeof factor === 'number' ? ` at ${factor} times the usage` : ''
    return { now: `Projecting ${file}${by}`, past: `Projected ${file}${by}` }
  },
  rank_options: () => ({ now: 'Ranking the options', past: 'Ranked the options' }),
  correlate_columns: (_, file) => ({
    now: `Looking at what goes together in ${file}`,
    past: `Looked at what goes together in ${file}`,
  }),
  triage_question: () => ({ now: 'Reading the question', past: 'Read the question' }),
  find_missing_data: () => ({
    now: 'Looking for what the data lack',
    past: 'Found what the data lack',
  }),
  plan_actions: () => ({ now: 'Planning the steps', past: 'Planned the steps' }),
  adopt_plan: () => ({ now: 'Adopting the plan', past: 'Adopted the plan' }),
  build_report: () => ({ now: 'Writing the report', past: 'Wrote the report' }),
  calculate: () => ({ now: 'Calculating', past: 'Calculated' }),
}

const ENDINGS: Record<ToolCall['status'], [ToolWords['state'], string | null]> = {
  waiting: ['running', 'waits for your decision'],
  running: ['running', null],
  ok: ['good', null],
  error: ['bad', 'failed'],
  denied: ['bad', 'not allowed'],
  timeout: ['bad', 'took too long'],
  cancelled: ['stopped', 'stopped'],
  interrupted: ['stopped', 'interrupted'],
  unknown: ['stopped', 'outcome unknown'],
}

function filesOf(call: ToolCall, fileName: (fileId: string) => string | undefined): string {
  const { file_id: one, file_ids: several } = call.arguments
  const ids: readonly unknown[] = Array.isArray(several) ? several : [one]
  const names = ids.flatMap((id) => fileName(text(id)) ?? [])
  return names.length > 0 ? names.join(' and ') : 'the table'
}

/** What is said of a call for a model that did not say it: the call itself says as much. */
export const isOnlyTheCall = (thought: string): boolean => /^Calling [\w-]+\.$/.test(thought)

/** A thought that begins with what a call of a server’s tool does, in words. */
export const thoughtWords = (thought: string, toolNamed: (tool: string) => ToolName): string =>
  thought.replace(
    /^Calling ([\w-]+__[\w-]+)/,
    (_, tool: string) => `Using ${toolPhrase(toolNamed(tool))}`,
  )

/**
 * A tool call in plain words; `fileName` gives the name of an attached file, `toolNamed` what people
 * call a tool.
 */
export function toolWords(
  call: ToolCall,
  fileName: (fileId: string) => string | undefined,
  toolNamed: (tool: string) => ToolName,
): ToolWords {
  const file = filesOf(call, fileName)
  const used = toolPhrase(toolNamed(call.name))
  const phrase = PHRASES[call.name]?.(call, file) ?? { now: `Using ${used}`, past: `Used ${used}` }
  const [state, ending] = ENDINGS[call.status]
  return { title: state === 'good' ? phrase.past : phrase.now, ending, state }
}
