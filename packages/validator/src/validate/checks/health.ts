import type { Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { modesIn } from '../modes.ts'
import { CheckFailure } from '../outcome.ts'
import { due, objectIn, shown, textIn } from '../probe/due.ts'
import { openSocket } from '../probe/socket.ts'

const READ_REASONS = {
  when: /503/,
  cause: 'A part of Netra does not work; "reasons" in the answer names it.',
  fix: 'Do what the reasons say; `netra doctor` tells more.',
}
const ROUTE = {
  cause: 'The route is not Netra’s own: a proxy answers it, or the version is older.',
  fix: 'Let the proxy pass everything below the address on to Netra, and answer nothing itself.',
}

export const healthChecks: readonly Check[] = [
  {
    id: 'health.healthy',
    group: 'health',
    title: '/health is 200 and says healthy',
    weight: 'blocking',
    smoke: true,
    causes: [
      {
        when: /422|400/,
        cause: 'The health check of the server breaks on its own answer.',
        fix: 'Update Netra; if a proxy asks with parameters of its own, take them away.',
      },
      READ_REASONS,
      ROUTE,
    ],
    async run({ http }) {
      const body = (await http.ask('/health')).json()
      due(body['status'] === 'healthy', `status is ${shown(body['status'])}, not healthy`)
      due(body['service'] === 'netra-ai-platform', `service is ${shown(body['service'])}`)
      const dependencies = objectIn(body, 'dependencies', '/health')
      const states = Object.entries(dependencies).map(([name, part]) => {
        const { status } = (part ?? {}) as { status?: unknown }
        return { name, status }
      })
      const bad = states.filter(({ status }) => status !== 'healthy')
      due(bad.length === 0, `healthy, but of its parts are not: ${shown(bad)}`)
      return `${states.map(({ name }) => name).join(', ')} are healthy`
    },
  },
  {
    id: 'health.head',
    group: 'health',
    title: 'HEAD /health is 200 and has no body',
    weight: 'advisory',
    needs: ['health.healthy'],
    causes: [
      READ_REASONS,
      { cause: 'HEAD is not passed on.', fix: 'Let the proxy pass HEAD on as it does GET.' },
    ],
    async run({ http }) {
      const { text } = await http.ask('/health', { method: 'HEAD' })
      due(text === '', 'the answer to HEAD has a body')
      return '200'
    },
  },
  probeOf('live', 'The process says that it lives', 'alive'),
  probeOf('ready', 'The server says that it takes people', 'ready'),
  probeOf('startup', 'The server says that it has started', 'ready'),
  {
    id: 'health.details',
    group: 'health',
    title: '/api/health tells of each part, with how long it took',
    weight: 'advisory',
    causes: [READ_REASONS, ROUTE],
    async run({ http }) {
      const body = (await http.ask('/api/health')).json()
      const uptime = body['uptime_seconds']
      due(isCount(uptime), `uptime_seconds is ${shown(uptime)}`)
      const checks = Object.entries(objectIn(body, 'checks', '/api/health'))
      due(checks.length > 0, 'checks is empty')
      for (const [name, check] of checks) {
        const { status, connected, response_time_ms } = { ...(check as Record<string, unknown>) }
        due(
          typeof status === 'string' && typeof connected === 'boolean' && isCount(response_time_ms),
          `${name} lacks status, connected or response_time_ms: ${shown(check)}`,
        )
      }
      return `up for ${String(uptime)} s, ${checks.length} parts`
    },
  },
  {
    id: 'health.version',
    group: 'health',
    title: 'Version and revision are told, the same at every address',
    weight: 'advisory',
    needs: ['health.healthy'],
    causes: [
      {
        when: /not everywhere/,
        cause: 'Two versions answer at once: an unfinished deployment, or a cache in between.',
        fix: 'Finish or roll back the deployment; let nothing keep answers of /api and /health.',
      },
      {
        cause: 'The build was not stamped.',
        fix: 'Set NETRA_REVISION at build or start; on Cloud Run K_REVISION does it.',
      },
    ],
    async run({ http }) {
      const seen = new Set<string>()
      for (const path of ['/health', '/api/health', '/api/config']) {
        const body = (await http.ask(path)).json()
        const version = textIn(body, 'version', path)
        seen.add(`version ${version}, revision ${textIn(body, 'revision', path)}`)
      }
      due(seen.size === 1, `not everywhere the same: ${[...seen].join(' and ')}`)
      return [...seen].join()
    },
  },
  {
    id: 'health.numbers-move',
    group: 'health',
    title: 'Uptime and time move, so they are measured',
    weight: 'advisory',
    needs: ['health.details'],
    background: true,
    causes: [
      {
        cause: 'The answer is a copy: written by hand, or kept by a cache.',
        fix: 'Let no proxy keep /health and /api/health (Cache-Control: no-store is sent).',
      },
    ],
    async run(context) {
      const first = await uptimeOf(context)
      // Of several nodes another may answer: one that moves is enough, a copy never does.
      for (let round = 0; round < 4; round++) {
        await new Promise((resolve) => setTimeout(resolve, 1_200))
        const next = await uptimeOf(context)
        if (next.timestamp !== first.timestamp && next.uptime !== first.uptime) {
          return `${first.uptime} s, then ${next.uptime} s`
        }
      }
      throw new CheckFailure(`uptime ${first.uptime} s and ${first.timestamp} stand still`)
    },
  },
  {
    id: 'health.sockets-counted',
    group: 'health',
    title: '/ws/health counts the sockets that there are',
    weight: 'advisory',
    causes: [
      ROUTE,
      {
        when: /counted/,
        cause: 'The numbers are made up, or sockets go to another server than requests.',
        fix: 'Let the proxy send /ws and everything else to the same Netra.',
      },
    ],
    async run(context) {
      const { ws_url } = await context.config()
      // Of several nodes each has its own numbers, and any of them may answer.
      const before = await someTimes(context)
      for (let n = 0; n < 3; n++) await openSocket(context, { url: ws_url })
      const after = await someTimes(context)
      const known = new Set(before.map(({ total }) => total))
      const moved = after.find(({ active, total }) => active > 0 && !known.has(total))
      if (moved) return `${[...known].join(', ')} in all before, ${moved.total} with three more`
      const seen = [...before, ...after]
      throw new CheckFailure(`three sockets were opened and not counted: ${shown(seen)}`)
    },
  },
  {
    id: 'health.never-breaks',
    group: 'health',
    title: 'No way of asking breaks the health check',
    weight: 'blocking',
    needs: ['health.healthy'],
    causes: [
      {
        cause: 'The health check judges the question instead of the server; probes would end it.',
        fix: 'Update Netra; if a proxy or a firewall answers, let it pass /health through.',
      },
    ],
    async run({ http }) {
      const ways: { path: string; headers?: Record<string, string> }[] = [
        { path: '/health?verbose=1&format=%00&x[]=1' },
        { path: '/health', headers: { accept: 'text/html', 'user-agent': 'GoogleHC/1.0' } },
        { path: '/health', headers: { 'content-type': 'application/json', accept: '*/*' } },
        { path: '/health', headers: { authorization: 'Bearer not-a-token' } },
      ]
      for (const { path, headers } of ways) {
        const answer = await http.ask(path, { ...(headers && { headers }) })
        answer.json()
      }
      return `${ways.length} ways`
    },
  },
  {
    id: 'health.honest',
    group: 'health',
    title: 'What /health says of signing in is so',
    weight: 'blocking',
    needs: ['health.healthy'],
    causes: [
      {
        cause: 'The server calls itself healthy while nobody can sign in.',
        fix: 'Look at the log for what the login met (its trace id is in the answer); the account store is the likeliest.',
      },
    ],
    async run(context) {
      const { http, accounts } = context
      await http.ask('/health')
      const account = await context.account()
      const again = await accounts.signIn(account, http)
      due(again.userId === account.userId, 'the login is of somebody else')
      return 'healthy, and an account signs in'
    },
  },
  {
    id: 'health.full-service',
    group: 'health',
    title: 'The whole of the service is on',
    weight: 'blocking',
    needs: ['health.healthy'],
    causes: [
      {
        cause: 'An administrator or a failure has put the server into a lesser mode.',
        fix: 'The reason is in `mode.why` of /api/config; PUT /api/admin/mode {"mode": "full"} ends what an administrator began.',
      },
    ],
    async run({ http }) {
      for (const path of ['/api/config', '/health']) {
        const body = (await http.ask(path)).json()
        const lesser = modesIn(body).filter((mode) => mode.endsWith('service)'))
        due(lesser.length === 0, `${path} says ${lesser.join()}: ${shown(body['mode'])}`)
      }
      return 'full'
    },
  },
  {
    id: 'health.quick',
    group: 'health',
    title: '/health answers within a second',
    weight: 'advisory',
    needs: ['health.healthy'],
    causes: [
      {
        cause: 'A part that it asks is slow, or the server has too much to do.',
        fix: 'See `response_time_ms` in /api/health for which; give it more of what it lacks.',
      },
    ],
    async run({ http }) {
      const times: number[] = []
      for (let n = 0; n < 3; n++) {
        const begun = performance.now()
        await http.ask('/health')
        times.push(Math.round(performance.now() - begun))
      }
      // A single slow answer is noise.
      const best = Math.min(...times)
      due(best < 1_000, `${times.join(', ')} ms`)
      return `${times.join(', ')} ms`
    },
  },
]

function probeOf(name: 'live' | 'ready' | 'startup', title: string, status: string): Check {
  return {
    id: `health.${name}`,
    group: 'health',
    title,
    weight: name === 'startup' ? 'advisory' : 'blocking',
    causes: [
      {
        when: /draining/,
        cause: 'This server is being stopped.',
        fix: 'Wait until the new one is up, or take this one out of the proxy.',
      },
      READ_REASONS,
      ROUTE,
    ],
    async run({ http }) {
      const body = (await http.ask(`/health/${name}`)).json()
      due(body['status'] === status, `status is ${shown(body['status'])}, not ${status}`)
      return status
    },
  }
}

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

async function uptimeOf({ http }: CheckContext): Promise<{ uptime: number; timestamp: string }> {
  const body = (await http.ask('/api/health', { expect: [200, 503] })).json()
  const timestamp = textIn(body, 'timestamp', '/api/health')
  return { uptime: Number(body['uptime_seconds']), timestamp }
}

async function someTimes(context: CheckContext) {
  const seen: { active: number; total: number }[] = []
  for (let round = 0; round < 4; round++) seen.push(await socketsOf(context))
  return seen
}

async function socketsOf({ http }: CheckContext): Promise<{ active: number; total: number }> {
  const body = (await http.ask('/ws/health')).json()
  const metrics = objectIn(body, 'metrics', '/ws/health')
  const { active_connections: active, total_connections: total } = objectIn(
    metrics,
    'websocket',
    '/ws/health',
  )
  due(isCount(active) && isCount(total), `its numbers are none: ${shown(metrics)}`)
  due(Number(active) <= Number(total), `${shown(active)} are open of ${shown(total)} in all`)
  return { active: Number(active), total: Number(total) }
}
