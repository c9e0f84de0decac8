import { SUBPROTOCOL } from '@netra/protocol'

export interface SocketHandlers {
  onOpen(): void
  /** The text of one frame. */
  onFrame(text: string): void
  /**
   * Once, whatever happened: `code` 1006 when there was no close frame. `status` is that of the HTTP
   * answer which came instead of a socket, where the platform tells it.
   */
  onClose(code: number, reason: string, status?: number): void
}

export interface Socket {
  send(text: string): void
  /** Gives the socket up. Nothing is called afterwards. */
  close(code: number, reason: string): void
}

/** What opens sockets. Thin, so that a browser, Node and a test differ here only. */
export interface Transport {
  open(url: string, handlers: SocketHandlers): Socket
}

/** The platform's own WebSocket: browsers, and programs that need no headers. */
export const webSocketTransport: Transport = {
  open(url, handlers) {
    const socket = new WebSocket(url, [SUBPROTOCOL])
    const events = new AbortController()
    const { signal } = events
    const closed = (code: number, reason: string): void => {
      events.abort()
      handlers.onClose(code, reason)
    }
    socket.addEventListener('open', () => handlers.onOpen(), { signal })
    socket.addEventListener(
      'message',
      (event: MessageEvent<unknown>) => {
        if (typeof event.data === 'string') handlers.onFrame(event.data)
      },
      { signal },
    )
    socket.addEventListener('close', (event) => closed(event.code, event.reason), { signal })
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text)
      },
      close(code, reason) {
        events.abort()
        socket.close(code, reason)
      },
    }
  },
}
