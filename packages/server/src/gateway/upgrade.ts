import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import { belowBase, hostProblem, originProblem, type Addresses } from './addresses.ts'
import { Connection, type ConnectionParts } from './connection.ts'
import { errorBody } from './http/error-body.ts'
import { LIMITS } from './limits.ts'
import { sweepSockets } from './sweep.ts'

const PATHS = new Set(['/ws', '/websocket'])
const SUBPROTOCOL = 'netra.v1'

/** Takes the upgrades of an HTTP server: checks who calls from where, then hands over the socket. */
export function takeUpgrades(
  server: Server,
  addresses: Addresses,
  parts: ConnectionParts,
): { close(): void } {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LIMITS.maxFrameBytes,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', destroySocket)
    const refusal = refusalOf(request, addresses, parts)
    if (refusal) return refuse(socket, refusal)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // oxlint-disable-next-line no-new -- the connection files itself in the registry
      new Connection(webSocket, socket, handshakeOf(request, parts), parts)
    })
  }
  server.on('upgrade', onUpgrade)

  const stopSweeping = sweepSockets(parts.registry, parts.clock)
  return {
    close() {
      server.off('upgrade', onUpgrade)
      stopSweeping()
    },
  }
}

/** On its own, because a closure would keep the whole request as long as the socket lives. */
function destroySocket(this: Duplex): void {
  this.destroy()
}

interface RefusedUpgrade {
  status: 400 | 403 | 404 | 426 | 503
  code: string
  message: string
}

function refusalOf(
  request: IncomingMessage,
  addresses: Addresses,
  parts: ConnectionParts,
): RefusedUpgrade | undefined {
  const path = belowBase(addresses.basePath, request.url ?? '').split('?')[0] ?? ''
  const host = hostProblem(addresses, request.headers.host, path)
  if (host) return { status: 403, code: 'AUTH_UNAUTHORIZED', message: host }
  const origin = originProblem(addresses, request.headers.origin)
  if (origin) return { status: 403, code: 'AUTH_UNAUTHORIZED', message: origin }
  if (!PATHS.has(path)) {
    return { status: 404, code: 'NOT_FOUND', message: 'The socket is at /ws (also at /websocket).' }
  }
  if (!protocolsOf(request).includes(SUBPROTOCOL)) {
    return {
      status: 400,
      code: 'VALIDATION_ERROR',
      message: `Offer the subprotocol ${SUBPROTOCOL}; the classic protocol is not served yet.`,
    }
  }
  const address = parts.addressOf(request)
  if (parts.registry.strangersFrom(address) >= LIMITS.maxUnauthenticatedPerAddress) {
    return {
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      message: 'Too many sockets from this address have not said hello yet.',
    }
  }
  return undefined
}

const protocolsOf = (request: IncomingMessage): string[] =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())

function handshakeOf(request: IncomingMessage, parts: ConnectionParts) {
  const jwt = protocolsOf(request).find((name) => name.startsWith('jwt.'))
  return {
    origin: request.headers.origin,
    cookie: request.headers.cookie,
    authorization: request.headers.authorization,
    protocolToken: jwt && Buffer.from(jwt.slice(4), 'base64url').toString('utf8'),
    address: parts.addressOf(request),
  }
}

function refuse(socket: Duplex, refusal: RefusedUpgrade): void {
  const body = JSON.stringify(errorBody(refusal.code, refusal.message))
  socket.end(
    `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // The caller's half would stay open for as long as the caller likes.
    () => socket.destroy(),
  )
}
