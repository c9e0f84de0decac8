import { CheckFailure, type Check } from '../../check.ts'
import { cause, inGroup } from '../group.ts'

const oldCause = cause(
  'This Netra and this validator are of different versions, or something between answers in its place.',
  'Use the netra validate of the same version; ask Netra itself, without the proxy.',
)
const routeCause = cause(
  'A proxy does not pass this path on.',
  'Pass everything below /api on to Netra.',
  /answered 40[45]|no JSON/,
)

type Row = Record<string, unknown>

const isUnclear = ({ name, description }: Row): boolean =>
  typeof name !== 'string' || typeof description !== 'string'

const rowsIn = (value: unknown): Row[] => {
  if (!Array.isArray(value)) throw new CheckFailure(`it is no list: ${JSON.stringify(value)}`)
  return value as Row[]
}

export const discoveryChecks: readonly Check[] = inGroup('agents', [
  {
    id: 'agents.listed',
    title: 'Agents are listed, each with name, description, tools and status',
    weight: 'blocking',
    causes: [routeCause, oldCause],
    async run(context) {
      const { token } = await context.account()
      const agents = rowsIn((await context.http.ask('/api/agents', { token })).json()['agents'])
      if (agents.length === 0) throw new CheckFailure('there is no agent')
      for (const agent of agents) {
        const lacking = ['id', 'name', 'description', 'status'].filter(
          (name) => typeof agent[name] !== 'string' || agent[name] === '',
        )
        if (!Array.isArray(agent['tools'])) lacking.push('tools')
        if (lacking.length > 0) {
          throw new CheckFailure(`agent ${String(agent['id'])} lacks ${lacking.join(', ')}`)
        }
      }
      return agents.map(({ id, status }) => `${String(id)} ${String(status)}`).join(', ')
    },
  },
  {
    id: 'agents.selftest-hidden',
    title: 'Nobody is offered the selftest agent or its model',
    weight: 'advisory',
    causes: [
      cause(
        'This Netra was changed so that it lists its own test agent.',
        'Hide the agent selftest from /api/agents and /api/models again.',
      ),
    ],
    async run(context) {
      const { token } = await context.account()
      const [agents, models] = await Promise.all(
        ['/api/agents', '/api/models'].map((path) => context.http.ask(path, { token })),
      )
      const agentIds = rowsIn(agents?.json()['agents']).map(({ id }) => id)
      const modelIds = rowsIn(models?.json()['models']).map(({ id }) => id)
      if (agentIds.includes('selftest') || modelIds.includes('netra/selftest')) {
        throw new CheckFailure('selftest is listed')
      }
      return 'it is in no list'
    },
  },
  {
    id: 'agents.models',
    title: 'Models are listed, and the default is one of them',
    weight: 'blocking',
    causes: [
      routeCause,
      cause(
        'The default model was taken away, or its connection is gone.',
        'Choose another default in Settings → Models.',
        /default/,
      ),
      oldCause,
    ],
    async run(context) {
      const { token } = await context.account()
      const answer = (await context.http.ask('/api/models', { token })).json()
      const ids = rowsIn(answer['models']).map(({ id }) => id)
      if (!ids.includes(answer['default'])) {
        throw new CheckFailure(
          `the default is ${String(answer['default'])}; there are ${ids.join(', ')}`,
        )
      }
      return `${ids.length} models, ${String(answer['default'])} by default`
    },
  },
  {
    id: 'agents.degraded',
    title: 'No agent is degraded',
    weight: 'advisory',
    causes: [
      cause(
        'The default model failed several times in a row, so that its circuit breaker is open.',
        'Test the model in Settings → Models; see /api/agents/<agent>/circuit_breaker/status.',
      ),
    ],
    async run(context) {
      const { token } = await context.account()
      const agents = rowsIn((await context.http.ask('/api/agents', { token })).json()['agents'])
      const ill = agents.filter(({ status }) => status === 'degraded')
      if (ill.length > 0) {
        throw new CheckFailure(`${ill.map(({ id }) => String(id)).join(', ')} degraded`)
      }
      return 'all ready'
    },
  },
  {
    id: 'agents.breaker-status',
    title: 'The state of the circuit breaker of each agent can be asked for',
    weight: 'blocking',
    causes: [routeCause, oldCause],
    async run(context) {
      const { token } = await context.account()
      const agents = rowsIn((await context.http.ask('/api/agents', { token })).json()['agents'])
      const seen: string[] = []
      for (const { id } of agents.slice(0, 5)) {
        const path = `/api/agents/${encodeURIComponent(String(id))}/circuit_breaker/status`
        const status = (await context.http.ask(path, { token })).json()
        const state = String(status['state'])
        if (!['CLOSED', 'OPEN', 'HALF_OPEN'].includes(state)) {
          throw new CheckFailure(`the state of ${String(id)} is ${state}`)
        }
        const { failure_count: failures, success_count: successes } = status
        if (!Number.isInteger(failures) || !Number.isInteger(successes)) {
          throw new CheckFailure(`the counts of ${String(id)} are no numbers`)
        }
        seen.push(`${String(id)} ${state}`)
      }
      return seen.join(', ')
    },
  },
  {
    id: 'agents.mcp-servers',
    title: 'The MCP servers that are connected are listed',
    weight: 'advisory',
    causes: [routeCause, oldCause],
    async run(context) {
      const { token } = await context.account()
      const { data, status } = (await context.http.ask('/api/mcp/servers', { token })).json()
      for (const server of rowsIn(data)) {
        if (typeof server['name'] !== 'string' || typeof server['status'] !== 'string') {
          throw new CheckFailure('a server lacks its name or status')
        }
      }
      if (status === undefined) throw new CheckFailure('the answer has no status')
      return `${rowsIn(data).length} servers`
    },
  },
  {
    id: 'agents.mcp-status',
    title: 'The state of MCP and its configuration for clients can be asked for',
    weight: 'advisory',
    causes: [routeCause, oldCause],
    async run(context) {
      const { token } = await context.account()
      const { status } = (await context.http.ask('/api/mcp/status', { token })).json()
      const { mcpServers } = (await context.http.ask('/api/mcp/config', { token })).json()
      if (typeof status !== 'string') throw new CheckFailure('the answer has no status')
      if (typeof mcpServers !== 'object' || mcpServers === null) {
        throw new CheckFailure('the configuration has no mcpServers')
      }
      return status
    },
  },
  {
    id: 'agents.tools',
    title: 'The tools that agents may call are listed',
    weight: 'advisory',
    causes: [routeCause, oldCause],
    async run(context) {
      const { token } = await context.account()
      const { data } = (await context.http.ask('/api/mcp/tools', { token })).json()
      const tools = rowsIn(data)
      const names = tools.map(({ name }) => name)
      if (tools.some(isUnclear)) throw new CheckFailure('a tool lacks its name or description')
      if (names.includes('selftest_digest')) throw new CheckFailure('selftest_digest is listed')
      return names.join(', ') || 'no tools'
    },
  },
])
