import { AuthUnavailable, type SessionState } from '../identity/identity.ts'
import type { Logger } from '../platform/logger.ts'
import type { Doubt } from './doubt.ts'
import { AskRefused } from './json-calls.ts'
import type { LinkMetrics } from './link-metrics.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { SessionAsker } from './session-asker.ts'
import type { KnownState, SessionMemory } from './session-memory.ts'

interface Needs {
  memory: SessionMemory
  asker: SessionAsker
  changes: RecentChanges
  doubt: Doubt
  metrics: LinkMetrics
  logger: Logger
}

/** Whether sessions live: as remembered while that holds, else as the auth service says. */
export class SessionKnowledge {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** From memory without a promise. */
  stateOf(userId: string, sessionId: string): SessionState | Promise<SessionState> {
    const { doubt, memory, metrics } = this.#needs
    const known = doubt.isTooGreat ? undefined : memory.fresh(userId, sessionId)
    metrics.fromMemory(known !== undefined)
    return known ?? this.#askOrRemember(userId, sessionId)
  }

  /** What the service said of it in another answer, begun at that mark. */
  learn(userId: string, sessionId: string, state: KnownState, mark: number): void {
    const { changes, memory } = this.#needs
    if (!changes.touched(mark, userId, sessionId)) memory.put(userId, sessionId, state)
  }

  /** Asks, whatever is remembered. */
  async ask(userId: string, sessionId: string): Promise<SessionState> {
    const { asker, changes, logger } = this.#needs
    const { mark } = changes
    try {
      const state = await asker.ask(userId, sessionId)
      this.learn(userId, sessionId, state, mark)
      return state
    } catch (error) {
      if (error instanceof AskRefused) {
        logger.error({ err: error }, 'the auth service does not answer about sessions')
      } else if (!(error instanceof AuthUnavailable)) throw error
      return { live: false, why: 'unavailable' }
    }
  }

  async #askOrRemember(userId: string, sessionId: string): Promise<SessionState> {
    const { doubt, memory } = this.#needs
    const state = await this.ask(userId, sessionId)
    if (state.live || state.why !== 'unavailable' || doubt.isTooGreat) return state
    // Its end would have been heard of: it lives for as long as that holds.
    return memory.lastKnownLive(userId, sessionId) ?? state
  }
}
