import type { Clock } from '../clock.ts'
import type { HttpAddresses } from '../http-socket/http-transport.ts'
import type { Socket, SocketHandlers, Transport } from '../transport.ts'
import type { FromTab, OpenRequest, SharedWay, ToTab } from './port-messages.ts'

export interface SharedTransportOptions {
  way: SharedWay
  /** Sends to the worker, the request's port along with it; answers false where there is none. */
  worker(request: OpenRequest): boolean
  http: HttpAddresses | undefined
  userId: string
  /** A Web Lock that this tab holds while it lives. */
  lock: string
  /** The tab's own way to the server, for when no worker answers. */
  own: Transport
  clock: Clock
}

/** A worker that lives answers within milliseconds, one that starts on a busy machine takes longer. */
const ANSWERS_WITHIN_MS = 5_000
/** One that did not is left alone for so long. */
const PASSED_BY_MS = 60_000

/**
 * The connection that all tabs of one user share. A worker that does not answer, or gets no
 * connection where the tab itself does, is passed by: the tab has a socket of its own. One that falls
 * silent later is noticed by the heartbeat, like a server.
 */
export function sharedTransport(options: SharedTransportOptions): Transport {
  let passedByUntil = 0
  return {
    open(url, handlers) {
      const { clock, own } = options
      if (clock.monotonic() < passedByUntil) return own.open(url, handlers)
      const onOpen = (): void => {
        passedByUntil = clock.monotonic() + PASSED_BY_MS
        handlers.onOpen()
      }
      const passBy = (): Socket =>
        own.open(url, {
          onOpen,
          onFrame: (text) => handlers.onFrame(text),
          onClose: (code, reason, status) => handlers.onClose(code, reason, status),
        })
      return new SharedSocket(url, handlers, options, passBy)
    },
  }
}

class SharedSocket implements Socket {
  readonly #handlers: SocketHandlers
  readonly #port: MessagePort
  readonly #cancelTimer: () => void
  readonly #passBy: () => Socket
  #own: Socket | undefined
  #isOpen = false
  #taken = 0
  #over = false

  constructor(
    url: string,
    handlers: SocketHandlers,
    options: SharedTransportOptions,
    passBy: () => Socket,
  ) {
    this.#handlers = handlers
    this.#passBy = passBy
    const { way, http, userId, lock, clock } = options
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.addEventListener('message', ({ data }: MessageEvent<ToTab>) => this.#take(data))
    port1.start()
    const request: OpenRequest = { way, url, http, userId, lock, port: port2 }
    const isThere = options.worker(request)
    this.#cancelTimer = clock.after(isThere ? ANSWERS_WITHIN_MS : 0, () => {
      this.#leave()
      this.#own = passBy()
    })
  }

  send(text: string): void {
    if (this.#own) this.#own.send(text)
    else this.#tell({ type: 'frame', text })
  }

  close(code: number, reason: string): void {
    this.#over = true
    this.#cancelTimer()
    if (this.#own) this.#own.close(code, reason)
    else this.#leave()
  }

  #tell(message: FromTab): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
    this.#port.postMessage(message)
  }

  #leave(): void {
    this.#tell({ type: 'close' })
    this.#port.close()
  }

  #take(message: ToTab): void {
    if (this.#over || this.#own) return
    switch (message.type) {
      case 'attached':
        return this.#cancelTimer()
      case 'opened':
        this.#isOpen = true
        return this.#handlers.onOpen()
      case 'frame':
        this.#taken += message.text.length
        this.#tell({ type: 'taken', characters: this.#taken })
        return this.#handlers.onFrame(message.text)
      case 'closed':
        this.#port.close()
        if (!this.#isOpen) {
          this.#own = this.#passBy()
          return
        }
        this.#over = true
        return this.#handlers.onClose(message.code, message.reason, message.status)
      default:
        return message satisfies never
    }
  }
}
