import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { Pipe, type Disturbance, type Ending } from './pipe.ts'
import type { Random } from './random.ts'

export type { Disturbance, Ending } from './pipe.ts'

export type Direction = 'up' | 'down'

/** What happens to connections; `up` is towards the server. */
export type Disturbances = Partial<Record<Direction, Disturbance>>

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** Counted from 1 in the order of arrival. */
  readonly id: number
  /** Instead of what holds for all connections; undefined: what holds for all. */
  disturb(disturbances: Disturbances | undefined): void
  /** FIN to both sides: a clean end in the middle of whatever was said. */
  cut(): void
  /** RST to both sides. */
  reset(): void
  /** The same by itself, once so many more bytes have passed in that direction. */
  endAfter(direction: Direction, ending: Ending): void
}

/** Stands between clients and a server, and treats their bytes as a bad network does. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  readonly connections: ReadonlySet<ProxiedConnection>
  /** Connections that were taken so far. */
  readonly accepted: number
  /** What holds for every connection that has nothing of its own. */
  disturb(disturbances: Disturbances): void
  /** New connections are reset before they reach the server. */
  refuse(isRefusing: boolean): void
}

/** Listens on a free port of 127.0.0.1. `random` decides on jitter alone. */
export async function startTcpProxy(options: {
  target: { host: string; port: number }
  random: Random
}): Promise<TcpProxy> {
  const { target, random } = options
  const connections = new Set<Proxied>()
  const sockets = new Set<Socket>()
  const shared: { disturbances: Disturbances } = { disturbances: {} }
  let accepted = 0
  let refusing = false
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', ignored)
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    accepted += 1
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true })
    const connection = new Proxied({ id: accepted, client, upstream, random, shared })
    connections.add(connection)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    connection.onClosed = () => connections.delete(connection)
  })
  await listening(server)
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    get accepted() {
      return accepted
    },
    disturb(disturbances) {
      shared.disturbances = disturbances
      for (const connection of connections) connection.look()
    },
    refuse(isRefusing) {
      refusing = isRefusing
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const connection of connections) connection.reset()
      // One that was cut may still wait for the end of its other side.
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

class Proxied implements ProxiedConnection {
  readonly id: number
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #pipes: Record<Direction, Pipe>
  #own: Disturbances | undefined
  onClosed: () => void = ignored

  constructor(options: {
    id: number
    client: Socket
    upstream: Socket
    random: Random
    shared: { disturbances: Disturbances }
  }) {
    const { id, client, upstream, random, shared } = options
    this.id = id
    this.#client = client
    this.#upstream = upstream
    const pipe = (from: Socket, to: Socket, direction: Direction): Pipe =>
      new Pipe({
        from,
        to,
        random: random.fork(),
        disturbance: () => (this.#own ?? shared.disturbances)[direction] ?? {},
        ended: (how) => this[how](),
      })
    this.#pipes = { up: pipe(client, upstream, 'up'), down: pipe(upstream, client, 'down') }
    // What one side does to the connection the other side sees, as without a proxy.
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => other.resetAndDestroy())
      socket.on('close', (failed) => {
        if (failed) this.reset()
        else if (other.destroyed) this.#close()
      })
    }
  }

  disturb(disturbances: Disturbances | undefined): void {
    this.#own = disturbances
    this.look()
  }

  look(): void {
    this.#pipes.up.look()
    this.#pipes.down.look()
  }

  endAfter(direction: Direction, ending: Ending): void {
    this.#pipes[direction].endAfter(ending)
  }

  cut(): void {
    this.#close()
    this.#client.end()
    this.#upstream.end()
    // Who never ends its own side must not hold the connection.
    for (const socket of [this.#client, this.#upstream]) socket.on('end', () => socket.destroy())
    for (const socket of [this.#client, this.#upstream]) socket.resume()
  }

  reset(): void {
    this.#close()
    this.#client.resetAndDestroy()
    this.#upstream.resetAndDestroy()
  }

  #close(): void {
    this.#pipes.up.close()
    this.#pipes.down.close()
    this.onClosed()
  }
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

/** The error of a socket is followed by its close, which is what counts. */
const ignored = (): void => undefined
