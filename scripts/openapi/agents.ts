import { runStateSchema } from '@netra/protocol'
import { z } from 'zod'

import {
  agentListSchema,
  breakerSchema,
  modelsSchema,
} from '../../packages/client/src/api-types.ts'
import { runTimelineSchema } from '../../packages/client/src/timeline-types.ts'
import { planChangeSchema, planStepSchema } from '../../packages/server/src/agent/team/report.ts'
import * as runs from '../../packages/server/src/gateway/http/agent-runs.ts'
import * as agents from '../../packages/server/src/gateway/http/agents.ts'
import * as timeline from '../../packages/server/src/gateway/http/timeline.ts'
import { begun, eventStream } from './conversations.ts'
import { time, type Area, type Route } from './route.ts'

const breakerState = breakerSchema.shape.state
const execution = z.object({
  status: z.enum(['success', 'error', 'timeout', 'service_unavailable', 'circuit_breaker_open']),
  agent: z.string(),
  response: z.string().nullable(),
  /** Seconds. */
  execution_time: z.number(),
  circuit_breaker_state: breakerState,
  error: z.string().nullable(),
  /** Who answered, and the model that was asked for when another stood in for it. */
  model: z.string().nullable(),
  instead_of: z.string().nullable(),
  thread_id: z.string(),
  run_id: z.string(),
})
const failedRun = z.object({
  ...execution.shape,
  error_code: z.enum(['AGENT_TIMEOUT', 'LLM_RATE_LIMIT_EXCEEDED']),
  message: z.string(),
  user_message: z.string(),
  trace_id: z.string(),
  timestamp: z.string(),
  request_id: z.string(),
})
const executed = { 200: execution, 408: failedRun, 429: failedRun }
const both = ['chat:write', 'chat:read'] as const
const ask = (agent: string): Route => ({
  summary: `Ask the agent \`${agent}\`, and wait for its answer`,
  who: both,
  body: agents.executeNamed,
  answers: executed,
})
const mcpServer = z.object({
  name: z.string(),
  status: z.string(),
  version: z.string().nullable(),
  capabilities: z.array(z.string()),
  /** Null for a program. */
  url: z.string().nullable(),
})
const builtInTool = z.object({
  name: z.string(),
  description: z.string(),
  effect: z.enum(['none', 'reads', 'writes', 'spends']),
  /** A person is asked before each call. */
  asks_first: z.boolean(),
  /** JSON Schema. */
  input_schema: z.record(z.string(), z.unknown()),
  agents: z.array(z.string()),
  source: z.enum(['built_in', 'mcp']),
  /** Of those that are not built in. */
  server: z.string().nullable(),
})
const adoptedPlan = z.object({
  plan_id: z.string(),
  thread_id: z.string(),
  thread_title: z.string(),
  run_id: z.string(),
  report_id: z.string().nullable().describe('The Markdown file of the report it stands in'),
  title: z.string(),
  changes: z.array(planChangeSchema).describe('What each saves alone; savings overlap'),
  period: z.string().nullable().describe('What time the savings are for'),
  steps: z.array(planStepSchema),
  adopted_by: z.string(),
  adopted_at: time,
})
const stopped = <Word extends string>(word: Word) =>
  z.object({ status: z.literal(word), run_id: z.string().nullable(), run_ids: z.array(z.string()) })

export const agentsAndModels: Area = {
  name: 'Agents and models',
  about: 'Who can be asked, and runs over plain HTTP.',
  routes: {
    'GET /api/agents': { summary: 'Agents', who: ['chat:read'], answers: { 200: agentListSchema } },
    'GET /api/models': { summary: 'Models', who: ['chat:read'], answers: { 200: modelsSchema } },
    'GET /api/agents/:agent/circuit_breaker/status': {
      summary: 'The circuit breaker around an agent’s model',
      who: ['chat:read'],
      answers: {
        200: breakerSchema,
      },
    },
    'GET /api/mcp/servers': {
      summary: 'One’s own MCP servers and those for all, as the last look at them found them',
      who: ['chat:read'],
      answers: { 200: z.object({ data: z.array(mcpServer), status: z.literal('success') }) },
    },
    'GET /api/mcp/config': {
      summary: 'What an MCP client of one’s own would be configured with',
      who: ['chat:read'],
      answers: {
        200: z.object({ mcpServers: z.record(z.string(), z.record(z.string(), z.unknown())) }),
      },
    },
    'GET /api/mcp/tools': {
      summary: 'The tools that agents have, those of one’s MCP servers among them',
      who: ['chat:read'],
      answers: { 200: z.object({ data: z.array(builtInTool), status: z.literal('success') }) },
    },
    'GET /api/mcp/status': {
      summary: 'Whether MCP servers are connected, and how many tools there are',
      who: ['chat:read'],
      answers: {
        200: z.object({
          status: z.enum(['not_configured', 'healthy', 'degraded']),
          servers: z.object({ connected: z.int(), configured: z.int() }),
          tools: z.object({ built_in: z.int(), from_servers: z.int() }),
        }),
      },
    },
    'GET /api/plans': {
      summary: 'Plans that one adopted, newest first',
      who: ['chat:read'],
      answers: { 200: z.object({ plans: z.array(adoptedPlan) }) },
    },
    'POST /api/agents/execute': {
      summary: 'Ask an agent, and wait for its answer',
      who: both,
      body: agents.execute,
      answers: executed,
    },
    ...Object.fromEntries(agents.NAMED.map((agent) => [`POST /api/agents/${agent}`, ask(agent)])),
    'POST /api/agents/start': {
      summary: 'Begin a run, without waiting for it',
      who: ['chat:write'],
      body: runs.start,
      answers: { 202: begun.extend({ status: z.literal('started') }) },
    },
    'POST /api/agents/stream': {
      summary: 'Begin a run, and read its events as they come',
      who: both,
      headers: { 'Last-Event-ID': 'goes on behind this event; nothing new is begun' },
      body: runs.start,
      answers: { 200: eventStream },
    },
    'POST /api/agents/stop': {
      summary: 'Stop a run, or all of a conversation',
      who: ['chat:write'],
      body: runs.which,
      answers: { 200: stopped('stopped') },
    },
    'POST /api/agents/cancel': {
      summary: 'The same as `POST /api/agents/stop`',
      who: ['chat:write'],
      body: runs.which,
      answers: { 200: stopped('cancelled') },
    },
    'GET /api/runs/:id/timeline': {
      summary: 'Why an answer took as long as it did',
      who: ['chat:read'],
      answers: { 200: runTimelineSchema },
    },
    'POST /api/runs/:id/seen': {
      summary: 'What a browser says that its person waited',
      who: ['chat:read'],
      body: timeline.seenBody,
      answers: { 204: null },
    },
    'GET /api/agents/status': {
      summary: 'One’s runs',
      who: ['chat:read'],
      query: runs.page,
      answers: {
        200: z.object({
          runs: z.array(
            z.object({
              run_id: z.string(),
              thread_id: z.string(),
              agent: z.string(),
              model: z.string(),
              status: runStateSchema,
              waiting_for: z.string().nullable(),
              attempt: z.number(),
              created_at: time,
              updated_at: time,
            }),
          ),
          active: z.number(),
        }),
      },
    },
  },
}
