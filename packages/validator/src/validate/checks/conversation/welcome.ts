import { CheckFailure } from '../../check.ts'
import { NativeClient } from '../../live/native.ts'
import { RecordedSocket } from '../../live/socket.ts'
import { cause, inGroup } from '../group.ts'
import { signInAsBrowser } from './browser.ts'

const WELCOME_MS = 2_000
const TRIES = 3

const proxyCause = cause(
  'A proxy in front of Netra does not pass WebSocket upgrades on.',
  'Pass the headers Upgrade and Connection on, with HTTP/1.1 to Netra; see the proxy examples in deploy/.',
  /answered with|no socket/,
)
const openCause = cause(
  'Netra does not let a socket in that shows a good token, or something between drops its frames.',
  'Look for "upgrade refused" and "handshake" in the log of Netra at this time; compare with the address of Netra itself.',
)

export const welcomeChecks = inGroup('conversation', [
  {
    id: 'conversation.welcome',
    title: 'A socket with a good token is welcomed',
    weight: 'blocking',
    smoke: true,
    causes: [proxyCause, openCause],
    async run(context) {
      using client = await NativeClient.open(context, await context.account())
      return `welcomed ${client.welcomeMs} ms after the upgrade was asked for`
    },
  },
  {
    id: 'conversation.welcome-contents',
    title: 'The welcome says who one is, for how long, and what the limits are',
    weight: 'blocking',
    needs: ['conversation.welcome'],
    causes: [
      cause(
        'Netra and this validator are of different versions, or something between rewrites messages.',
        'Use the netra validate of the same version; look at the welcome in the evidence.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const { welcome } = client
      if (welcome['user_id'] !== account.userId) {
        throw new CheckFailure(
          `the welcome is for user ${String(welcome['user_id'])}, not ${account.userId}`,
        )
      }
      const lacking = ['connection_id', 'expires_at', 'now', 'heartbeat', 'limits', 'streams']
      const absent = lacking.filter((name) => welcome[name] === undefined || welcome[name] === null)
      if (absent.length > 0) throw new CheckFailure(`the welcome lacks ${absent.join(', ')}`)
      return `connection ${String(welcome['connection_id'])}, until ${String(welcome['expires_at'])}`
    },
  },
  {
    id: 'conversation.welcome-time',
    title: `A socket is welcomed within ${WELCOME_MS / 1000} s`,
    weight: 'blocking',
    needs: ['conversation.welcome'],
    timeoutMs: 40_000,
    causes: [
      cause(
        'The machine is short of CPU or disk, the auth service is slow, or the way to it is long.',
        'Compare response_time_ms of each check in /api/health; look at the load of the machine.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      const times: number[] = []
      for (let count = 0; count < TRIES; count++) {
        using client = await NativeClient.open(context, account)
        times.push(client.welcomeMs)
      }
      const median = times.toSorted((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0
      const seen = `${times.join(', ')} ms, in the middle ${median} ms`
      if (median > WELCOME_MS) throw new CheckFailure(`${seen}, not at most ${WELCOME_MS} ms`)
      return seen
    },
  },
  {
    id: 'conversation.websocket-path',
    title: 'The second path, /websocket, is served like /ws',
    weight: 'blocking',
    causes: [
      cause(
        'A proxy passes only /ws on.',
        'Pass /websocket on as well; older clients and web apps use it.',
      ),
    ],
    async run(context) {
      const { ws_url } = await context.config()
      const url = ws_url.replace(/\/ws$/, '/websocket')
      using client = await NativeClient.open(context, await context.account(), { url })
      return `welcomed at ${url} after ${client.welcomeMs} ms`
    },
  },
  {
    id: 'conversation.browser-sign-in',
    title: 'A browser is let in by its cookie, its Origin and a ticket',
    weight: 'blocking',
    causes: [
      cause(
        'The address people use is not the one Netra knows, so their Origin is foreign to it.',
        'Set NETRA_PUBLIC_URL to the address in the browser, or name it in NETRA_ALLOWED_ORIGINS; let the proxy pass Host and Origin on.',
        /403|4501|4508|origin/i,
      ),
      openCause,
    ],
    async run(context) {
      const account = await context.account()
      const browser = await signInAsBrowser(context, account)
      using client = await NativeClient.open(context, account, { browser })
      if (client.welcome['user_id'] !== account.userId) {
        throw new CheckFailure(`welcomed as ${String(client.welcome['user_id'])}`)
      }
      return `welcomed by cookie and ticket from ${browser.origin} after ${client.welcomeMs} ms`
    },
  },
  {
    id: 'conversation.nobody-refused',
    title: 'A socket that shows nothing good is told so and closed',
    weight: 'blocking',
    causes: [
      cause(
        'Something between signs strangers in, or Netra is in a mode for tests.',
        'Look at demo and e2e in /api/config; do not let a proxy add credentials.',
      ),
    ],
    async run(context) {
      const { ws_url: url } = await context.config()
      using socket = await RecordedSocket.open(context, { url, protocols: ['netra.v1'] })
      const token = 'no-token-at-all'
      socket.send({
        type: 'hello',
        protocol: 1,
        device: 'validate',
        instance: 'validate',
        token,
        resume: [],
      })
      const timer = setTimeout(() => socket.cut(), context.pace.answerMs)
      const { code } = await socket.ended
      clearTimeout(timer)
      if (socket.messages.some(({ type }) => type === 'welcome')) {
        throw new CheckFailure('a made-up token was welcomed')
      }
      if (code !== 4501) throw new CheckFailure(`closed with ${code}, not 4501`)
      return 'a made-up token was refused with 4501'
    },
  },
])
