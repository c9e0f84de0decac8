import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import { AccessTokens } from '../../packages/server/src/auth/session/access-token.ts'
import { openSecrets } from '../../packages/server/src/auth/session/key-files.ts'
import { KeyRing } from '../../packages/server/src/auth/session/key-ring.ts'
import { listen } from '../support/delivery.ts'

export interface BareUpgrades {
  port: number
  readonly connections: number
}

/** A bare `ws` server that lets in whoever brings an access token of the same keys. */
export async function openBareUpgrades(folder: string): Promise<BareUpgrades> {
  const { signingKeys } = await openSecrets(folder)
  const tokens = new AccessTokens(new KeyRing(signingKeys))
  const server = createServer()
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
  })
  let connections = 0
  server.on('upgrade', (request, socket: Duplex, head) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    if (!tokens.verify(token, Date.now()).ok) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      connections += 1
      webSocket.on('error', () => undefined)
      webSocket.on('close', () => {
        connections -= 1
      })
    })
  })
  return {
    port: await listen(server),
    get connections() {
      return connections
    },
  }
}
