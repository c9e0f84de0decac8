import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { Readable } from 'node:stream'

import type { LanguageModelV4Prompt } from '@ai-sdk/provider'

import { systemClock } from '../../../platform/clock.ts'
import { silentLogger } from '../../../platform/logger.ts'
import { createMetrics } from '../../../platform/metrics.ts'
import { createAgents } from '../../agent.ts'
import { createRegistry } from '../../agents/registry.ts'
import { createBuiltinModel } from '../../model/builtin/builtin.ts'
import { createModels } from '../../model/models.ts'
import type {
  Attachment,
  Change,
  CompletedStep,
  Decision,
  Question,
  Step,
  ToolStatus,
  Turn,
} from '../../step.ts'
import { createDataTools } from '../../tools/data/data-tools.ts'
import { agentSpec, problemsOf, SPEC_FIELDS } from '../agent-schema.ts'
import { defineFrom } from '../define.ts'
import type { AgentSpec } from '../kit.ts'
import { readMarkdownAgent } from '../markdown.ts'
import { AgentFileWrong } from '../problem.ts'
import { filesIn } from './folder-files.ts'
import { scriptedModel, type ModelTurn } from './scripted-model.ts'

export type { ModelTurn, ScriptedCall } from './scripted-model.ts'

export interface TestAgentOptions {
  message: string
  /** What the model says, call by call; `builtin` is Netra's own, which knows tables and arithmetic. */
  model?: readonly ModelTurn[] | 'builtin'
  /** Attached to the message. */
  files?: readonly { name: string; content: string | Uint8Array }[]
  /** What was said before, oldest first. */
  history?: readonly { role: 'user' | 'assistant'; text: string }[]
  /** What a person says about each call that waits for them; without it the run ends waiting. */
  approve?: boolean | ((call: { tool: string; arguments: Record<string, unknown> }) => boolean)
}

export interface TestedCall {
  tool: string
  arguments: Record<string, unknown>
  status: ToolStatus
  result: unknown
}

/** What one turn of an agent came to. */
export interface TestedRun {
  /** The final answer; undefined when there is none. */
  answer: string | undefined
  /** Tool calls in their order, those refused by a person among them. */
  toolCalls: TestedCall[]
  /** What it said it would do. */
  thoughts: string[]
  /** The call that a person has not answered; the run waits for them. */
  waitsFor:
    | { tool: string; arguments: Record<string, unknown>; change?: Change; question?: Question }
    | undefined
  /** Why there is no answer, in the words that a person reads. */
  error: string | undefined
  /** Every step as Netra records it. */
  steps: Step[]
  /** What the model was given, one prompt a call; of a scripted model only. */
  prompts: LanguageModelV4Prompt[]
}

const USER = 'test-user'
const MEDIA_TYPES: Record<string, string> = {
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
}
/** A person is asked so often at most in one test. */
const MOST_QUESTIONS = 20

/**
 * One turn of an agent over Netra's real loop, tools and checks, with a model of a script: no
 * server, no key, no network.
 *
 * @param agent what a file of `agents/` exports, or the path of one in Markdown
 * @throws AgentFileWrong when the file would not make an agent.
 */
export async function testAgent(
  agent: AgentSpec | string,
  options: TestAgentOptions,
): Promise<TestedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-test-agent-'))
  const files = filesIn(join(folder, 'files'))
  const shared = { clock: systemClock, logger: silentLogger, metrics: createMetrics() }
  await using tools = createDataTools({ files, dataFolder: folder, ...shared })
  try {
    const definition = defineFrom('agent', await readAgent(agent), {
      toolNames: tools.map(({ name }) => name),
      files,
    })
    const prompts: LanguageModelV4Prompt[] = []
    const { model = 'builtin' } = options
    const models = await createModels({
      settings: { modelFallback: [] },
      store: NO_CONNECTIONS,
      builtin: model === 'builtin' ? createBuiltinModel() : scriptedModel(model, prompts),
      ...shared,
    })
    // The one model that it is written for is not to be had here: the script speaks for it.
    const { model: _fixed, ...rest } = definition
    const agents = createAgents({
      models,
      tools,
      files,
      registry: createRegistry(() => [rest]),
      ...shared,
    })
    const attachments: Attachment[] = []
    for (const { name, content } of options.files ?? []) {
      const mediaType = MEDIA_TYPES[extname(name).toLowerCase()] ?? 'text/plain'
      const stream = Readable.from([Buffer.from(content)])
      const upload = { userId: USER, name, mediaType, origin: 'upload' as const, content: stream }
      const file = await files.store(upload)
      attachments.push({ fileId: file.fileId, name, mediaType, bytes: file.bytes })
    }
    const turn: Turn = {
      userId: USER,
      threadId: 'test-thread',
      runId: 'test-run',
      agent: 'agent',
      model: null,
      history: (options.history ?? []).map((said) => ({ ...said, attachments: [], tools: [] })),
      message: { role: 'user', text: options.message, attachments, tools: [] },
      files: attachments,
      completed: [],
    }
    const run = await toTheEnd(turn, options.approve, (at) =>
      agents.act(at, new AbortController().signal),
    )
    return { ...run, prompts }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function readAgent(agent: AgentSpec | string) {
  if (typeof agent === 'string') {
    if (extname(agent) !== '.md')
      throw new TypeError(
        `${basename(agent)}: import a file of TypeScript and give what it exports`,
      )
    return readMarkdownAgent(await readFile(agent, 'utf8'))
  }
  const read = agentSpec.safeParse(agent)
  if (read.success) return read.data
  throw new AgentFileWrong(problemsOf(read.error, SPEC_FIELDS))
}

const NO_CONNECTIONS = {
  load: async () => ({ connections: [], defaultModel: null }),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  setDefaultModel: () => Promise.resolve(),
}

/** As a run goes on after each answer of the person. */
async function toTheEnd(
  first: Turn,
  approve: TestAgentOptions['approve'],
  act: (turn: Turn) => AsyncGenerator<Step>,
): Promise<Omit<TestedRun, 'prompts'>> {
  const steps: Step[] = []
  const completed: CompletedStep[] = []
  let turn = first
  for (let asked = 0; asked <= MOST_QUESTIONS; asked++) {
    const begun = steps.length
    try {
      for await (const step of act(turn)) steps.push(step)
    } catch (error) {
      return told(steps, undefined, error instanceof Error ? error.message : String(error))
    }
    const last = steps.at(-1)
    if (last?.kind !== 'waits') return told(steps, undefined, undefined)
    const { call } = last
    const wanted = { tool: call.toolName, arguments: call.arguments }
    if (approve === undefined || last.question) return told(steps, last, undefined)
    const approved = typeof approve === 'function' ? approve(wanted) : approve
    const decision: Decision = { approved, boundTo: last.boundTo }
    completed.push(...steps.slice(begun).flatMap(completedOf))
    turn = {
      ...first,
      completed: [...completed],
      interrupted: [],
      decisions: new Map([[call.callId, decision]]),
    }
  }
  return told(steps, undefined, `a person was asked more than ${MOST_QUESTIONS} times`)
}

function completedOf(step: Step): CompletedStep[] {
  if (step.kind === 'spoken') return step.text === '' && step.calls.length === 0 ? [] : [step]
  if (step.kind === 'tool_ended') return [{ kind: 'tool', call: step.call, outcome: step.outcome }]
  return step.kind === 'handoff' ? [{ kind: 'handoff', from: step.from, to: step.to }] : []
}

function told(
  steps: Step[],
  waits: Extract<Step, { kind: 'waits' }> | undefined,
  error: string | undefined,
): Omit<TestedRun, 'prompts'> {
  const last = steps.at(-1)
  return {
    answer: last?.kind === 'done' ? last.finalResponse : undefined,
    toolCalls: steps.flatMap((step) =>
      step.kind === 'tool_ended'
        ? [
            {
              tool: step.call.toolName,
              arguments: step.call.arguments,
              status: step.outcome.status,
              result: step.outcome.result,
            },
          ]
        : [],
    ),
    thoughts: steps.flatMap((step) => (step.kind === 'thinking' ? [step.thought] : [])),
    waitsFor: waits && {
      tool: waits.call.toolName,
      arguments: waits.call.arguments,
      ...(waits.change && { change: waits.change }),
      ...(waits.question && { question: waits.question }),
    },
    error,
    steps,
  }
}
