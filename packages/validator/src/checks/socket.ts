import type { Check } from '../runner.ts'
import { openSocket } from '../socket.ts'

const WELCOME_MS = 2_000

export const socketChecks: readonly Check[] = ['/ws', '/websocket'].map((path) => ({
  group: 'sockets',
  name: `${path} upgrades and welcomes`,
  remedy:
    'The proxy must pass the Upgrade and Connection headers on (nginx: proxy_http_version 1.1, proxy_set_header Upgrade).',
  async run({ socketUrl, token }) {
    if (!socketUrl || !token) throw new Error('no address or token: see the checks before')
    const address = new URL(socketUrl)
    address.pathname = path
    const begun = performance.now()
    using socket = await openSocket(address.href, token)
    const took = Math.round(performance.now() - begun)
    if (took > WELCOME_MS) throw new Error(`the welcome took ${took} ms`)
    return `welcome after ${took} ms, ${socket.messages.length} message`
  },
}))
