import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { WebSocketServer } from 'ws'

import { listen } from '../support/delivery.ts'
import type { Shape } from './shape.ts'

const SOURCE = fileURLToPath(new URL('./send-loop.c', import.meta.url))

/** A C program that sends to sockets whose upgrade `ws` has done. */
export interface CLoop extends Disposable {
  port: number
  /** Hands the sockets over; from then on only the program writes to them. */
  start(): void
  /** One run; answers its processor seconds once all was sent. */
  run(shape: Shape, paceMs: number): Promise<number>
}

/** Undefined where there is no `cc`. */
export async function openCLoop(folder: string): Promise<CLoop | undefined> {
  const program = join(folder, 'send-loop')
  const compiled = spawnSync('cc', ['-O2', '-Wall', '-o', program, SOURCE], { encoding: 'utf8' })
  if (compiled.error) return undefined
  if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr}`)

  const server = createServer()
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
  })
  const sockets: Duplex[] = []
  server.on('upgrade', (request, socket: Duplex, head) =>
    upgrades.handleUpgrade(request, socket, head, () => sockets.push(socket)),
  )
  let child: ReturnType<typeof spawn> | undefined
  let answers: AsyncIterator<string> | undefined
  return {
    port: await listen(server),
    start() {
      child = spawn(program, [String(sockets.length)], {
        stdio: ['pipe', 'pipe', 'inherit', ...sockets],
      })
      if (!child.stdout) throw new Error('no standard output')
      answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    },
    async run({ rounds, eventsPerCommit }, paceMs) {
      const paceNs = Math.round(paceMs * 1e6)
      child?.stdin?.write(`${rounds} ${eventsPerCommit} ${paceNs}\n`)
      const line = await answers?.next()
      const spent = Number(line?.value)
      if (!(spent > 0)) throw new Error('the C loop ended')
      return spent / 1e9
    },
    [Symbol.dispose]() {
      child?.stdin?.end()
      server.closeAllConnections()
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
