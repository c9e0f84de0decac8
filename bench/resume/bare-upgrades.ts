import { createServer, type IncomingMessage } from 'node:http'
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

/** Lets in whoever brings an access token of the same keys. */
export async function byToken(folder: string): Promise<(request: IncomingMessage) => boolean> {
  const { signingKeys } = await openSecrets(folder)
  const tokens = new AccessTokens(new KeyRing(signingKeys))
  return ({ headers: { authorization = '' } }) =>
    tokens.verify(authorization.replace(/^Bearer /, ''), Date.now()).ok
}

/** A bare `ws` server that does nothing but upgrade whom it lets in. */
export async function openBareUpgrades(
  letsIn: (request: IncomingMessage) => boolean = () => true,
): Promise<BareUpgrades> {
  const server = createServer()
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
  })
  let connections = 0
  server.on('upgrade', (request, socket: Duplex, head) => {
    if (!letsIn(request)) {
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
