import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { WebSocket, WebSocketServer, type RawData } from 'ws'

export type Lie = 'drop' | 'duplicate' | 'swap'

/** A proxy between devices and a server that treats some events as a faulty server would. */
export interface LyingProxy extends AsyncDisposable {
  url: string
  /** Events that it has treated so. */
  lies: number
}

/** One event in so many, until there were enough to be found out. */
const EVERY = 11
const ENOUGH = 6

/** Frames stay whole and valid: what is wrong is only which of them come, and when. */
export async function startLyingProxy(serverUrl: string, lie: Lie): Promise<LyingProxy> {
  const { host } = new URL(serverUrl)
  const server = createServer((incoming, outgoing) => forward(serverUrl, incoming, outgoing))
  const sockets = new WebSocketServer({ noServer: true })
  const proxy = { lies: 0 }
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', () => undefined)
    sockets.handleUpgrade(incoming, socket, head, (device) => {
      const upstream = new WebSocket(`ws://${host}${incoming.url ?? '/ws'}`, 'netra.v1')
      join(device, upstream, new Liar(lie, () => (proxy.lies += 1) <= ENOUGH))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    get lies() {
      return proxy.lies
    },
    async [Symbol.asyncDispose]() {
      for (const device of sockets.clients) device.terminate()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

class Liar {
  readonly #lie: Lie
  readonly #mayLie: () => boolean
  #events = 0
  #held: unknown

  constructor(lie: Lie, mayLie: () => boolean) {
    this.#lie = lie
    this.#mayLie = mayLie
  }

  /** What goes out in the place of one message. */
  tell(message: { type: string }): unknown[] {
    const held = this.#held === undefined ? [] : [this.#held]
    this.#held = undefined
    if (message.type !== 'event') return [message, ...held]
    this.#events += 1
    if (this.#events % EVERY !== 0 || !this.#mayLie()) return [message, ...held]
    if (this.#lie === 'drop') return held
    if (this.#lie === 'duplicate') return [message, message, ...held]
    this.#held = message
    return held
  }
}

function join(device: WebSocket, upstream: WebSocket, liar: Liar): void {
  let heard = 0
  const waiting: string[] = []
  upstream.on('open', () => {
    for (const text of waiting) upstream.send(text)
    waiting.length = 0
  })
  device.on('message', (data) => {
    const message = JSON.parse(textOf(data)) as { type: string }
    // Its count of bytes is of what it was told; the server's is of what it said.
    const text = JSON.stringify(message.type === 'ack' ? { ...message, bytes: heard } : message)
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text)
    else waiting.push(text)
  })
  upstream.on('message', (data) => {
    const text = textOf(data)
    heard += Buffer.byteLength(text)
    const messages = [JSON.parse(text) as { type: string } | { type: string }[]].flat()
    const told = messages.flatMap((message) => liar.tell(message))
    if (told.length > 0) device.send(JSON.stringify(told))
  })
  for (const [one, other] of [
    [device, upstream],
    [upstream, device],
  ] as const) {
    one.on('error', () => other.terminate())
    one.on('close', (code) => {
      if (code >= 4000) other.close(code)
      else other.terminate()
    })
  }
}

const textOf = (data: RawData): string => (data as Buffer).toString()

function forward(serverUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { hostname, port, host } = new URL(serverUrl)
  const headers = { ...incoming.headers, host }
  const { method, url: path } = incoming
  const upstream = request({ hostname, port, method, path, headers }, (answer) => {
    if (path !== '/api/config') {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      return
    }
    let body = ''
    answer.on('data', (data: Buffer) => (body += data.toString()))
    answer.on('end', () => outgoing.end(body.replaceAll(host, incoming.headers.host ?? host)))
  })
  upstream.on('error', () => outgoing.destroy())
  incoming.pipe(upstream)
}
