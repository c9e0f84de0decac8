import { setTimeout as delay } from 'node:timers/promises'

import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { NativeClient } from '../../live/native.ts'
import { recording } from '../../live/recording.ts'
import { RecordedSocket } from '../../live/socket.ts'
import { cause, inGroup } from '../group.ts'

/** Idle sockets are looked at beside everything else; nothing is sent but what keeps them alive. */
const SPARE_MS = 25_000

interface Idle {
  openMs: number
  /** Times of the server's own pings, from the welcome. */
  pings: readonly number[]
  intervalMs: number
  /** Why it is not open any more. */
  ended: string | undefined
  isAnswering: boolean
}

const idleSocket = recording(async (context: CheckContext): Promise<Idle> => {
  const account = await context.account()
  using client = await NativeClient.open(context, account)
  const begun = performance.now()
  const { socket, welcome } = client
  const over = await Promise.race([socket.ended, delay(context.pace.idleMs, undefined)])
  const openMs = Math.round(performance.now() - begun)
  const isAnswering =
    over === undefined &&
    (await client.ping().then(
      () => true,
      () => false,
    ))
  const { interval_ms } = (welcome['heartbeat'] ?? {}) as { interval_ms?: unknown }
  return {
    openMs,
    pings: socket.heard
      .filter(({ message }) => message.type === 'ping')
      .map(({ atMs }) => Math.round(atMs - begun)),
    intervalMs: typeof interval_ms === 'number' ? interval_ms : Number.NaN,
    ended: over && `${over.code}${over.reason && ` ${over.reason}`}`,
    isAnswering,
  }
})

export const connectionChecks: readonly Check[] = inGroup('stream', [
  {
    id: 'stream.upgrade',
    title: 'The upgrade to a WebSocket passes',
    weight: 'blocking',
    smoke: true,
    // First of all, as the long wait of `stream.idle` begins when it has passed.
    background: true,
    causes: [
      cause(
        'A proxy strips Upgrade and Connection, so that Netra sees an ordinary request.',
        'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade". Caddy passes them on by itself.',
        /answered with (?:200|30\d|400|404|426)/,
      ),
      cause(
        'The address people use is not one that Netra knows as its own.',
        'Set NETRA_PUBLIC_URL to the address in the browser, and let the proxy pass Host on.',
        /answered with 403/,
      ),
      cause(
        'Nothing that speaks WebSocket is behind this address.',
        'See that ws_url in /api/config is right and that the proxy reaches Netra.',
      ),
    ],
    async run(context) {
      const { ws_url: url } = await context.config()
      using socket = await RecordedSocket.open(context, { url, protocols: ['netra.v1'] })
      if (socket.protocol !== 'netra.v1') {
        throw new CheckFailure(`${socket.protocol || 'no subprotocol'} was selected, not netra.v1`)
      }
      return `101 after ${Math.round(socket.openedMs)} ms`
    },
  },
  {
    id: 'stream.ping',
    title: 'A ping of the client is answered',
    weight: 'blocking',
    needs: ['stream.upgrade'],
    causes: [
      cause(
        'Frames of clients do not reach Netra, or its answers do not come back.',
        'Run the same against Netra itself, without the proxy.',
      ),
    ],
    async run(context) {
      using client = await NativeClient.open(context, await context.account())
      const begun = performance.now()
      await client.ping()
      return `after ${Math.round(performance.now() - begun)} ms`
    },
  },
  {
    id: 'stream.idle',
    title: 'A socket on which nothing happens stays open',
    weight: 'blocking',
    background: true,
    timeoutMs: 60_000 + SPARE_MS,
    needs: ['stream.upgrade'],
    causes: [
      cause(
        'A proxy or load balancer closes connections on which nothing was said for a while.',
        'Raise its idle time-out above 25 s (nginx: proxy_read_timeout 75s and more; cloud load balancers: their idle timeout).',
      ),
    ],
    async run(context) {
      const { ended, openMs, isAnswering } = await idleSocket(context)
      if (ended !== undefined) throw new CheckFailure(`closed with ${ended} after ${openMs} ms`)
      if (!isAnswering) throw new CheckFailure(`open, but without an answer after ${openMs} ms`)
      return `open and answering after ${openMs} ms`
    },
  },
  {
    id: 'stream.heartbeat',
    title: 'The server says often enough that it is there',
    weight: 'blocking',
    background: true,
    timeoutMs: 60_000 + SPARE_MS,
    needs: ['stream.upgrade'],
    causes: [
      cause(
        'Something between swallows the pings of the server, or its clock stands still.',
        'Look at the times in the evidence; run the same against Netra itself, without the proxy.',
      ),
    ],
    async run(context) {
      const { pings, intervalMs, openMs } = await idleSocket(context)
      if (!(intervalMs > 0)) throw new CheckFailure('the welcome names no heartbeat.interval_ms')
      // One may be on its way, and sweeps come round once a second.
      const due = Math.floor(openMs / (intervalMs + 2_000)) - 1
      if (pings.length < due) {
        throw new CheckFailure(`${pings.length} pings in ${openMs} ms, at least ${due} were due`)
      }
      return due > 0
        ? `${pings.length} pings in ${openMs} ms, at ${pings.join(', ')}`
        : `none was due within ${openMs} ms; the welcome promises one every ${intervalMs} ms`
    },
  },
])
