import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as ask, type IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

/** Where a host, or a path below it, leads. */
export interface Route {
  port: number
  /** Only what lies below; whatever else the host is asked for is answered with 404 and noted. */
  below?: string
  /** Whether the proxy takes that path away, as most are set up to do. */
  strips?: boolean
}

/** A reverse proxy that ends TLS for the hosts of one site, as people run it in front of Netra. */
export interface Site extends AsyncDisposable {
  /** `https://<host>:<port>`. */
  url(host: string): string
  port: number
  routes: Map<string, Route>
  /** Requests to a host at a path that leads nowhere. */
  astray: string[]
}

/** Nobody trusts this certificate: browsers must be told to ignore that. */
function certificateFor(names: readonly string[]): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'netra-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'].concat([
        '-addext',
        alternatives,
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'pipe' },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function openSite(hosts: readonly string[]): Promise<Site> {
  const routes = new Map<string, Route>()
  const astray: string[] = []

  const target = ({ url = '/', headers }: IncomingMessage) => {
    const route = routes.get((headers.host ?? '').replace(/:\d+$/, ''))
    const { below = '', strips = false, port } = route ?? { port: 0 }
    if (!route || !(url === below || url.startsWith(`${below}/`))) {
      astray.push(`${headers.host ?? ''}${url}`)
      return undefined
    }
    return { port, path: strips ? url.slice(below.length) || '/' : url }
  }
  const forward = (request: IncomingMessage, to: { port: number; path: string }) => {
    const { method, headers, socket } = request
    const address = socket.remoteAddress ?? ''
    const added = { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' }
    return ask({ host: '127.0.0.1', ...to, method, headers: { ...headers, ...added } })
  }

  const server = createServer(certificateFor(hosts), (request, response) => {
    const to = target(request)
    if (!to) {
      response.writeHead(404).end('nothing of Netra is here')
      return
    }
    const onward = forward(request, to)
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  const pipes = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const to = target(request)
    if (!to) {
      socket.destroy()
      return
    }
    const onward = forward(request, to)
    onward.on('upgrade', (answer, upstream, rest) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(answer)}\r\n`)
      socket.write(rest)
      upstream.write(head)
      for (const end of [socket, upstream]) {
        pipes.add(end)
        end.on('error', () => end.destroy())
        end.on('close', () => pipes.delete(end))
      }
      upstream.pipe(socket).pipe(upstream)
    })
    onward.on('response', (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} Refused\r\n${headerLines(answer)}\r\n`)
      answer.pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    onward.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    port,
    routes,
    astray,
    url: (host) => `https://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      for (const end of pipes) end.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const headerLines = ({ rawHeaders }: IncomingMessage): string =>
  rawHeaders
    .flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}\r\n`] : []))
    .join('')
