import { z } from 'zod'

import {
  AuthUnavailable,
  wireAuthentication,
  type Authentication,
  type Ticket,
} from '../identity/identity.ts'
import type { Credentials } from './credentials.ts'
import { AskRefused } from './json-calls.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { ServiceLink } from './service-link.ts'
import type { SessionKnowledge } from './session-knowledge.ts'
import { SpareTickets } from './spare-tickets.ts'

const RETRY_MS = 1_000

interface Needs {
  link: ServiceLink
  changes: RecentChanges
  credentials: Credentials
  sessions: SessionKnowledge
  spare: SpareTickets
  /** The service says that it does not live. */
  forget: (userId: string, sessionId: string) => void
}

/** Tickets are the auth service's, so that any node redeems one that another gave out, once. */
export class TicketsElsewhere {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** @throws AuthUnavailable */
  async issue(userId: string, sessionId: string): Promise<Ticket> {
    const { link, sessions, spare, forget } = this.#needs
    try {
      return await link.ask({
        path: '/auth/tickets',
        body: { user_id: userId, session_id: sessionId },
        schema: z.object({ ticket: z.string(), expires_at: z.string() }),
        repeatable: true,
      })
    } catch (error) {
      if (error instanceof AuthUnavailable) {
        // Whoever is in goes on, in a browser too: with a socket that has to be opened anew.
        const state = await sessions.stateOf(userId, sessionId)
        if (state.live) return spare.issue(userId, sessionId)
      }
      if (!(error instanceof AskRefused)) throw error
      // Asked anew, its owner is told so.
      forget(userId, sessionId)
      throw new AuthUnavailable(RETRY_MS)
    }
  }

  /** Asked once: of a ticket that was spent on the way another try could only say that it is spent. */
  async redeem(ticket: string, cookie: string | undefined): Promise<Authentication> {
    if (SpareTickets.isSpare(ticket)) return this.#redeemSpare(ticket, cookie)
    const { link, changes, credentials } = this.#needs
    const { mark } = changes
    try {
      const answer = await link.ask({
        path: '/auth/tickets/redeem',
        body: { ticket, ...(cookie !== undefined && { cookie }) },
        schema: wireAuthentication,
        repeatable: false,
      })
      return credentials.learn(answer, mark)
    } catch (error) {
      if (error instanceof AskRefused) {
        return { ok: false, why: error.isAboutTheQuestion ? 'invalid' : 'unavailable' }
      }
      if (error instanceof AuthUnavailable) return { ok: false, why: 'unavailable' }
      throw error
    }
  }

  async #redeemSpare(ticket: string, cookie: string | undefined): Promise<Authentication> {
    const { spare, credentials } = this.#needs
    const made = spare.redeem(ticket)
    // It may be another node's: whoever shows it comes back and asks for a new one.
    if (!made) return { ok: false, why: 'unavailable' }
    const found = await credentials.byCookie(cookie)
    if (!found.ok) return found
    const { userId, sessionId } = found.identity
    const isTheirs = userId === made.userId && sessionId === made.sessionId
    return isTheirs ? found : { ok: false, why: 'invalid' }
  }
}
