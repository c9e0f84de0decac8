import { createHash } from 'node:crypto'

import type { UserId } from '../../platform/ids.ts'

/** What one call of one client is known by: JSON-RPC ids are unique within a session alone. */
export interface CallName {
  userId: UserId
  session: string
  requestId: string | number
}

/**
 * The same for the same call on every node, so that a call that was sent twice is one run, and a
 * cancellation finds its run wherever it arrives.
 */
export const messageIdOf = (name: CallName): string =>
  `mcp-${createHash('sha256').update(keyOf(name)).digest('base64url')}`

const keyOf = ({ userId, session, requestId }: CallName): string =>
  JSON.stringify([userId, session, requestId])

/** Calls of older clients under way on this node, so that "cancelled" reaches them. */
export class OpenCalls {
  readonly #cancels = new Map<string, () => void>()

  open(name: CallName, cancel: () => void): Disposable {
    const key = keyOf(name)
    this.#cancels.set(key, cancel)
    return {
      [Symbol.dispose]: () => {
        if (this.#cancels.get(key) === cancel) this.#cancels.delete(key)
      },
    }
  }

  /** Whether there was such a call here. */
  cancel(name: CallName): boolean {
    const cancel = this.#cancels.get(keyOf(name))
    cancel?.()
    return cancel !== undefined
  }
}
