import { randomUUID } from 'node:crypto'

import type { Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { due, objectIn, shown, textIn } from '../probe/due.ts'
import { isLoopback } from '../probe/host.ts'
import { openSocket } from '../probe/socket.ts'
import { pageChecks } from './page.ts'

const PUBLIC_URL = {
  cause: 'Netra does not know by which address people reach it, or the proxy hides it.',
  fix: 'Set NETRA_PUBLIC_URL to the address that people use, and let the proxy pass Host on (nginx: `proxy_set_header Host $host;`).',
}
const ANOTHERS = {
  when: /names another host|is not encrypted, and https/,
  cause:
    'The server names an address that is not of the site that was asked, or is less encrypted.',
  fix: 'Correct NETRA_PUBLIC_URL and NETRA_AUTH_PUBLIC_URL; if that host is yours too, give --auth-url or --trust-host.',
}
const NOT_PASSED_ON = {
  cause: 'The proxy does not pass that path on to Netra.',
  fix: 'Pass everything below the address on, not single paths.',
}

const TOLD = ['api_url', 'auth_url', 'ws_url', 'events_url', 'commands_url'] as const

/** What `/api/config` tells, as addresses. @throws CheckFailure when one is none. */
async function told(context: CheckContext): Promise<Record<(typeof TOLD)[number], URL>> {
  const config = await context.config()
  const urls = TOLD.map((name) => {
    const value = textIn(config, name, '/api/config')
    due(URL.canParse(value), `${name} is no address: ${value}`)
    return [name, new URL(value)] as const
  })
  return Object.fromEntries(urls) as Record<(typeof TOLD)[number], URL>
}

const pathOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, '')

export const addressChecks: readonly Check[] = [
  {
    id: 'addresses.config',
    group: 'addresses',
    title: '/api/config tells every address that a web app needs',
    weight: 'blocking',
    smoke: true,
    causes: [
      { when: /does not answer to the name/, ...PUBLIC_URL },
      { when: /answered|no JSON/, ...NOT_PASSED_ON },
      {
        cause: 'The answer is not that of this version of Netra.',
        fix: 'See which server answers at that address, and update it.',
      },
    ],
    async run(context) {
      const body = (await context.http.ask('/api/config')).json()
      for (const name of TOLD) textIn(body, name, '/api/config')
      const paths = body['ws_paths']
      due(Array.isArray(paths) && paths.length > 0, `ws_paths is ${shown(paths)}`)
      objectIn(body, 'auth', '/api/config')
      objectIn(body, 'limits', '/api/config')
      objectIn(body, 'heartbeat', '/api/config')
      return TOLD.map((name) => `${name} ${String(body[name])}`).join(', ')
    },
  },
  {
    id: 'addresses.not-local',
    group: 'addresses',
    title: 'No address of this machine alone is told to callers from elsewhere',
    weight: 'blocking',
    smoke: true,
    needs: ['addresses.config'],
    applies: ({ url }) =>
      isLoopback(url.hostname) ? 'the address under test is of this machine itself' : undefined,
    causes: [PUBLIC_URL],
    async run(context) {
      const local = Object.entries(await told(context)).filter(([, { hostname }]) =>
        isLoopback(hostname),
      )
      const names = local.map(([name, { href }]) => `${name} is ${href}`)
      due(names.length === 0, `${names.join(', ')}: only the server itself can reach that`)
      return 'none'
    },
  },
  {
    id: 'addresses.same-host',
    group: 'addresses',
    title: 'The addresses name the host that was asked',
    weight: 'blocking',
    needs: ['addresses.config', 'addresses.not-local'],
    causes: [
      {
        cause: 'The proxy tells Netra another Host than the one people typed.',
        fix: 'nginx: `proxy_set_header Host $http_host;`; Caddy passes it on by itself.',
      },
    ],
    async run(context) {
      const { host } = new URL(context.url)
      const urls = await told(context)
      for (const name of ['api_url', 'ws_url', 'events_url', 'commands_url'] as const) {
        due(hostOf(urls[name]) === host, `${name} is of ${urls[name].host}, asked was ${host}`)
      }
      return host
    },
  },
  {
    id: 'addresses.scheme',
    group: 'addresses',
    title: 'The addresses are as encrypted as the one that was asked',
    weight: 'blocking',
    smoke: true,
    needs: ['addresses.config'],
    causes: [
      {
        when: /http:|ws:/,
        cause:
          'The page is https and is told plain addresses, which browsers refuse (mixed content).',
        fix: 'Set NETRA_PUBLIC_URL to the https address.',
      },
      PUBLIC_URL,
    ],
    async run(context) {
      const isSecure = context.url.startsWith('https:')
      for (const [name, { protocol, href }] of Object.entries(await told(context))) {
        const isSocket = name === 'ws_url'
        const right = isSocket ? /^wss?:$/.test(protocol) : /^https?:$/.test(protocol)
        due(right, `${name} is ${href}`)
        due(!isSecure || /^(?:https|wss):$/.test(protocol), `${name} is ${href} for an https page`)
      }
      return isSecure ? 'https and wss' : 'http and ws'
    },
  },
  {
    id: 'addresses.base-path',
    group: 'addresses',
    title: 'The addresses lie below the path that was asked',
    weight: 'blocking',
    needs: ['addresses.config'],
    causes: [
      {
        cause: 'Netra is served below a path and does not know it, or is asked at the wrong one.',
        fix: 'Let NETRA_PUBLIC_URL end in that path (https://example.com/netra), and validate that address.',
      },
    ],
    async run(context) {
      const base = pathOf(new URL(context.url))
      const { api_url, ws_url, events_url, commands_url } = await told(context)
      due(pathOf(api_url) === base, `api_url is below "${pathOf(api_url)}", asked was "${base}"`)
      for (const { href, pathname } of [ws_url, events_url, commands_url]) {
        due(pathname.startsWith(`${base}/`), `${href} is not below "${base}"`)
      }
      return base === '' ? 'none' : base
    },
  },
  {
    id: 'addresses.api',
    group: 'addresses',
    title: 'api_url answers',
    weight: 'blocking',
    needs: ['addresses.config', 'addresses.not-local', 'addresses.scheme'],
    causes: [ANOTHERS, PUBLIC_URL],
    async run(context) {
      const { api_url } = await told(context)
      const base = api_url.href.replace(/\/+$/, '')
      const there = (await context.http.ask(`${base}/api/config`)).json()
      const { version } = await context.config()
      due(there['version'] === version, `version ${shown(there['version'])} answers there`)
      return api_url.href
    },
  },
  {
    id: 'addresses.auth',
    group: 'addresses',
    title: 'auth_url answers',
    weight: 'blocking',
    needs: ['addresses.config', 'addresses.not-local', 'addresses.scheme'],
    causes: [
      ANOTHERS,
      {
        cause: 'The auth service is away, or its public address is wrong.',
        fix: 'Start `netra auth`, or correct NETRA_AUTH_PUBLIC_URL; without one, /auth must be passed on to Netra.',
      },
    ],
    async run(context) {
      const { auth_url } = await told(context)
      const base = auth_url.href.replace(/\/+$/, '')
      const body = (await context.http.ask(`${base}/auth/config`)).json()
      textIn(body, 'issuer', `${base}/auth/config`)
      return auth_url.href
    },
  },
  {
    id: 'addresses.socket',
    group: 'addresses',
    title: 'ws_url opens a socket that speaks netra.v1',
    weight: 'blocking',
    smoke: true,
    needs: ['addresses.config', 'addresses.not-local', 'addresses.scheme'],
    causes: [
      ANOTHERS,
      {
        when: /answered (?:400|426|200|5\d\d)|hang up/,
        cause: 'The proxy does not pass the upgrade on.',
        fix: 'nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;`.',
      },
      {
        when: /answered 404/,
        cause: 'The address that is told is not where the sockets are.',
        fix: 'Correct NETRA_PUBLIC_URL, or what the proxy does to the path; sockets are at /ws.',
      },
      {
        when: /subprotocol/,
        cause: 'Something in between drops the header Sec-WebSocket-Protocol.',
        fix: 'Let the proxy pass it on, both ways.',
      },
      PUBLIC_URL,
    ],
    async run(context) {
      const { ws_url } = await told(context)
      const { protocol } = await openSocket(context, { url: ws_url.href })
      due(protocol === 'netra.v1', `no subprotocol netra.v1 but "${protocol}"`)
      return ws_url.href
    },
  },
  {
    id: 'addresses.socket-paths',
    group: 'addresses',
    title: 'Every path of ws_paths opens a socket',
    weight: 'blocking',
    needs: ['addresses.socket'],
    causes: [
      {
        cause: 'The proxy passes the upgrade on at some of the paths only.',
        fix: 'Pass the upgrade on for /ws and for /websocket, or for every path.',
      },
    ],
    async run(context) {
      const { ws_paths } = await context.config()
      const paths = ws_paths as string[]
      const base = context.url.replace(/^http/, 'ws')
      for (const path of paths) await openSocket(context, { url: `${base}${path}` })
      return paths.join(', ')
    },
  },
  {
    id: 'addresses.events',
    group: 'addresses',
    title: 'events_url gives a stream by plain requests',
    weight: 'blocking',
    needs: ['addresses.config', 'addresses.not-local', 'addresses.scheme'],
    causes: [ANOTHERS, NOT_PASSED_ON, PUBLIC_URL],
    async run(context) {
      const { events_url } = await told(context)
      const { userId, token } = await context.account()
      const address = `${events_url.href}?stream=${encodeURIComponent(`user:${userId}`)}`
      const headers = { accept: 'application/json' }
      const body = (await context.http.ask(address, { token, headers })).json()
      const { messages, position } = body
      due(Array.isArray(messages), `no messages but ${shown(body)}`)
      due(typeof position === 'string', `no position but ${shown(position)}`)
      return `${messages.length} messages, position ${position}`
    },
  },
  {
    id: 'addresses.commands',
    group: 'addresses',
    title: 'commands_url takes commands',
    weight: 'blocking',
    needs: ['addresses.config', 'addresses.not-local', 'addresses.scheme'],
    causes: [ANOTHERS, NOT_PASSED_ON, PUBLIC_URL],
    async run(context) {
      const { commands_url } = await told(context)
      const { token } = await context.account()
      const id = randomUUID()
      const body = (
        await context.http.ask(commands_url.href, {
          token,
          body: { type: 'cancel_run', id, run_id: randomUUID() },
          // A run that is not there: the answer must be the command's own.
          expect: 404,
        })
      ).json()
      const isOwn = body['type'] === 'error' && body['code'] === 'not_found' && body['id'] === id
      due(isOwn, `not the answer of a command: ${shown(body)}`)
      return 'a command for no run is answered as such'
    },
  },
  ...pageChecks,
  {
    id: 'addresses.agree',
    group: 'addresses',
    title: 'What older clients ask for tells the same addresses',
    weight: 'blocking',
    needs: ['addresses.api', 'addresses.auth', 'addresses.socket', 'addresses.same-host'],
    causes: [
      {
        when: /answered/,
        ...NOT_PASSED_ON,
      },
      {
        cause: 'One of the answers is kept by a cache, or is of another version.',
        fix: 'Let no proxy keep answers of /api and /ws, and finish the deployment.',
      },
    ],
    async run(context) {
      const { api_url, auth_url, ws_url } = await context.config()
      const ask = async (path: string) => (await context.http.ask(path)).json()
      const websocket = objectIn(await ask('/ws/config'), 'websocket', '/ws/config')
      same('websocket.url of /ws/config', websocket['url'], ws_url)
      const open = await ask('/api/config/public')
      same('api_url of /api/config/public', open['api_url'], `${String(api_url)}/api`)
      same('ws_url of /api/config/public', open['ws_url'], ws_url)
      const services = objectIn(
        await ask('/api/discovery/services'),
        'services',
        '/api/discovery/services',
      )
      const backend = objectIn(services, 'backend', 'services')
      same('backend.url of /api/discovery/services', backend['url'], api_url)
      same('backend.ws_url of /api/discovery/services', backend['ws_url'], ws_url)
      const auth = objectIn(services, 'auth', 'services')
      same('auth.url of /api/discovery/services', auth['url'], auth_url)
      return 'four addresses of configuration, one answer'
    },
  },
]

/** With the port that its scheme implies, as http and ws do. */
const hostOf = (url: URL): string => new URL(url.href.replace(/^ws/, 'http')).host

function same(where: string, is: unknown, wanted: unknown): void {
  due(is === wanted, `${where} is ${shown(is)}, and /api/config says ${shown(wanted)}`)
}
