import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** `both`: both ends see the connection close. `client`: the server's end stays open and hears nothing. */
export type Cut = 'both' | 'client'

/** Stands between clients and one server, and cuts. */
export interface Proxy extends Disposable {
  port: number
  /** Ends every connection in this way; who comes before `mend` is turned away. */
  cut(how: Cut): void
  mend(): void
  /** Connections that a cut has ended. */
  readonly ended: number
}

interface Pair {
  client: Socket
  server: Socket
}

export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>()
  /** Server's ends without a client: read, so that the server notices nothing at all. */
  const orphans = new Set<Socket>()
  let isCut = false
  let ended = 0
  const listener = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const server = connect(target, '127.0.0.1')
    const pair = { client, server }
    pairs.add(pair)
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      end.setNoDelay(true)
      end.on('error', () => undefined)
      end.on('data', (data: Buffer) => {
        if (!orphans.has(end) && !other.destroyed) other.write(data)
      })
      end.on('close', () => {
        pairs.delete(pair)
        if (!orphans.has(other)) other.destroy()
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no address')
  return {
    port: address.port,
    get ended() {
      return ended
    },
    cut(how) {
      isCut = true
      for (const { client, server } of pairs) {
        ended += 1
        if (how === 'client') orphans.add(server)
        else server.resetAndDestroy()
        client.resetAndDestroy()
      }
    },
    mend() {
      isCut = false
    },
    [Symbol.dispose]() {
      listener.close()
      for (const { client, server } of pairs) {
        client.destroy()
        server.destroy()
      }
      for (const orphan of orphans) orphan.destroy()
    },
  }
}
