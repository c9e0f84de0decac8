import { answering, changing, changingJson, json, matches } from '../alterations.ts'
import type { Alteration, Asked, AskNetra } from '../altering-proxy.ts'
import type { BrokenServer } from '../judge.ts'

type Row = Record<string, unknown>
const rowsOf = (value: unknown): Row[] => value as Row[]

export const brokenAgents: readonly BrokenServer[] = [
  {
    name: 'does not say which tools its agents have',
    breaks: 'agents.listed',
    alter: () =>
      changingJson('/api/agents', ({ agents }) => ({
        agents: rowsOf(agents).map((agent) => ({ ...agent, tools: undefined })),
      })),
  },
  {
    name: 'offers its selftest to everybody',
    breaks: 'agents.selftest-hidden',
    alter: () =>
      changingJson('/api/models', ({ models, ...rest }) => ({
        ...rest,
        models: [...rowsOf(models), { id: 'netra/selftest', provider: 'netra', name: 'selftest' }],
      })),
  },
  {
    name: 'has a default model that is gone',
    breaks: 'agents.models',
    alter: () => changingJson('/api/models', (body) => ({ ...body, default: 'gone/model' })),
  },
  {
    name: 'has an agent that fails again and again',
    breaks: 'agents.degraded',
    alter: () =>
      changingJson('/api/agents', ({ agents }) => ({
        agents: rowsOf(agents).map((agent) => ({ ...agent, status: 'degraded' })),
      })),
  },
  {
    name: 'knows no state of its breakers',
    breaks: 'agents.breaker-status',
    alter: () =>
      changingJson(/circuit_breaker\/status$/, (body) => ({ ...body, state: undefined })),
  },
  {
    name: 'has no list of MCP servers',
    breaks: 'agents.mcp-servers',
    alter: () => answering('/api/mcp/servers', () => json(404, { error: true })),
  },
  {
    name: 'has no state of its MCP servers',
    breaks: 'agents.mcp-status',
    alter: () => answering('/api/mcp/status', () => json(404, { error: true })),
  },
  {
    name: 'lists a tool that is for itself alone',
    breaks: 'agents.tools',
    alter: () =>
      changingJson('/api/mcp/tools', (body) => ({
        ...body,
        tools: [...rowsOf(body['tools']), { name: 'selftest_digest' }],
      })),
  },
  {
    name: 'answers without the state of the breaker',
    breaks: 'agents.execute',
    alter: () =>
      changingJson('/api/agents/execute', (body) => ({
        ...body,
        circuit_breaker_state: undefined,
      })),
  },
  {
    name: 'carries no run to a good end',
    breaks: 'agents.start',
    alter: () =>
      changingJson('/api/agents/status', (body) =>
        JSON.parse(JSON.stringify(body).replaceAll('"completed"', '"failed"')),
      ),
  },
  {
    name: 'counts no active runs',
    breaks: 'agents.status',
    alter: () => changingJson('/api/agents/status', (body) => ({ ...body, active: 0 })),
  },
  {
    name: 'says that it stops and does not',
    breaks: 'agents.stop',
    pace: { turnMs: 4_000 },
    alter: () => onlySaying('/api/agents/stop', 'stopped'),
  },
  {
    name: 'ignores a cancel',
    breaks: 'agents.cancel',
    pace: { turnMs: 4_000 },
    alter: () => onlySaying('/api/agents/cancel', 'cancelled'),
  },
  {
    name: 'takes an agent that it does not have for another',
    breaks: 'agents.unknown-refused',
    alter: () => ({
      request(asked) {
        if (!matches(asked, '/api/agents/execute')) return
        asked.body = asked.body.replace(/"type":"no-such-agent[^"]*"/, '"type":"selftest"')
      },
    }),
  },
  {
    name: 'has no words for people',
    breaks: 'agents.empty-refused',
    alter: () =>
      changing('/api/agents/execute', (answered) => {
        if (answered.status !== 422) return
        const body = JSON.parse(answered.body) as Row
        answered.body = JSON.stringify({ ...body, user_message: undefined })
      }),
  },
  {
    name: "shows people each other's runs",
    breaks: 'agents.foreign-run',
    alter: () => {
      let owner: string | undefined
      return {
        request(asked) {
          if (matches(asked, '/api/agents/start')) owner = asked.headers.authorization
          if (matches(asked, '/api/agents/status') && owner) asked.headers.authorization = owner
        },
      }
    },
  },
]

/** For a run of one's own; of another's it says what Netra says. */
const onlySaying = (path: string, status: string): Alteration => ({
  answer: async (asked: Asked, ask: AskNetra) => {
    if (!matches(asked, path)) return undefined
    const { run_id } = JSON.parse(asked.body) as { run_id: string }
    const { authorization = '' } = asked.headers
    const own = await ask({
      path: `/api/agents/status?run_id=${run_id}`,
      headers: { authorization },
    })
    return own.status === 200 ? json(200, { status, run_id, run_ids: [run_id] }) : undefined
  },
})
