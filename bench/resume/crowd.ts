import { randomBytes } from 'node:crypto'

import { answerParent } from '../support/child.ts'
import type { Follower } from '../support/people.ts'
import { quantiles } from '../support/statistics.ts'
import {
  EVENTS,
  MISSED,
  type Arrivals,
  type CrowdRequest,
  type Ready,
  type Variant,
} from './messages.ts'
import { maskedFrame, RawClient, type Script } from './raw-client.ts'

/** So many clients share an address, as behind a router: below the limit of strangers of one. */
const SAME_ADDRESS = 100
const PATIENCE_MS = 30_000

let followers: Follower[] = []

function scriptOf(variant: Variant, { port, epoch }: Ready, index: number): Script {
  const { token, stream, threadId } = followers[index] ?? {}
  const address = `127.0.1.${1 + Math.floor(index / SAME_ADDRESS)}`
  const request = (...headers: string[]): string =>
    [
      'GET /ws HTTP/1.1',
      `Host: localhost:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...headers,
      '\r\n',
    ].join('\r\n')
  if (variant === 'bare') {
    return { port, address, upgrade: request(`Authorization: Bearer ${token}`) }
  }
  const hello = {
    type: 'hello',
    protocol: 1,
    device: 'bench',
    instance: threadId,
    token,
    resume: [{ stream, position: `${epoch}:${EVENTS - MISSED}` }],
  }
  return {
    port,
    address,
    upgrade: request('Sec-WebSocket-Protocol: netra.v1'),
    hello: maskedFrame(JSON.stringify(hello)),
  }
}

/** All set out at once, and the last one to arrive ends it. */
async function come(variant: Variant, ready: Ready): Promise<Arrivals> {
  const scripts = followers.map((_, index) => scriptOf(variant, ready, index))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let missing = scripts.length
  const timer = setTimeout(() => reject(new Error(`${missing} never arrived`)), PATIENCE_MS)
  const arrived = (): void => {
    missing -= 1
    if (missing === 0) resolve()
  }
  const begun = performance.now()
  const clients = scripts.map((script) => new RawClient(script, arrived))
  await promise
  clearTimeout(timer)
  for (const client of clients) check(client, variant, ready)
  for (const client of clients) client.leave()
  const [p50 = 0, p99 = 0, all = 0] = quantiles(
    clients.map(({ arrivedAt = Infinity }) => arrivedAt - begun),
    [0.5, 0.99, 1],
  )
  return { p50, p99, all }
}

/** Just what was missed, in order, and then live: an arrival is nothing less. */
function check(client: RawClient, variant: Variant, { epoch }: Ready): void {
  const said = client
    .messages()
    .map(({ type, seq, position }) => `${type} ${seq ?? position ?? ''}`)
  const missed = Array.from({ length: MISSED }, (_, n) => `event ${EVENTS - MISSED + 1 + n}`)
  const expected = variant === 'bare' ? [] : ['welcome ', ...missed, `live ${epoch}:${EVENTS}`]
  if (said.join() !== expected.join()) throw new Error(`a client was told: ${said.join()}`)
}

answerParent(async (request: CrowdRequest): Promise<unknown> => {
  if (request.kind === 'come') return come(request.variant, request.ready)
  followers = request.followers
  return undefined
})
