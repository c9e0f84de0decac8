import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import { fromOutside } from '../platform/log-redact.ts'
import { belowBase, hostProblem, originProblem, type Addresses } from './addresses.ts'
import { ClassicConnection, type ClassicParts } from './classic/classic-connection.ts'
import { Echo, MAX_ECHO_BYTES } from './classic/echo.ts'
import { CLASSIC_SUBPROTOCOL, tokenIn } from './classic/subprotocol-token.ts'
import { Connection, type ConnectionParts } from './connection.ts'
import type { Door } from './door.ts'
import { errorBody } from './http/error-body.ts'
import { secondsOf } from './http/error-sender.ts'
import type { Handshake } from './identify.ts'
import { LIMITS } from './limits.ts'
import { sweepSockets } from './sweep.ts'

const PATHS = new Set(['/ws', '/websocket'])
const TEST_PATH = '/ws/test'
const NATIVE = 'netra.v1'

type UpgradeParts = ConnectionParts &
  ClassicParts & {
    door?: Pick<Door, 'waitToUpgrade' | 'isOwn'>
    /** The node is going down: whoever comes is sent elsewhere. */
    isLeaving?: () => boolean
  }

/** Takes the upgrades of an HTTP server: checks who calls from where, then hands over the socket. */
export function takeUpgrades(
  server: Server,
  addresses: Addresses,
  parts: UpgradeParts,
): { close(): void } {
  const sockets = new WebSocketServer({
    ...OURS,
    maxPayload: LIMITS.maxFrameBytes,
    // What was not offered must not be selected: whoever sent a header by hand would drop the socket.
    handleProtocols: (offered) =>
      [NATIVE, CLASSIC_SUBPROTOCOL].find((name) => offered.has(name)) ?? false,
  })
  const testSockets = new WebSocketServer({ ...OURS, maxPayload: MAX_ECHO_BYTES })
  const echo = parts.environment === 'production' ? undefined : new Echo(parts.clock)

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', destroySocket)
    const waits = parts.door?.waitToUpgrade(request)
    if (!waits) return take(request, socket, head)
    void waits.then(() => {
      if (!socket.destroyed) take(request, socket, head)
    })
  }
  const take = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = belowBase(addresses.basePath, request.url ?? '').split('?')[0] ?? ''
    const isTest = path === TEST_PATH && echo !== undefined
    const isOwn = parts.door?.isOwn(request) === true
    const refusal = refusalOf(request, { addresses, parts, path, echo, isOwn })
    if (refusal) {
      const origin = fromOutside(request.headers.origin)
      const ip = parts.addressOf(request)
      const { status, code } = refusal
      // Too many are told by the limit, a line a minute.
      if (status !== 429) parts.logger.info({ status, code, ip, origin }, 'upgrade refused')
      return refuse(socket, refusal)
    }
    if (isTest) {
      return testSockets.handleUpgrade(request, socket, head, (webSocket) =>
        echo.accept(webSocket, socket, parts.addressOf(request)),
      )
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const isNative = webSocket.protocol === NATIVE
      const handshake = handshakeOf(request, parts)
      const connection = isNative
        ? new Connection(webSocket, socket, handshake, parts)
        : new ClassicConnection(webSocket, socket, handshake, parts)
      if (!isOwn && parts.socketLimits.isFull()) {
        parts.metrics.handshake('limited', 'sockets_of_node')
        connection.close(4010, 'This server has as many sockets as it can serve: come back later.')
      }
    })
  }
  server.on('upgrade', onUpgrade)

  const stopSweeping = sweepSockets(parts.registry, parts.clock)
  return {
    close() {
      server.off('upgrade', onUpgrade)
      stopSweeping()
      echo?.close()
    },
  }
}

const OURS = { noServer: true, perMessageDeflate: false, clientTracking: false } as const

/** On its own, because a closure would keep the whole request as long as the socket lives. */
function destroySocket(this: Duplex): void {
  this.destroy()
}

interface RefusedUpgrade {
  status: 403 | 404 | 429 | 503
  code: string
  message: string
  afterMs?: number
}

function refusalOf(
  request: IncomingMessage,
  at: {
    addresses: Addresses
    parts: UpgradeParts
    path: string
    echo: Echo | undefined
    isOwn: boolean
  },
): RefusedUpgrade | undefined {
  const { addresses, parts, path, echo, isOwn } = at
  const address = parts.addressOf(request)
  // Whatever is refused is an attempt, too.
  const elseRefused = (refused: RefusedUpgrade): RefusedUpgrade =>
    parts.socketLimits.refusal(request, address) ?? refused
  const problem =
    hostProblem(addresses, request.headers.host, path) ??
    originProblem(addresses, request.headers.origin)
  if (problem) return elseRefused({ status: 403, code: 'AUTH_UNAUTHORIZED', message: problem })
  const isTest = path === TEST_PATH && echo !== undefined
  if (!PATHS.has(path) && !isTest) {
    const message = 'The socket is at /ws (also at /websocket).'
    return elseRefused({ status: 404, code: 'NOT_FOUND', message })
  }
  if (isOwn) return undefined
  if (parts.isLeaving?.()) {
    const message = 'This server is going down: come back in a moment.'
    return { status: 503, code: 'SERVICE_UNAVAILABLE', message }
  }
  if (!isTest) return parts.socketLimits.refusal(request, address)
  if (echo.hasRoomFor(address)) return undefined
  return {
    status: 503,
    code: 'SERVICE_UNAVAILABLE',
    message: 'Too many sockets from this address have not said yet who they are.',
  }
}

const protocolsOf = (request: IncomingMessage): string[] =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())

function handshakeOf(request: IncomingMessage, parts: UpgradeParts): Handshake {
  return {
    origin: request.headers.origin,
    cookie: request.headers.cookie,
    authorization: request.headers.authorization,
    protocolToken: tokenIn(protocolsOf(request)),
    address: parts.addressOf(request),
  }
}

function refuse(socket: Duplex, refusal: RefusedUpgrade): void {
  const { status, code, message } = refusal
  const afterMs = refusal.afterMs ?? (status === 503 ? 1_000 : undefined)
  const details = afterMs === undefined ? undefined : { after_ms: afterMs }
  const body = JSON.stringify(errorBody(code, message, { details }))
  const later = afterMs === undefined ? '' : `\r\nRetry-After: ${secondsOf(afterMs)}`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close${later}\r\n\r\n${body}`,
    // The caller's half would stay open for as long as the caller likes.
    () => socket.destroy(),
  )
}
