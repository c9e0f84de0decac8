import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createAgents } from '../src/agent/agent.ts'
import { createBuiltinModel } from '../src/agent/model/builtin/builtin.ts'
import { createModels } from '../src/agent/model/models.ts'
import type { Attachment, ToolCall, ToolOutcome, TurnMessage } from '../src/agent/step.ts'
import { createDataTools } from '../src/agent/tools/data/data-tools.ts'
import { systemClock } from '../src/platform/clock.ts'
import { silentLogger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { collect, memoryStore, turnOf, USER } from './agent-stage.ts'
import { folderFiles, type FolderFiles } from './folder-files.ts'

export interface Asked {
  text: string
  thoughts: string[]
  tools: { call: ToolCall; outcome: ToolOutcome }[]
  /** Results of `query_table` calls, without those that only look words up. */
  error: unknown
}

export interface TableStage extends AsyncDisposable {
  attach(name: string, content: string | Buffer): Promise<Attachment>
  ask(question: string, files: Attachment[], history?: TurnMessage[]): Promise<Asked>
  /** Questions one after the other in one thread. */
  talk(questions: string[], files: Attachment[]): Promise<Asked[]>
}

/** The built-in model in the real loop, with the real data tools over files on disk. */
export async function tableStage(): Promise<TableStage> {
  const files: FolderFiles = await folderFiles()
  const dataFolder = await mkdtemp(join(tmpdir(), 'netra-builtin-'))
  const shared = { clock: systemClock, logger: silentLogger, metrics: createMetrics() }
  const tools = createDataTools({ files, dataFolder, ...shared })
  const models = await createModels({
    settings: {},
    store: memoryStore(),
    builtin: createBuiltinModel(),
    ollamaUrl: 'http://127.0.0.1:9',
    ...shared,
  })
  const agents = createAgents({ models, tools, files, random: () => 0, ...shared })

  async function ask(
    question: string,
    attached: Attachment[],
    history: TurnMessage[] = [],
  ): Promise<Asked> {
    const turn = turnOf(question, {
      agent: 'data',
      model: 'netra/builtin',
      files: attached,
      history,
    })
    const { steps, error } = await collect(agents.act(turn, new AbortController().signal))
    const asked: Asked = { text: '', thoughts: [], tools: [], error }
    const calls = new Map<string, ToolCall>()
    for (const step of steps) {
      if (step.kind === 'text') asked.text += step.text
      if (step.kind === 'thinking') asked.thoughts.push(step.thought)
      if (step.kind === 'tool_started') calls.set(step.call.callId, step.call)
      if (step.kind !== 'tool_ended') continue
      const call = calls.get(step.outcome.callId)
      if (call) asked.tools.push({ call, outcome: step.outcome })
    }
    return asked
  }

  return {
    attach: (name, content) => files.add(USER, name, 'text/csv', content),
    ask,
    async talk(questions, attached) {
      const history: TurnMessage[] = []
      const all: Asked[] = []
      for (const question of questions) {
        const asked = await ask(question, attached, history)
        all.push(asked)
        history.push(
          { role: 'user', text: question, attachments: [], tools: [] },
          { role: 'assistant', text: asked.text, attachments: [], tools: asked.tools },
        )
      }
      return all
    },
    async [Symbol.asyncDispose]() {
      await tools[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}
