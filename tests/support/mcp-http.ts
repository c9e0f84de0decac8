import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { createMcpHandler } from '@modelcontextprotocol/server'

import { buildServer, workbench, type Workbench } from './mcp-tools.ts'

export interface McpHttpServer extends AsyncDisposable {
  /** Its endpoint. */
  url: string
  bench: Workbench
  /** Bodies of requests with their headers, oldest first. */
  requests: { method: string; headers: IncomingMessage['headers']; body: string }[]
  /** Answers in the server's stead while it is set: what is broken breaks here. */
  instead: RequestListener | undefined
}

/** A real MCP server over streamable HTTP on loopback, of 2026-07-28 and older clients. */
export async function startMcpServer(): Promise<McpHttpServer> {
  const bench = workbench()
  const handler = createMcpHandler(() => buildServer(bench))
  const requests: McpHttpServer['requests'] = []

  async function answer(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const { method = 'GET', headers } = request
    const body = await text(request)
    requests.push({ method, headers, body })
    bench.die = () => request.socket.destroy()
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answered = await handler.fetch(
      new Request(`http://${headers.host}${request.url}`, {
        method,
        headers: Object.entries(headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]),
        signal: gone.signal,
        ...(body !== '' && { body }),
      }),
    )
    response.writeHead(answered.status, Object.fromEntries(answered.headers))
    if (!answered.body) return void response.end()
    const stream = Readable.fromWeb(answered.body as never)
    stream.once('error', () => response.destroy())
    stream.pipe(response)
  }
  const served: McpHttpServer = {
    url: '',
    bench,
    requests,
    instead: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await handler.close()
    },
  }
  const server = createServer((request, response) => {
    if (served.instead) return served.instead(request, response)
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  return served
}
