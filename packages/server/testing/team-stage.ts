import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startModelServer, type Script } from '../../../tests/support/model-server.ts'
import { createAgents } from '../src/agent/agent.ts'
import { createBuiltinModel } from '../src/agent/model/builtin/builtin.ts'
import { createModels } from '../src/agent/model/models.ts'
import type { Attachment, Step, Turn, TurnMessage } from '../src/agent/step.ts'
import type { AdoptedPlan, Plans } from '../src/agent/team/plan/plan-store.ts'
import { reportSchema, type Report, type StoredReport } from '../src/agent/team/report.ts'
import { createTeamTools } from '../src/agent/team/team.ts'
import type { TriageResult } from '../src/agent/team/triage/triage-question.ts'
import { createDataTools } from '../src/agent/tools/data/data-tools.ts'
import { systemClock } from '../src/platform/clock.ts'
import { silentLogger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { collect, memoryStore, only, textOf, turnOf, USER } from './agent-stage.ts'
import { folderFiles } from './folder-files.ts'

/** What one question came to. */
export interface TeamAnswer {
  text: string
  steps: Step[]
  error: unknown
  triage: TriageResult
  /** What each tool answered, by its name; the last call of each. */
  results: ReadonlyMap<string, unknown>
  report: Report | undefined
  markdown: string | undefined
  /** As a later question of the thread finds it. */
  asHistory: TurnMessage[]
}

/** The team as it is shipped, over files on disk; without a script there is no language model. */
export async function teamStage(options: { script?: Script } = {}) {
  const files = await folderFiles()
  const dataFolder = await mkdtemp(join(tmpdir(), 'netra-team-'))
  const shared = { clock: systemClock, logger: silentLogger, metrics: createMetrics() }
  const dataTools = createDataTools({ files, dataFolder, ...shared })
  const adopted: AdoptedPlan[] = []
  const plans: Plans = {
    async adopt(_userId, plan) {
      if (!adopted.some(({ planId }) => planId === plan.planId)) adopted.push(plan)
    },
    list: async () => adopted.map((plan) => ({ ...plan, threadTitle: '' })),
  }
  const server = options.script ? await startModelServer({ script: options.script }) : undefined
  const models = await createModels({
    settings: server
      ? {
          model: 'openai/test-model',
          openaiApiKey: 'sk-test-1234567890',
          openaiBaseUrl: server.url,
        }
      : {},
    store: memoryStore(),
    builtin: createBuiltinModel(),
    ollamaUrl: 'http://127.0.0.1:9',
    ...shared,
  })
  const team = createTeamTools({
    workloads: dataTools.workloads,
    files,
    plans,
    clock: systemClock,
  })
  const agents = createAgents({
    models,
    tools: [...dataTools, ...team],
    files,
    random: () => 0,
    ...shared,
  })
  let runs = 0

  async function act(turn: Turn) {
    return collect(agents.act(turn, new AbortController().signal))
  }

  async function read(fileId: string): Promise<string> {
    const file = await files.find(USER, fileId)
    if (!file) throw new Error(`no file ${fileId}`)
    return readFile(files.pathOf(file), 'utf8')
  }

  async function answerOf(
    question: string,
    { steps, error }: Awaited<ReturnType<typeof collect>>,
    before: readonly TurnMessage[] = [],
  ): Promise<TeamAnswer> {
    const tools = only(steps, 'tool_ended').map(({ call, outcome }) => ({ call, outcome }))
    const results = new Map(tools.map(({ call, outcome }) => [call.toolName, outcome.result]))
    const stored = results.get('build_report') as StoredReport | undefined
    const text = textOf(steps)
    return {
      text,
      steps,
      error,
      triage: results.get('triage_question') as TriageResult,
      results,
      report: stored && reportSchema.parse(JSON.parse(await read(stored.document_id))),
      markdown: stored && (await read(stored.file_id)),
      asHistory: [
        ...before,
        { role: 'user', text: question, attachments: [], tools: [] },
        { role: 'assistant', text, attachments: [], tools },
      ],
    }
  }

  return {
    agents,
    server,
    adopted,
    files,
    act,
    answerOf,
    attach: (name: string, content: string | Buffer): Promise<Attachment> =>
      files.add(USER, name, name.endsWith('.jsonl') ? 'application/x-ndjson' : 'text/csv', content),
    async ask(
      question: string,
      attached: Attachment[],
      more: Partial<Turn> = {},
    ): Promise<TeamAnswer> {
      const turn = turnOf(question, {
        agent: 'supervisor',
        runId: `run-${++runs}`,
        files: attached,
        ...more,
      })
      return answerOf(question, await act(turn), more.history)
    },
    async [Symbol.asyncDispose]() {
      await dataTools[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
      await server?.close()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

export type TeamStage = Awaited<ReturnType<typeof teamStage>>
