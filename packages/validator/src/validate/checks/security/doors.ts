import type { Cause, Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { modesIn } from '../../modes.ts'
import { due, shown } from '../../probe/due.ts'
import { errorShape } from '../../probe/error-shape.ts'
import { rawRequest } from '../../probe/raw-request.ts'
import { openSocket, upgrade } from '../../probe/socket.ts'

const OPEN: Cause = {
  cause: 'A route answers people who are not signed in.',
  fix: 'Take the server off the network; look whether the proxy adds credentials of its own, or answers from a cache.',
}

/** What belongs to somebody, or to the administrator alone. A route that is not there is closed too. */
const READS = [
  '/api/threads',
  '/api/threads/x',
  '/api/threads/x/messages',
  '/api/threads/x/export',
  '/api/threads/x/delivery',
  '/api/chat/messages?thread_id=x',
  '/api/events?stream=user:x',
  '/api/agents',
  '/api/agents/status',
  '/api/agents/data/circuit_breaker/status',
  '/api/models',
  '/api/files',
  '/api/files/x/content',
  '/api/runs/x/timeline',
  '/api/mcp/servers',
  '/api/mcp/config',
  '/api/mcp/tools',
  '/api/mcp/status',
  '/api/admin/connections',
  '/api/admin/retention',
  '/api/admin/breakers',
  '/api/admin/dashboard',
  '/api/admin/mode',
  '/auth/me',
  '/auth/me/data',
  '/auth/sessions',
  '/auth/api-keys',
  '/auth/admin/users',
  '/auth/admin/invitations',
  '/auth/admin/registration',
  '/auth/admin/audit',
  '/auth/admin/audit/export',
  '/auth/feed',
  '/auth/removals',
]

/** With a body that changes nothing even where somebody is let in; a 422 would show that one was. */
const CHANGES = [
  ['POST', '/api/threads/x/messages'],
  ['POST', '/api/chat/messages'],
  ['POST', '/api/chat/stream'],
  ['POST', '/api/commands'],
  ['POST', '/api/agents/execute'],
  ['POST', '/api/agents/start'],
  ['POST', '/api/agents/stop'],
  ['POST', '/api/agents/stream'],
  ['POST', '/api/ws-ticket'],
  ['DELETE', '/api/threads/x'],
  ['DELETE', '/api/files/x'],
  ['PUT', '/api/admin/retention'],
  ['PUT', '/api/admin/default-model'],
  ['PUT', '/api/admin/mode'],
  ['POST', '/api/admin/breakers/reset'],
  ['POST', '/auth/token'],
  ['POST', '/auth/password/change'],
  ['POST', '/auth/api-keys'],
  ['POST', '/auth/two-factor/setup'],
  ['PUT', '/auth/admin/registration'],
  ['POST', '/auth/admin/users'],
  ['POST', '/auth/e2e/test-auth'],
  ['POST', '/auth/validate'],
  ['POST', '/auth/tickets'],
] as const

const CLOSED = [401, 403, 404, 405]
const AT_ONCE = 8

async function allClosed(
  context: CheckContext,
  questions: readonly (readonly [method: string, path: string])[],
  ask: { token?: string } = {},
): Promise<void> {
  for (let from = 0; from < questions.length; from += AT_ONCE) {
    await Promise.all(
      questions.slice(from, from + AT_ONCE).map(([method, path]) =>
        context.http.ask(path, {
          method,
          ...ask,
          ...(method !== 'GET' && method !== 'DELETE' && { body: {} }),
          expect: CLOSED,
        }),
      ),
    )
  }
}

export const doorChecks: readonly Check[] = [
  {
    id: 'security.closed-to-read',
    group: 'security',
    title: 'Who is not signed in reads nothing',
    weight: 'blocking',
    smoke: true,
    timeoutMs: 20_000,
    causes: [OPEN],
    async run(context) {
      await allClosed(
        context,
        READS.map((path) => ['GET', path] as const),
      )
      return `${READS.length} routes are closed`
    },
  },
  {
    id: 'security.closed-to-change',
    group: 'security',
    title: 'Who is not signed in changes nothing',
    weight: 'blocking',
    timeoutMs: 20_000,
    causes: [OPEN],
    async run(context) {
      await allClosed(context, CHANGES)
      return `${CHANGES.length} routes are closed`
    },
  },
  {
    id: 'security.administration',
    group: 'security',
    title: 'An ordinary account administers nothing',
    weight: 'blocking',
    causes: [
      {
        cause: 'Everybody is an administrator, or rights are not asked for.',
        fix: 'Look at the roles (`netra admin list`); take the server off the network until it is right.',
      },
    ],
    async run(context) {
      const { token } = await context.account()
      const routes = READS.filter((path) => path.includes('/admin/'))
      await allClosed(
        context,
        routes.map((path) => ['GET', path] as const),
        { token },
      )
      return `${routes.length} routes are closed`
    },
  },
  {
    id: 'security.no-credential',
    group: 'security',
    title: 'A missing credential is refused with 403, not with a way round it',
    weight: 'blocking',
    causes: [
      {
        when: /answered 30\d/,
        cause: 'The proxy sends strangers to a page of its own, which programs cannot follow.',
        fix: 'Let the proxy pass /auth and /api on without an authentication of its own.',
      },
      OPEN,
    ],
    async run({ http }) {
      const answer = await http.ask('/api/account/export', { expect: 403 })
      const { message } = errorShape(answer, 'AUTH_UNAUTHORIZED')
      return message
    },
  },
  {
    id: 'security.forged-token',
    group: 'security',
    title: 'A token that was changed, or is signed by nobody, is refused',
    weight: 'blocking',
    causes: [
      {
        cause: 'Signatures of tokens are not checked: anybody can be anybody.',
        fix: 'Take the server off the network at once. Unset JWT_SECRET_STAGING, update Netra.',
      },
    ],
    async run(context) {
      const { token } = await context.account()
      const [head = '', payload = '', signature = ''] = token.split('.')
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
      const claims = Buffer.from(payload, 'base64url').toString()
      const later = claims.replace(/"exp":\d+/, `"exp":${Math.floor(Date.now() / 1_000) + 86_000}`)
      const longer = Buffer.from(later).toString('base64url')
      for (const forged of [
        `${none}.${payload}.`,
        `${head}.${longer}.${signature}`,
        `${head}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      ]) {
        context.secret(forged)
        await context.http.ask('/api/threads?limit=1', { token: forged, expect: 401 })
      }
      return 'without a signature, with later claims, with another signature: 401'
    },
  },
  {
    id: 'security.token-in-address',
    group: 'security',
    title: 'A token in an address lets nobody in',
    weight: 'blocking',
    causes: [
      {
        cause: 'Tokens count in addresses, so they end up in logs and histories.',
        fix: 'Update Netra; let the proxy make no header of a parameter.',
      },
    ],
    async run(context) {
      const account = await context.account()
      // In the log of whoever is in between from here on: a session of its own, ended at once.
      const session = await context.accounts.signIn(account, context.http)
      try {
        for (const name of ['token', 'access_token', 'jwt']) {
          await context.http.ask(`/auth/me?${name}=${session.token}`, { expect: [401, 403] })
        }
        const { ws_url } = await context.config()
        const url = `${ws_url}?token=${session.token}`
        const result = await upgrade(context, { url, protocols: [] })
        if ('socket' in result) {
          const { code } = await result.socket.closed(context.pace.answerMs)
          due(code === 1008, `the socket closed with ${code}, not 1008`)
        }
      } finally {
        const { token } = session
        await context.http.ask('/auth/logout', { method: 'POST', token, expect: [200, 401] })
      }
      return 'neither at routes nor at sockets'
    },
  },
  {
    id: 'security.stranger-socket',
    group: 'security',
    title: 'A socket without a credential is told so and closed',
    weight: 'blocking',
    causes: [
      {
        when: /welcome|4501/,
        cause: 'Sockets let people in who did not say who they are.',
        fix: 'Take the server off the network; look whether the proxy adds credentials to upgrades.',
      },
      OPEN,
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const socket = await openSocket(context, { url: ws_url })
      socket.send({ type: 'hello', protocol: 1, device: 'x', instance: 'x', resume: [] })
      const { code } = await socket.closed(context.pace.answerMs)
      due(code === 4501, `closed with ${code}, not 4501`)
      const error = await socket.next('error')
      return shown(error['message'])
    },
  },
  {
    id: 'security.metrics',
    group: 'security',
    title: '/metrics is not public',
    weight: 'blocking',
    causes: [
      {
        cause: 'Numbers of the inside are told to everybody.',
        fix: 'Set NETRA_METRICS_TOKEN, and let the proxy not add it.',
      },
    ],
    async run(context) {
      // From this machine itself it may be read; whoever comes through a proxy is somebody else.
      const headers = { 'x-forwarded-for': '203.0.113.7' }
      const { status } = await rawRequest(context, `${context.url}/metrics`, {
        headers,
        expect: [401, 403, 404],
      })
      return String(status)
    },
  },
  {
    id: 'security.diagnostics',
    group: 'security',
    title: 'The echo for diagnosis is off in production',
    weight: 'blocking',
    applies: ({ environment }) =>
      environment === 'production' ? undefined : 'it may be on outside production',
    causes: [
      {
        cause: 'The server does not run as production.',
        fix: 'Set NETRA_ENV=production and restart.',
      },
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const result = await upgrade(context, { url: `${ws_url}/test`, protocols: [] })
      due('refused' in result, 'a socket opened at /ws/test')
      return String(result.refused)
    },
  },
  {
    id: 'security.no-way-round',
    group: 'security',
    title: 'No mode lets people in without an account, and no check at start was gone around',
    weight: { development: 'advisory', staging: 'advisory', production: 'blocking' },
    causes: [
      {
        when: /bypass/,
        cause: 'The server was started although a check had failed.',
        fix: 'Do what `netra doctor` says, and start it without the bypass.',
      },
      {
        cause: 'A mode for demonstrations or test suites is on.',
        fix: 'Unset NETRA_DEMO, E2E_OAUTH_SIMULATION_KEY and JWT_SECRET_STAGING, and restart.',
      },
    ],
    async run({ http }) {
      const modes = new Set<string>()
      for (const path of ['/api/config', '/health', '/ws/health']) {
        const answer = await http.ask(path, { expect: [200, 503] })
        for (const mode of modesIn(answer.json())) {
          if (!mode.endsWith('service)')) modes.add(mode)
        }
      }
      due(modes.size === 0, `on: ${[...modes].join(', ')}`)
      return 'none'
    },
  },
]
