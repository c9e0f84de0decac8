import type { LanguageModelV4 } from '@ai-sdk/provider'
import { z } from 'zod'

import { startModelServer, type Script } from '../../../tests/support/model-server.ts'
import { createAgents, type AgentsOptions } from '../src/agent/agent.ts'
import type { ConnectionStore, StoredConnection } from '../src/agent/model/connection-store.ts'
import { createModels, type ModelsOptions } from '../src/agent/model/models.ts'
import type { Step, Turn, TurnMessage } from '../src/agent/step.ts'
import type { Tool } from '../src/agent/tools/tool.ts'
import { systemClock } from '../src/platform/clock.ts'
import { silentLogger } from '../src/platform/logger.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { folderFiles } from './folder-files.ts'

export const USER = 'user-1'

/** What somebody said, with nothing attached and no tool called. */
export const message = (role: TurnMessage['role'], text: string): TurnMessage => ({
  role,
  text,
  attachments: [],
  tools: [],
})

export function turnOf(text: string, rest: Partial<Turn> = {}): Turn {
  return {
    userId: USER,
    threadId: 'thread-1',
    runId: 'run-1',
    agent: null,
    model: null,
    history: [],
    message: { role: 'user', text, attachments: [], tools: [] },
    files: [],
    completed: [],
    ...rest,
  }
}

/** Remembers connections in memory. */
export function memoryStore(connections: StoredConnection[] = []): ConnectionStore {
  const entries = new Map(connections.map((entry) => [entry.provider, entry]))
  let defaultModel: string | null = null
  return {
    load: async () => ({ connections: [...entries.values()], defaultModel }),
    put: async (entry) => void entries.set(entry.provider, entry),
    remove: async (provider) => void entries.delete(provider),
    setDefaultModel: async (model) => {
      defaultModel = model
    },
  }
}

/** A tool over which a test decides. */
export function tool(name: string, run: Tool['run'], rest: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `The tool ${name}.`,
    input: z.strictObject({ value: z.number() }),
    timeoutMs: 5_000,
    repeatable: true,
    effect: 'none',
    run,
    ...rest,
  }
}

const NO_BUILTIN = {
  specificationVersion: 'v4',
  provider: 'netra',
  modelId: 'builtin',
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('not used')),
  doStream: () => Promise.reject(new Error('not used')),
} satisfies LanguageModelV4

export interface StageOptions {
  script: Script
  tools?: Tool[]
  limits?: AgentsOptions['limits']
  registry?: AgentsOptions['registry']
  models?: Partial<ModelsOptions>
  apiKey?: string
}

/** Agents over a real model server on loopback, reached as an OpenAI-compatible address. */
export async function stage(options: StageOptions) {
  const server = await startModelServer({
    script: options.script,
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  })
  const files = await folderFiles()
  const shared = { clock: systemClock, logger: silentLogger, metrics: createMetrics() }
  const models = await createModels({
    settings: {
      model: 'openai/test-model',
      openaiApiKey: 'sk-test-1234567890',
      openaiBaseUrl: server.url,
    },
    store: memoryStore(),
    builtin: NO_BUILTIN,
    ollamaUrl: 'http://127.0.0.1:9',
    ...shared,
    ...options.models,
  })
  const agents = createAgents({
    models,
    tools: options.tools ?? [],
    files,
    random: () => 0,
    ...shared,
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.registry ? { registry: options.registry } : {}),
  })
  return {
    server,
    files,
    models,
    agents,
    metrics: shared.metrics,
    act: (turn: Turn, signal: AbortSignal = new AbortController().signal) =>
      collect(agents.act(turn, signal)),
    async [Symbol.asyncDispose]() {
      await server.close()
      await files[Symbol.asyncDispose]()
    },
  }
}

/** Every step, and how it ended. */
export async function collect(
  steps: AsyncIterable<Step>,
): Promise<{ steps: Step[]; error: unknown }> {
  const seen: Step[] = []
  try {
    for await (const step of steps) seen.push(step)
    return { steps: seen, error: undefined }
  } catch (error) {
    return { steps: seen, error }
  }
}

export const kindsOf = (steps: readonly Step[]): string[] => {
  const kinds = steps.map((step) => step.kind)
  return kinds.filter((kind, index) => kind !== 'text' || kinds[index - 1] !== 'text')
}

export const textOf = (steps: readonly Step[]): string =>
  steps.map((step) => (step.kind === 'text' ? step.text : '')).join('')

export function only<Kind extends Step['kind']>(
  steps: readonly Step[],
  kind: Kind,
): Extract<Step, { kind: Kind }>[] {
  const isOfKind = (step: Step): step is Extract<Step, { kind: Kind }> => step.kind === kind
  return steps.filter(isOfKind)
}
