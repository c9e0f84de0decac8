import { SUBPROTOCOL } from '@netra/protocol'
import { WebSocket } from 'ws'

import type { Transport } from './transport.ts'

export interface NodeTransportOptions {
  /** Sent with the upgrade: `authorization`, or `cookie` together with an `origin`. */
  headers?: Record<string, string>
  origin?: string
}

/** Sockets of Node with the headers that a browser would set by itself. */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  return {
    open(url, handlers) {
      const socket = new WebSocket(url, [SUBPROTOCOL], {
        perMessageDeflate: false,
        ...(options.headers && { headers: options.headers }),
        ...(options.origin !== undefined && { origin: options.origin }),
      })
      let given = false
      let failure = ''
      const once = (code: number, reason: string, status?: number): void => {
        if (given) return
        given = true
        handlers.onClose(code, reason === '' ? failure : reason, status)
      }
      socket.on('open', () => {
        if (!given) handlers.onOpen()
      })
      socket.on('message', (data, isBinary) => {
        if (!given && !isBinary) handlers.onFrame(textOf(data))
      })
      socket.on('unexpected-response', (_, { statusCode = 0 }) => {
        once(1006, `the upgrade was answered with ${statusCode}`, statusCode)
        socket.terminate()
      })
      socket.on('error', (error) => {
        failure = error.message
      })
      socket.on('close', (code, reason) => once(code, reason.toString()))
      return {
        send(text) {
          if (socket.readyState === WebSocket.OPEN) socket.send(text)
        },
        close(code, reason) {
          given = true
          socket.close(code, reason)
        },
      }
    },
  }
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
