import type { SessionEndListener, SessionState } from '../identity/identity.ts'
import { asId, type SessionId } from '../platform/ids.ts'
import { sessionKey } from './session-memory.ts'

/** A session that something here is open for: a socket, a stream. */
export interface OpenSession {
  userId: string
  sessionId: string
}

interface Needs {
  /** Asks the auth service itself, whatever is remembered. */
  ask: (userId: string, sessionId: string) => Promise<SessionState>
  tell: SessionEndListener
}

/** Confirms what is open here when the feed cannot vouch for it. */
export class OpenSessions {
  readonly #needs: Needs
  #read: () => Iterable<OpenSession> = () => []
  #isConfirming = false

  constructor(needs: Needs) {
    this.#needs = needs
  }

  watch(read: () => Iterable<OpenSession>): void {
    this.#read = read
  }

  /**
   * Asks for each session that is open, or for those of one user; those that ended are told. `strict`:
   * those that cannot be asked for are told too. True when all were answered.
   */
  async confirm({ userId, strict = false }: { userId?: string; strict?: boolean } = {}) {
    if (this.#isConfirming && userId === undefined) return false
    if (userId === undefined) this.#isConfirming = true
    try {
      const open = new Map<string, OpenSession>()
      for (const one of this.#read()) {
        if (userId === undefined || one.userId === userId) {
          open.set(sessionKey(one.userId, one.sessionId), one)
        }
      }
      const answered = await Promise.all([...open.values()].map((one) => this.#check(one, strict)))
      return answered.every(Boolean)
    } finally {
      if (userId === undefined) this.#isConfirming = false
    }
  }

  async #check({ userId, sessionId }: OpenSession, strict: boolean): Promise<boolean> {
    const state = await this.#needs.ask(userId, sessionId)
    if (state.live) return true
    const isAnswered = state.why !== 'unavailable'
    if (isAnswered || strict) this.#needs.tell(asId<SessionId>(sessionId), state.why)
    return isAnswered
  }
}
