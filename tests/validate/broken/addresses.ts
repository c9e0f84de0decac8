import { answering, changing, changingJson, json, matches } from '../alterations.ts'
import { startAlteringProxy, type Alteration } from '../altering-proxy.ts'
import { openProxy, type BrokenServer } from '../judge.ts'
import { nameHere } from '../names.ts'

const PAGE = { 'content-type': 'text/html' }

export const brokenAddresses: readonly BrokenServer[] = [
  {
    name: 'does not say where its sockets are',
    breaks: 'addresses.config',
    alter: () => changingJson('/api/config', (body) => ({ ...body, ws_paths: undefined })),
  },
  {
    name: 'tells callers from elsewhere the address that only it can reach',
    breaks: 'addresses.not-local',
    open: async ({ url, publicHost }) => {
      nameHere('far.netra.test', ['127.0.0.1'])
      const ws_url = `ws://${publicHost}/ws`
      const alteration = changingJson('/api/config', (body) => ({ ...body, ws_url }))
      return startAlteringProxy(url, alteration, { publicHost, host: 'far.netra.test' })
    },
  },
  {
    name: 'is told another Host than people typed',
    breaks: 'addresses.same-host',
    alter: () =>
      changingJson('/api/config', (body) => ({
        ...body,
        ws_url: String(body['ws_url']).replace('127.0.0.1', 'localhost'),
      })),
  },
  {
    name: 'is served below a path that it does not know of',
    breaks: 'addresses.base-path',
    open: async (healthy) => {
      const proxy = await openProxy(healthy, {
        request: (asked) => void (asked.path = asked.path.replace(/^\/netra(?=\/)/, '')),
      })
      return { ...proxy, url: `${proxy.url}/netra` }
    },
  },
  {
    name: 'is of another version each time it is asked',
    breaks: 'addresses.api',
    alter: () =>
      changingJson('/api/config', (body, { count }) => ({ ...body, version: `${count}` })),
  },
  {
    name: 'has something else where people sign in',
    breaks: 'addresses.auth',
    alter: () => answering('/auth/config', () => json(200, { status: 'ok' })),
  },
  {
    name: 'selects a subprotocol that a proxy drops',
    breaks: 'addresses.socket',
    alter: () => ({
      socket: () => ({
        headers(lines) {
          const at = lines.findIndex((line) => /^sec-websocket-protocol:/i.test(line))
          if (at >= 0) lines.splice(at, 1)
        },
      }),
    }),
  },
  {
    name: 'names a socket path that does not exist',
    breaks: 'addresses.socket',
    alter: () =>
      changingJson(/\/(?:api\/config|ws\/config|api\/config\/public|services)$/, (body) =>
        JSON.parse(JSON.stringify(body).replaceAll('/ws"', '/socket"')),
      ),
  },
  {
    name: 'has no proxy for one of its two socket paths',
    breaks: 'addresses.socket-paths',
    alter: () => ({
      upgrade: (asked) => (matches(asked, '/websocket') ? json(404, {}) : undefined),
    }),
  },
  {
    name: 'gives no streams by plain requests',
    breaks: 'addresses.events',
    alter: () => answering('/api/events', () => json(404, { error: true })),
  },
  {
    name: 'takes no commands by plain requests',
    breaks: 'addresses.commands',
    alter: () => answering('/api/commands', () => json(405, { error: true })),
  },
  {
    name: 'shows the welcome page of its proxy',
    breaks: 'addresses.page',
    alter: () =>
      answering('/', () => ({ headers: PAGE, body: '<!doctype html><h1>Welcome to nginx!</h1>' })),
  },
  {
    name: 'answers its scripts with the page',
    breaks: 'addresses.page-parts',
    alter: () =>
      answering(/^GET \/assets\//, () => ({ headers: PAGE, body: '<div id="root"></div>' })),
  },
  {
    name: 'has a page that looks for the API elsewhere',
    breaks: 'addresses.page-addresses',
    alter: () =>
      changing(/./, (answered) => {
        const content = '{&quot;api&quot;:&quot;/elsewhere&quot;,&quot;auth&quot;:null}'
        answered.body = answered.body.replace(
          /(<meta name="netra-addresses" content=")[^"]*/,
          `$1${content}`,
        )
      }),
  },
  {
    name: 'knows no link deep into its web app',
    breaks: 'addresses.deep-link',
    alter: () => answering(/^GET \/chat\//, () => ({ status: 404, headers: PAGE, body: 'none' })),
  },
  {
    name: 'tells older clients another address',
    breaks: 'addresses.agree',
    alter: () =>
      changingJson('/ws/config', (body) =>
        JSON.parse(JSON.stringify(body).replaceAll('/ws"', '/websocket"')),
      ),
  },
]

/** Reached by https. */
export const brokenSecureAddresses: readonly BrokenServer[] = [
  {
    name: 'tells an encrypted page a plain address',
    breaks: 'addresses.scheme',
    open: async (healthy) => {
      const plain = await startAlteringProxy(healthy.url, {}, { publicHost: healthy.publicHost })
      const told: Alteration = changingJson(/\/(?:api\/config|services)$/, (body) => {
        const { services } = body as { services?: { auth: object } }
        if (services) Object.assign(services.auth, { url: plain.url })
        else Object.assign(body, { auth_url: plain.url })
      })
      const secure = await openProxy(healthy, told)
      return {
        url: secure.url,
        async [Symbol.asyncDispose]() {
          await secure[Symbol.asyncDispose]()
          await plain[Symbol.asyncDispose]()
        },
      }
    },
  },
]
