import { once } from 'node:events'
import { createServer, request as ask, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy in front of Netra that counts sockets, refuses them, cuts them, or holds answers back. */
export interface UpgradeProxy extends AsyncDisposable {
  /** For a browser, whose policies know no address like the other one. */
  url: string
  /** For a program, for which `localhost` may be Netra itself. */
  address: string
  /** `refuse`: an upgrade is answered with 403. `mute`: so is it, and no message gets through at all. */
  mode: 'pass' | 'refuse' | 'mute'
  /** A streamed answer is held back until it ends, as some proxies do. */
  holdsBack: boolean
  /** Upgraded connections that are open now. */
  readonly open: number
  /** Upgrades that were asked for so far. */
  readonly upgrades: number
  /** Paths of requests so far. */
  readonly paths: string[]
  cut(): void
}

/**
 * Where Netra listens. The proxy takes the same port of the other loopback, which `localhost` leads to
 * first: so every address that Netra names is the proxy's.
 */
const NETRA_HOST = '127.0.0.1'
const PROXY_HOST = '::1'

export async function startUpgradeProxy(netraUrl: string): Promise<UpgradeProxy> {
  const port = Number(new URL(netraUrl).port)
  const upgraded = new Set<Duplex>()
  const paths: string[] = []
  let upgrades = 0
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    if (proxy.mode === 'mute' && /^\/api\/(ws-ticket|events|commands)/.test(request.url ?? '')) {
      response.writeHead(503, { 'content-type': 'application/json' }).end('{}')
      return
    }
    const { method, headers, url: path } = request
    const onward = ask({ host: NETRA_HOST, port, method, path, headers }, (answer) => {
      const isHeld =
        proxy.holdsBack && answer.headers['content-type']?.startsWith('text/event-stream')
      if (isHeld) answer.resume()
      else {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.flushHeaders()
        answer.pipe(response)
      }
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgrades += 1
    if (proxy.mode !== 'pass') {
      // The client may be gone before it has read the refusal.
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    const onward = connect(port, NETRA_HOST)
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
    }
    onward.write(`${lines.join('\r\n')}\r\n\r\n`)
    onward.write(head)
    onward.pipe(socket)
    socket.pipe(onward)
    upgraded.add(socket)
    const end = (): void => {
      upgraded.delete(socket)
      socket.destroy()
      onward.destroy()
    }
    for (const side of [socket, onward]) side.on('close', end).on('error', end)
  })
  server.listen(port, PROXY_HOST)
  await once(server, 'listening')
  const proxy: UpgradeProxy = {
    url: `http://localhost:${port}`,
    address: `http://[${PROXY_HOST}]:${port}`,
    mode: 'pass',
    holdsBack: false,
    paths,
    get open() {
      return upgraded.size
    },
    get upgrades() {
      return upgrades
    },
    cut() {
      for (const socket of upgraded) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of upgraded) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
