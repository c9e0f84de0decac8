import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A real proxy between two processes that can be slow, swallow everything, or not be there. */
export interface FaultProxy extends AsyncDisposable {
  url: string
  /** Held back for so long is whatever the server answers. */
  delayMs: number
  /** Connections open now. */
  readonly open: number
  /** Connections taken so far. */
  readonly taken: number
  /** Takes connections, and nothing comes through in either direction. */
  swallow(): void
  /** Nobody listens; open connections break. */
  refuse(): Promise<void>
  pass(): Promise<void>
  /** Listens again, as dumb as it was. */
  reopen(): Promise<void>
  /** Breaks every open connection. */
  cut(): void
}

export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const { port: target } = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let isHole = false
  let port = 0
  let taken = 0

  const onConnection = (client: Socket): void => {
    taken += 1
    const onward = connect(Number(target), '127.0.0.1')
    const end = (): void => {
      sockets.delete(client)
      client.destroy()
      onward.destroy()
    }
    sockets.add(client)
    for (const side of [client, onward]) side.on('close', end).on('error', end)
    client.on('data', (data) => {
      if (!isHole) onward.write(data)
    })
    onward.on('data', (data) => {
      if (isHole) return
      if (proxy.delayMs === 0) client.write(data)
      else setTimeout(() => !isHole && client.write(data), proxy.delayMs)
    })
  }
  const listen = async (): Promise<void> => {
    server = createServer(onConnection)
    server.listen(port, '127.0.0.1', 4_096)
    await once(server, 'listening')
    const bound = server.address()
    if (bound !== null && typeof bound === 'object') port = bound.port
  }
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await listen()
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    delayMs: 0,
    get open() {
      return sockets.size
    },
    get taken() {
      return taken
    },
    swallow() {
      isHole = true
    },
    async refuse() {
      const old = server
      server = undefined
      cut()
      if (old) await new Promise((resolve) => old.close(resolve))
    },
    async pass() {
      // What was swallowed is lost: those connections would never come right again.
      if (isHole) cut()
      isHole = false
      await proxy.reopen()
    },
    async reopen() {
      if (!server) await listen()
    },
    cut,
    [Symbol.asyncDispose]: () => proxy.refuse(),
  }
  return proxy
}
