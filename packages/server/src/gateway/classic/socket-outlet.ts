import type { CloseCode } from '@netra/protocol'

import { StoreUnavailable } from '../../command/command.ts'
import { isoTime, type Clock } from '../../platform/clock.ts'
import type { ClassicOutbox } from './classic-outbox.ts'
import type { ClassicServerMessage } from './classic-server-message.ts'
import type { Outlet } from './followed-thread.ts'

interface Socket {
  readonly closed: boolean
  readonly parts: { clock: Clock }
  send(message: ClassicServerMessage): void
  close(code: CloseCode, why: string): void
}

/** Where the threads that a classic socket follows deliver to. */
export class SocketOutlet implements Outlet {
  readonly #socket: Socket
  readonly #outbox: ClassicOutbox

  constructor(socket: Socket, outbox: ClassicOutbox) {
    this.#socket = socket
    this.#outbox = outbox
  }

  get open(): boolean {
    return !this.#socket.closed && this.#outbox.open
  }

  send(message: ClassicServerMessage): void {
    this.#socket.send(message)
  }

  isoTime(): string {
    return isoTime(this.#socket.parts.clock)
  }

  failed(error: unknown): void {
    if (error instanceof StoreUnavailable) {
      this.#socket.close(4009, 'The store cannot be read right now.')
    } else {
      const why = 'A thread cannot be gone on with; come back and switch to it.'
      this.#socket.close(4005, why)
    }
  }
}
