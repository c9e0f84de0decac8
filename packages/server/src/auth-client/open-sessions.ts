import type { SessionEndListener, SessionState } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import { asId, type SessionId, type UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Doubt } from './doubt.ts'
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
  doubt: Doubt
  clock: Clock
  logger: Logger
}

/** While nobody vouches for them, open sessions are asked for this often. */
const CONFIRM_EVERY_MS = 30_000

/** Confirms what is open here when the feed does not vouch for it; what ended is told. */
export class OpenSessions {
  readonly #needs: Needs
  #read: () => Iterable<OpenSession> = () => []
  /** When all have to be asked for; undefined: the feed vouches for them. */
  #dueAt: number | undefined
  #isConfirming = false

  constructor(needs: Needs) {
    this.#needs = needs
  }

  watch(read: () => Iterable<OpenSession>): void {
    this.#read = read
  }

  /** All of them, as soon as possible and until all are answered for. */
  confirmAll(): void {
    this.#dueAt = this.#needs.clock.monotonic()
  }

  /** Those of one user, now. */
  confirmUser(userId: string): void {
    this.#confirm({ userId, strict: false }).then(
      (isAnswered) => {
        if (!isAnswered) this.confirmAll()
      },
      (error: unknown) => this.#failed(error),
    )
  }

  /** Called about once a second. */
  look(): void {
    const { clock, doubt } = this.#needs
    const now = clock.monotonic()
    const strict = doubt.isTooGreat
    if (strict) this.#dueAt ??= now
    if (this.#isConfirming || this.#dueAt === undefined || this.#dueAt > now) return
    this.#dueAt = strict ? now + CONFIRM_EVERY_MS : undefined
    this.#isConfirming = true
    this.#confirm({ strict })
      .then(
        (isAnswered) => {
          if (!isAnswered && !strict) this.confirmAll()
        },
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#isConfirming = false
      })
  }

  /** `strict`: those that cannot be asked for are told too. True when all were answered for. */
  async #confirm({ userId, strict }: { userId?: string; strict: boolean }): Promise<boolean> {
    const open = new Map<string, OpenSession>()
    for (const one of this.#read()) {
      if (userId === undefined || one.userId === userId) {
        open.set(sessionKey(one.userId, one.sessionId), one)
      }
    }
    const answered = await Promise.all([...open.values()].map((one) => this.#check(one, strict)))
    return answered.every(Boolean)
  }

  async #check({ userId, sessionId }: OpenSession, strict: boolean): Promise<boolean> {
    const state = await this.#needs.ask(userId, sessionId)
    if (state.live) return true
    const isAnswered = state.why !== 'unavailable'
    if (isAnswered || strict) {
      this.#needs.tell(asId<SessionId>(sessionId), state.why, asId<UserId>(userId))
    }
    return isAnswered
  }

  #failed(error: unknown): void {
    this.#needs.logger.error({ err: error }, 'sessions cannot be confirmed')
  }
}
