import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A door in front of a server for programs that cannot show a token: it shows one for them. */
export interface BearerProxy extends AsyncDisposable {
  url: string
}

export async function startBearerProxy(target: string, token: string): Promise<BearerProxy> {
  const { host: targetHost, hostname, port, protocol } = new URL(target)
  let own = ''
  // Names of its own become the server's; what is made up on purpose stays as it is.
  const asTarget = (value: string): string =>
    value === own ? targetHost : value === `http://${own}` ? `${protocol}//${targetHost}` : value
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` }
    if (headers.host !== undefined) headers.host = asTarget(headers.host)
    if (headers.origin !== undefined) headers.origin = asTarget(headers.origin)
    const passed = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  own = `localhost:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${own}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
